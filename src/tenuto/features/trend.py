"""Whether a listener speeds up or slows down: the last week against the last month or two weeks.

7 days over 30: neutral is 7/30, about 0.233, not a quarter (K53). With nothing below the line
the ratio is NULL, which is not "stopped completely" (K8); ``has_…`` in recency says the rest.
"""

from tenuto.features._contract import feature
from tenuto.features._days import days_of_seconds


def rows(past):
    """One row per user and active day."""
    return days_of_seconds(past)


def _ratio(rows, column, short, long):
    above = rows[column].sum(where=rows.age_days <= short)
    below = rows[column].sum(where=rows.age_days <= long)
    return above.fill_null(0) / below.nullif(0)


def _trend(column, name, short, long, what, seed=""):
    @feature(unit="ratio", window=long, nullable=True, needs=(column,), seeds=seed)
    def trend(rows):
        return _ratio(rows, column, short, long)

    trend.__name__ = f"{name}_{short}d_over_{long}d"
    trend.__doc__ = f"{what} in the last {short} days over those in the last {long}."
    return trend


plays_7d_over_30d = _trend("n_plays", "plays", 7, 30, "Plays", "S2-F-C2 P_7d_over_P_30d")
downloads_7d_over_30d = _trend(
    "n_downloads", "downloads", 7, 30, "Downloads", "S2-F-C2 D_7d_over_D_30d"
)
searches_7d_over_30d = _trend(
    "n_searches", "searches", 7, 30, "Searches", "S2-F-C2 S_7d_over_S_30d"
)
played_s_7d_over_30d = _trend(
    "played_s", "played_s", 7, 30, "Seconds played", "S2-F-B2 total_play_time_7d_over_30d"
)
plays_80_100_7d_over_30d = _trend(
    "n_share_80_100",
    "plays_80_100",
    7,
    30,
    "Plays of 80 % of the song and more",
    "S2-F-A2 time_percentage_larger_than_80_7d_over_30d",
)
plays_7d_over_14d = _trend("n_plays", "plays", 7, 14, "Plays")
played_s_7d_over_14d = _trend("played_s", "played_s", 7, 14, "Seconds played")
events_3d_over_14d = _trend("n_events", "events", 3, 14, "Events")
