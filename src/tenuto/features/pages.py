"""What a listener does beside listening: thumbs, adverts, errors and visits to pages.

Counts by window, and visits per active day: who listens on more days also sees more pages
(per song, see reactions). Confirmed cancellations are no feature: after one, nothing is
left to foretell.
"""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and active day."""
    return past.table("user_days")


def _count(column, what, windows, seeds):
    @feature(unit="events", windows=windows, needs=(column,), seeds=seeds)
    def count(rows, window):
        return rows[column].sum(where=rows.age_days <= window)

    count.__name__ = column
    count.__doc__ = f"{what} in the last {{w}} days."
    return count


# Column, what it counts, windows, and the name of the page in the earlier projects. Rare pages
# have one window: over a week most of them are 0 for everybody.
_COUNTS = (
    ("n_likes", "Thumbs up", (14,), "S3-F1 and S4-F9 Thumbs Up"),
    ("n_dislikes", "Thumbs down", (7, 14, 30), "S3-F1 and S4-F9 Thumbs Down"),
    ("n_adverts", "Adverts", (7, 14, 30), "S3-F1 and S4-F9 Roll Advert"),
    ("n_playlist_adds", "Songs put into playlists", (14,), "S3-F1 and S4-F9 Add to Playlist"),
    ("n_friend_adds", "Friends added", (14,), "S3-F1 and S4-F9 Add Friend"),
    ("n_errors", "Errors", (14,), "S3-F1 and S4-F9 Error"),
    ("n_helps", "Visits to the help", (14,), "S3-F1 and S4-F9 Help"),
    ("n_homes", "Visits to the home page", (14,), "S3-F1 and S4-F9 Home"),
    ("n_logouts", "Logouts", (14,), "S3-F1 and S4-F9 Logout"),
    ("n_settings", "Visits to the settings", (14,), "S3-F1 and S4-F9 Settings"),
    ("n_saved_settings", "Settings saved", (14,), "S4-F9 Save Settings"),
    ("n_abouts", "Visits to the page about the service", (14,), "S4-F9 About"),
    (
        "n_upgrade_pages",
        "Visits to the page that offers a better plan",
        (14,),
        "S3-F1 and S4-F9 Upgrade",
    ),
    (
        "n_downgrade_pages",
        "Visits to the page that offers a lesser plan",
        (14,),
        "S3-F1 and S4-F9 Downgrade",
    ),
    ("n_cancel_pages", "Cancellations begun and not confirmed", (14,), ""),
    (
        "n_upgrades",
        "Moves to a better plan",
        (14, 30),
        "S3-F1 Submit Upgrade; S4-F7 UpgradedInTimeBin",
    ),
    (
        "n_downgrades",
        "Moves to a lesser plan",
        (14, 30),
        "S3-F1 Submit Downgrade; S4-F6 DowngradedInTimeBin",
    ),
)
for _column, _what, _windows, _seeds in _COUNTS:
    globals()[_column] = _count(_column, _what, _windows, _seeds)


@feature(unit="events", needs=("n_downgrades",), seeds="S4-F8 PreviouslyDowngraded")
def n_downgrades_ever(rows):
    """Moves to a lesser plan before the cutoff."""
    return rows.n_downgrades.sum()


def _per_active_day(column, what):
    @feature(unit="events", windows=(14,), nullable=True, needs=(column,))
    def rate(rows, window):
        recent = rows.age_days <= window
        return rows[column].sum(where=recent) / recent.sum().nullif(0)

    rate.__name__ = f"{column.removeprefix('n_')}_per_active_day"
    rate.__doc__ = f"{what} per active day, last {{w}} days; NULL without one."
    return rate


for _column, _what, _windows, _seeds in _COUNTS:
    if _column in ("n_helps", "n_upgrade_pages", "n_downgrade_pages"):
        globals()[f"{_column}_rate"] = _per_active_day(_column, _what)
