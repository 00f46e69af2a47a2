"""Who did a thing in the window after the cutoff."""

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
