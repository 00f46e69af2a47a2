"""Who did a thing in the window after the cutoff, and when first."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def happened(listeners: ir.Table, future, column: str) -> ir.Table:
    """``user_id`` and ``label``: 1 for every listener with ``column`` above 0 on a day, else 0."""
    days = future.table("user_days")
    who = days.filter(days[column] > 0).select(seen_user="user_id").distinct()
    joined = listeners.select("user_id").left_join(who, [("user_id", "seen_user")])
    did = joined.seen_user.notnull()
    return joined.select("user_id", label=ibis.ifelse(did, 1, 0).cast("int64"))


def first_day(listeners: ir.Table, future, column: str) -> ir.Table:
    """``user_id`` and ``event_day``: from the cutoff to the first day with ``column`` above 0.

    0 is the day of the cutoff; NULL for a listener without such a day in the window.
    """
    days = future.table("user_days")
    found = days.filter(days[column] > 0).group_by(seen_user="user_id")
    first = found.agg(event_day=lambda rows: rows.days_after.min())
    joined = listeners.select("user_id").left_join(first, [("user_id", "seen_user")])
    return joined.select("user_id", "event_day")
