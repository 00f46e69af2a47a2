"""How many different songs a listener hears, and how much of it is repetition."""

from tenuto.features._contract import feature


def rows(past):
    """One row per user, item and day with plays of a known song."""
    days = past.table("user_item_days", days=30)
    return days.filter(days.n_plays > 0)


@feature(
    unit="songs", windows=(7, 14, 30), needs=("n_plays",), seeds="S4-F12 DistinctSongsInTimeBin"
)
def n_songs(rows, window):
    """Different songs played in the last {w} days."""
    return rows.item_id.nunique(where=rows.age_days <= window)


@feature(unit="ratio", windows=(14, 30), nullable=True, needs=("n_plays",))
def plays_per_song(rows, window):
    """Plays per different song in the last {w} days; NULL without a play."""
    recent = rows.age_days <= window
    return rows.n_plays.sum(where=recent) / rows.item_id.nunique(where=recent).nullif(0)
