"""How many different artists a listener hears, beside how many songs (see variety).

Artists go by their name in the log; songs without one are not here.
"""

from tenuto.features._contract import feature

TABLES = ("user_artist_days",)


def rows(past):
    """One row per user and artist played, ``age_days`` after the last play."""
    days = past.table("user_artist_days", days=30)
    return days.group_by(["user_id", "artist"]).agg(age_days=days.age_days.min())


@feature(unit="artists", windows=(7, 14, 30), seeds="S4-F11 ArtistsInTimeBin")
def n_artists(rows, window):
    """Different artists played in the last {w} days."""
    return (rows.age_days <= window).sum()
