"""What a listener was like on the first day: the plan, the device, the place.

Of the first day and not of the last: who is paid now has had the time to pay, and a group
made by what came later looks loyal by definition.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenuto.insights._view import View


def plan_of(view: View) -> ir.Table | None:
    """``user_id`` and ``group``: "paid" or "free"; None where the source does not tell."""
    days = view.people("user_days")
    if "is_paid" not in days.columns:
        return None
    known = days.filter(days.is_paid.notnull())
    first = known.group_by("user_id").agg(is_paid=known.is_paid.argmax(known.age_days))
    return first.select("user_id", group=(first.is_paid == 1).ifelse("paid", "free"))


def device_of(view: View) -> ir.Table | None:
    """``user_id`` and ``group``: the device of most events on the first day with a known one."""
    if not view.past.has("user_day_devices"):
        return None
    days = view.people("user_day_devices")
    order = ibis.window(
        group_by="user_id", order_by=[ibis.desc("age_days"), ibis.desc("n_events"), "device"]
    )
    ranked = days.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("user_id", group="device")


def place_of(view: View) -> ir.Table | None:
    """``user_id`` and ``group``: the last part of the place ("Salinas, CA" is in "CA")."""
    if not view.past.has("user_profile_days"):
        return None
    days = view.people("user_profile_days")
    known = days.filter(days.location.notnull())
    first = known.group_by("user_id").agg(location=known.location.argmax(known.age_days))
    return first.select("user_id", group=first.location.re_extract(r"([^,]*)$", 1).strip())
