"""Who is there at a cutoff, and who can still be kept.

Half of the users of a young service have gone long before the cutoff: a score that is good
on all of them may be good for nothing (K2). So every figure is given for three populations.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenuto.timeline._robots import robots
from tenuto.timeline._walls import Past

# Name -> active in the last so many days; None is everybody seen before the cutoff.
POPULATIONS: dict[str, int | None] = {"all": None, "active_14d": 14, "active_7d": 7}
HEADLINE = "active_14d"


def listeners(past: Past) -> ir.Table:
    """One row per user seen before the cutoff, in any way (K6).

    Columns: ``user_id``, ``first_day``, ``last_day``, ``days_since_last_event`` (1 means
    yesterday), ``is_paid`` (1 if the last plan seen is a paid one; NULL where the source
    does not tell), ``days_since_cancelled`` (NULL for who has not, or came back after it),
    ``robot_reason`` (NULL for a person).
    """
    days = past.table("user_days")
    columns = set(days.columns)
    nothing = ibis.null("int64")
    cancelled = days.age_days.min(where=days.n_cancels > 0) if "n_cancels" in columns else nothing
    seen = days.group_by("user_id").agg(
        first_day=days.day.min(),
        last_day=days.day.max(),
        days_since_last_event=days.age_days.min(),
        is_paid=days.is_paid.argmin(days.age_days) if "is_paid" in columns else nothing,
        cancelled_ago=cancelled,
    )
    is_gone = seen.cancelled_ago == seen.days_since_last_event
    seen = seen.mutate(days_since_cancelled=is_gone.ifelse(seen.cancelled_ago, None)).drop(
        "cancelled_ago"
    )
    machines = robots(past).select(machine="user_id", robot_reason="robot_reason")
    return seen.left_join(machines, [("user_id", "machine")]).drop("machine")
