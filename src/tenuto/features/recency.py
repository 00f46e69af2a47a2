"""How long ago a listener last did something, in whole days; 1 is the day before the cutoff.

Who never did has NULL, which is not "today" (K7), and ``has_…`` says so beside it.
"""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and active day."""
    return past.table("user_days")


def _days_since(rows, column):
    return rows.age_days.min(where=rows[column] > 0)


@feature(unit="days", nullable=True, seeds="S0-F2 recency")
def days_since_last_event(rows):
    """Whole days from the last event of any kind to the cutoff."""
    return rows.age_days.min()


@feature(
    unit="days",
    nullable=True,
    needs=("n_plays",),
    seeds="S1-F16 recency_P; S2-F-D1 last_P_time_from_2017-04-28 (one less)",
)
def days_since_last_play(rows):
    """Whole days from the last play to the cutoff; NULL if the user never played."""
    return _days_since(rows, "n_plays")


@feature(
    unit="days",
    nullable=True,
    needs=("n_downloads",),
    seeds="S1-F17 recency_D; S2-F-D1 last_D_time_from_2017-04-28 (one less)",
)
def days_since_last_download(rows):
    """Whole days from the last download to the cutoff; NULL if the user never downloaded."""
    return _days_since(rows, "n_downloads")


@feature(
    unit="days",
    nullable=True,
    needs=("n_searches",),
    seeds="S1-F18 recency_S; S2-F-D1 last_S_time_from_2017-04-28 (one less)",
)
def days_since_last_search(rows):
    """Whole days from the last search to the cutoff; NULL if the user never searched."""
    return _days_since(rows, "n_searches")


@feature(unit="yes/no", needs=("n_plays",), seeds="the indicator that K7 asks for")
def has_played(rows):
    """1 if the user ever played."""
    return (rows.n_plays > 0).any().cast("int64")


@feature(unit="yes/no", needs=("n_downloads",), seeds="the indicator that K7 asks for")
def has_downloaded(rows):
    """1 if the user ever downloaded."""
    return (rows.n_downloads > 0).any().cast("int64")


@feature(unit="yes/no", needs=("n_searches",), seeds="the indicator that K7 asks for")
def has_searched(rows):
    """1 if the user ever searched."""
    return (rows.n_searches > 0).any().cast("int64")
