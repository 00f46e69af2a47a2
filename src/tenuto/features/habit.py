"""A listener's own rhythm, and how the present silence compares with it.

Six silent days mean little for a weekly listener and much for a daily one. Window sums cannot
tell the two apart; the gaps between active days can (churn.md §3.4).
"""

import ibis

from tenuto.features._contract import feature

DAILY_VECTOR = 14
# Subscribers come in sessions some days apart, and are paid for by the month: two weeks more.
DAILY_VECTOR_WITH_SESSIONS = 28


def rows(past):
    """One row per user and active day, with the days since the active day before it."""
    days = past.table("user_days")
    before = ibis.window(group_by="user_id", order_by="day")
    return days.mutate(gap_days=days.age_days.lag().over(before) - days.age_days)


@feature(unit="days", nullable=True)
def mean_gap_days(rows):
    """Mean days from one active day to the next; NULL with a single active day."""
    return rows.gap_days.mean()


@feature(unit="days", nullable=True)
def longest_gap_days(rows):
    """Longest time from one active day to the next; NULL with a single active day."""
    return rows.gap_days.max()


@feature(unit="ratio", nullable=True)
def silence_over_mean_gap(rows):
    """Days since the last event over the mean gap: 1 is usual, 5 is five times the usual."""
    return rows.age_days.min() / rows.gap_days.mean().nullif(0)


@feature(unit="ratio", nullable=True)
def silence_over_longest_gap(rows):
    """Days since the last event over the longest gap so far: above 1 was never seen before."""
    return rows.age_days.min() / rows.gap_days.max().nullif(0)


@feature(unit="share", nullable=True)
def share_active_days(rows):
    """Share of days with an event, from the first event to the cutoff."""
    return rows.count() / rows.age_days.max().nullif(0)


@feature(unit="share", nullable=True)
def share_active_days_until_last(rows):
    """Share of days with an event, from the first to the last: the habit without the silence."""
    return rows.count() / (rows.age_days.max() - rows.age_days.min() + 1).nullif(0)


@feature(unit="days", nullable=True)
def days_since_first_event(rows):
    """Whole days from the first event in the log to the cutoff."""
    return rows.age_days.max()


@feature(unit="events", nullable=True)
def mean_events_per_active_day(rows):
    """Events per day with events, over the whole past."""
    return rows.n_events.mean()


@feature(unit="ratio", nullable=True)
def last_day_over_mean_day(rows):
    """Events on the last active day over the mean active day: below 1 is fading."""
    last = rows.n_events.argmin(rows.age_days)
    return last / rows.n_events.mean().nullif(0)


def _events_on(age):
    needs = ("n_sessions",) if age > DAILY_VECTOR else ()

    @feature(unit="events", window=age, needs=needs)
    def events(rows):
        return rows.n_events.sum(where=rows.age_days == age)

    events.__name__ = f"n_events_day_{age}"
    events.__doc__ = f"Events on the {age}. day before the cutoff (the daily vector)."
    return events


for _age in range(1, DAILY_VECTOR_WITH_SESSIONS + 1):
    globals()[f"n_events_day_{_age}"] = _events_on(_age)
