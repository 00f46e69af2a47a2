"""The days of a listener, with seconds where the source knows them."""

from __future__ import annotations

import ibis.expr.types as ir

from tenuto.timeline import Past, clipped_seconds


def days_of_seconds(past: Past) -> ir.Table:
    """One row per user and active day; no day has more seconds played than there are (K17).

    Where the source does not say how long songs were heard there is no ``played_s``, and the
    features that need it are left out.
    """
    days = past.table("user_days")
    if "played_s" not in days.columns:
        return days
    return days.mutate(played_s=clipped_seconds(days.played_s))
