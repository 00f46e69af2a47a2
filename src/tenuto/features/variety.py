"""How many different songs a listener hears, and how much of it is repetition."""

from tenuto.features._contract import feature

_WINDOWS, _RATIO_WINDOWS = (7, 14, 30), (14, 30)


def rows(past):
    """One row per user with plays of known songs: how many plays, and of how many songs.

    Songs are told apart once, by the day of the last play, and not once per window.
    """
    days = past.table("user_item_days", days=30)
    played = days.filter(days.n_plays > 0)
    songs = played.group_by(["user_id", "item_id"]).agg(age_days=played.age_days.min())
    counted = songs.group_by("user_id").agg(
        **{f"n_songs_{window}d": (songs.age_days <= window).sum() for window in _WINDOWS}
    )
    plays = played.group_by(player="user_id").agg(
        **{
            f"n_plays_{window}d": played.n_plays.sum(where=played.age_days <= window)
            for window in _RATIO_WINDOWS
        }
    )
    return counted.inner_join(plays, [("user_id", "player")]).drop("player")


@feature(unit="songs", windows=_WINDOWS, seeds="S4-F12 DistinctSongsInTimeBin")
def n_songs(rows, window):
    """Different songs played in the last {w} days."""
    return rows[f"n_songs_{window}d"].sum()


@feature(unit="ratio", windows=_RATIO_WINDOWS, nullable=True)
def plays_per_song(rows, window):
    """Plays per different song in the last {w} days; NULL without a play."""
    return rows[f"n_plays_{window}d"].sum() / rows[f"n_songs_{window}d"].sum().nullif(0)
