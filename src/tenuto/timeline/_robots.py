"""Robots, from what is known before the cutoff: by rate and by impossibility.

Never by a percentile of the whole period, which lets the future decide who is in (K4).
Robots are flagged and left out of populations; nothing of theirs is deleted.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenuto.timeline._walls import Past

# A day holds 86,400 s: nobody listens to more. Some slack for two devices at once.
MOST_SECONDS_A_DAY = 1.25 * 86_400
# A play every half minute around the clock; skips included.
MOST_EVENTS_A_DAY = 3_000
# Over a week and more, this many plays on every active day is a machine (a play each 100 s).
MOST_PLAYS_A_DAY_SUSTAINED = 800
_SUSTAINED_DAYS = 3


def clipped_seconds(played_s: ir.NumericValue) -> ir.NumericValue:
    """Seconds played on a day, with no day longer than a day (K17)."""
    return ibis.least(played_s, 86_400.0)


def robots(past: Past) -> ir.Table:
    """``user_id`` and ``robot_reason`` of every user that behaves like a machine.

    Reasons: "impossible" (a day with more seconds than there are), "burst" (a day with too
    many events) and "rate" (too many plays on every active day, of at least three).
    """
    days = past.table("user_days")
    columns = set(days.columns)
    unknown = ibis.null("float64")
    users = days.group_by("user_id").agg(
        most_seconds=days.played_s.max() if "played_s" in columns else unknown,
        most_events=days.n_events.max(),
        plays_a_day=days.n_plays.mean() if "n_plays" in columns else unknown,
        n_active_days=days.count(),
    )
    reason = ibis.cases(
        (users.most_seconds > MOST_SECONDS_A_DAY, "impossible"),
        (users.most_events > MOST_EVENTS_A_DAY, "burst"),
        (
            (users.plays_a_day > MOST_PLAYS_A_DAY_SUSTAINED)
            & (users.n_active_days >= _SUSTAINED_DAYS),
            "rate",
        ),
        else_=None,
    )
    flagged = users.mutate(robot_reason=reason)
    return flagged.filter(flagged.robot_reason.notnull()).select("user_id", "robot_reason")
