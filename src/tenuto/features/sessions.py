"""Sessions: how many, how long, what is in them, and how long from one to the next.

Rollups cut a session at midnight; here its pieces are joined again. A window counts the
sessions that end in it, and of each the part that lies within the window.
"""

import ibis

from tenuto.features._contract import feature

TABLES = ("user_day_sessions",)
_DAY_S = 86_400


def rows(past):
    """One row per user, session and day, with what joins it to the piece before.

    ``bridge_s`` are the seconds over midnight from the piece before, of age ``bridge_age``;
    ``gap_days`` from the end of one session to the start of the next, NULL but for the first
    piece of a session; ``is_last`` the piece with which a session ends.
    """
    pieces = past.table("user_day_sessions")
    pieces = pieces.mutate(
        from_s=pieces.started.epoch_seconds().cast("int64"),
        to_s=pieces.ended.epoch_seconds().cast("int64"),
    )
    in_session = ibis.window(group_by=["user_id", "session_id"], order_by="day")
    in_order = ibis.window(group_by="user_id", order_by=["started", "ended", "session_id"])
    joined = pieces.mutate(
        bridge_s=pieces.from_s - pieces.to_s.lag().over(in_session),
        bridge_age=pieces.age_days.lag().over(in_session),
        is_last=pieces.age_days.lead().over(in_session).isnull(),
        since_s=pieces.from_s - pieces.to_s.lag().over(in_order),
    )
    # Two devices at once: the sessions overlap, and the gap is nought. Not greatest(since_s, 0):
    # that skips NULL, and the first session would have a gap of nought before it.
    gap_s = (joined.since_s < 0).ifelse(0, joined.since_s)
    joined = joined.mutate(gap_days=joined.bridge_s.isnull().ifelse(gap_s / _DAY_S, None))
    return _in_halves(joined)


def _in_halves(pieces):
    """Adds ``is_recent``: whether a gap is in the later half of the user's gaps."""
    so_far = ibis.cumulative_window(group_by="user_id", order_by=["started", "ended", "session_id"])
    counted = pieces.mutate(
        place=pieces.gap_days.count().over(so_far),
        n_gaps=pieces.gap_days.count().over(ibis.window(group_by="user_id")),
    )
    return counted.mutate(is_recent=counted.place * 2 > counted.n_gaps)


def _n_sessions(rows, window):
    return (rows.is_last & (rows.age_days <= window)).sum()


def _silence_days(rows):
    return (rows.age_days - (rows.to_s % _DAY_S) / _DAY_S).min()


@feature(
    unit="sessions",
    windows=(7, 14, 30),
    seeds="S3-F4 num_sessions; S4-F10 SessionsInTimeBin",
)
def n_sessions(rows, window):
    """Sessions in the last {w} days; one over midnight is one."""
    return _n_sessions(rows, window)


@feature(unit="seconds", windows=(14,), nullable=True)
def mean_session_s(rows, window):
    """Mean seconds from the first to the last event of a session, last {w} days."""
    pieces = (rows.to_s - rows.from_s).sum(where=rows.age_days <= window)
    bridges = rows.bridge_s.sum(where=rows.bridge_age <= window).fill_null(0)
    return (pieces + bridges) / _n_sessions(rows, window).nullif(0)


@feature(unit="plays", windows=(14,), nullable=True)
def plays_per_session(rows, window):
    """Plays per session, last {w} days."""
    return rows.n_plays.sum(where=rows.age_days <= window) / _n_sessions(rows, window).nullif(0)


@feature(unit="events", windows=(14,), nullable=True)
def events_per_session(rows, window):
    """Events per session, last {w} days."""
    return rows.n_events.sum(where=rows.age_days <= window) / _n_sessions(rows, window).nullif(0)


@feature(unit="days", nullable=True)
def days_since_last_session(rows):
    """Days, with their fraction, from the last event of any session to the cutoff."""
    return _silence_days(rows)


@feature(unit="days", nullable=True)
def mean_session_gap_days(rows):
    """Mean days from the end of a session to the next; NULL with a single session."""
    return rows.gap_days.mean()


@feature(unit="ratio", nullable=True)
def last_session_gap_over_mean(rows):
    """Gap before the latest session over the mean gap: above 1 was longer than usual."""
    # A latest piece over midnight has no gap; DuckDB would skip that NULL, Spark would take it.
    last = rows.gap_days.argmax(rows.place, where=rows.gap_days.notnull())
    return last / rows.gap_days.mean().nullif(0)


@feature(unit="ratio", nullable=True)
def silence_over_mean_session_gap(rows):
    """Days since the last session over the mean gap: 1 is usual."""
    return _silence_days(rows) / rows.gap_days.mean().nullif(0)


@feature(unit="ratio", nullable=True)
def session_gaps_recent_over_before(rows):
    """Mean of the later half of the gaps over that of the earlier: above 1 is slowing down."""
    before = rows.gap_days.mean(where=~rows.is_recent)
    return rows.gap_days.mean(where=rows.is_recent) / before.nullif(0)
