"""Which plan a listener is on, and for how long, as known at the cutoff.

The plan of a day is that of its last event and holds until the next active day, so that a
silent fortnight on the paid plan is a fortnight on the paid plan. What the plan was before the
first event is not known and counts for neither. Changes are seen on the first active day
under the new plan.
"""

import ibis

from tenuto.features._contract import feature

NEEDS = ("is_paid",)


def rows(past):
    """One row per user and day with a known plan, and the days it held up to the cutoff.

    It held from ``age_days`` back to ``until_age`` (not included; 0 is the cutoff).
    """
    days = past.table("user_days")
    if "is_paid" not in days.columns:
        return days
    known = days.filter(days.is_paid.notnull())
    by_day = ibis.window(group_by="user_id", order_by="day")
    known = known.mutate(
        until_age=known.age_days.lead().over(by_day).fill_null(0),
        was_paid=known.is_paid.lag().over(by_day),
    )
    return known.mutate(is_change=(known.is_paid != known.was_paid).fill_null(False))


def _days_held(rows, window=None):
    """Days of each row's plan, of the last ``window`` or of all."""
    oldest = rows.age_days if window is None else ibis.least(rows.age_days, window)
    return ibis.greatest(oldest - rows.until_age, 0)


@feature(unit="yes/no", nullable=True, needs=NEEDS, seeds="S3 level; S4-F4, S4-F5 at the cutoff")
def is_paid(rows):
    """1 if the last plan seen is a paid one, 0 if not; NULL where no plan is known."""
    return rows.is_paid.argmin(rows.age_days)


@feature(unit="days", nullable=True, needs=NEEDS)
def days_since_plan_change(rows):
    """Whole days from the last change of plan to the cutoff; NULL if none was seen."""
    return rows.age_days.min(where=rows.is_change)


@feature(unit="days", needs=NEEDS, seeds="S3-F5 days_paid, which was last minus first (K41)")
def n_days_paid_ever(rows):
    """Days on the paid plan from the first event to the cutoff."""
    return _days_held(rows).sum(where=rows.is_paid == 1)


@feature(unit="days", needs=NEEDS, seeds="S3-F6 days_free, which was last minus first (K41)")
def n_days_free_ever(rows):
    """Days on the free plan from the first event to the cutoff."""
    return _days_held(rows).sum(where=rows.is_paid == 0)


@feature(
    unit="days", needs=NEEDS, seeds="S4-F4 PaidInTimeBin, S4-F5 FreeInTimeBin: yes or no there"
)
def n_days_paid_14d(rows):
    """Days on the paid plan, of the last 14; the plan may be known from before."""
    return _days_held(rows, 14).sum(where=rows.is_paid == 1)


@feature(unit="share", nullable=True, needs=NEEDS)
def share_days_paid(rows):
    """Share of days on the paid plan, from the first event to the cutoff."""
    return _days_held(rows).sum(where=rows.is_paid == 1).fill_null(0) / _days_held(
        rows
    ).sum().nullif(0)
