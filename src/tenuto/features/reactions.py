"""How a listener takes what is played: thumbs, adverts, playlists and friends per 100 plays.

Counts grow with listening, and who listens more sees more of everything; a rate does not.
Without a play there is no rate (NULL).
"""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and active day."""
    return past.table("user_days")


def _per_hundred(column, what, below, windows):
    @feature(unit="ratio", windows=windows, nullable=True, needs=(column, below))
    def rate(rows, window):
        recent = rows.age_days <= window
        return 100 * rows[column].sum(where=recent) / rows[below].sum(where=recent).nullif(0)

    name, per = column.removeprefix("n_"), below.removeprefix("n_")
    rate.__name__ = f"{name}_per_100_{per}"
    rate.__doc__ = f"{what} per 100 {per}, last {{w}} days."
    return rate


likes_per_100 = _per_hundred("n_likes", "Thumbs up", "n_plays", (14,))
dislikes_per_100 = _per_hundred("n_dislikes", "Thumbs down", "n_plays", (14, 30))
adverts_per_100 = _per_hundred("n_adverts", "Adverts", "n_plays", (14, 30))
playlist_adds_per_100 = _per_hundred(
    "n_playlist_adds", "Songs put into playlists", "n_plays", (14,)
)
friend_adds_per_100 = _per_hundred("n_friend_adds", "Friends added", "n_plays", (14,))
errors_per_100 = _per_hundred("n_errors", "Errors", "n_events", (14,))


@feature(unit="share", windows=(14,), nullable=True, needs=("n_likes", "n_dislikes"))
def share_thumbs_up(rows, window):
    """Share of thumbs that are up, last {w} days; NULL without a thumb."""
    recent = rows.age_days <= window
    up, down = rows.n_likes.sum(where=recent), rows.n_dislikes.sum(where=recent)
    return up / (up + down).nullif(0)
