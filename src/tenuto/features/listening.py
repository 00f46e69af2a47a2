"""How long and how far listeners hear their songs."""

from tenuto.features._contract import WINDOWS, feature
from tenuto.features._days import days_of_seconds


def rows(past):
    """One row per user and active day; no day has more seconds than there are (K17)."""
    return days_of_seconds(past)


@feature(
    unit="seconds",
    windows=WINDOWS,
    needs=("played_s",),
    seeds="S0-F4; S1-F19..23 play_time_last_{w}; at 30 S2-F-B1 total_play_time",
)
def played_s(rows, window):
    """Seconds played in the last {w} days."""
    return rows.played_s.sum(where=rows.age_days <= window)


@feature(
    unit="songs",
    windows=WINDOWS,
    needs=("n_finished",),
    seeds='S0-F5 "love" songs; the placeholder S1-F27',
)
def n_finished(rows, window):
    """Plays of more than 85 % of the song in the last {w} days."""
    return rows.n_finished.sum(where=rows.age_days <= window)


@feature(unit="plays", windows=(7, 14, 30), needs=("n_skips",))
def n_skips(rows, window):
    """Plays of 0 seconds in the last {w} days (K21)."""
    return rows.n_skips.sum(where=rows.age_days <= window)


@feature(
    unit="seconds",
    windows=(14, 30),
    nullable=True,
    needs=("played_s", "n_plays"),
    seeds="S2-F-B3 average_play_time",
)
def mean_played_s(rows, window):
    """Seconds per play in the last {w} days; NULL without a play (K8)."""
    recent = rows.age_days <= window
    return rows.played_s.sum(where=recent) / rows.n_plays.sum(where=recent).nullif(0)


@feature(
    unit="seconds",
    windows=(14,),
    needs=("started_s",),
    seeds="S3-F2 total_length, which was headed average",
)
def started_s(rows, window):
    """Length of the songs begun in the last {w} days: an upper bound of what was heard."""
    return rows.started_s.sum(where=rows.age_days <= window)
