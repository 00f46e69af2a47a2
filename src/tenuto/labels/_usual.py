"""Which meaning of leaving a log supports."""

from __future__ import annotations

from tenuto.timeline import Past


def usual_label(past: Past) -> str:
    """``cancellation`` where anybody has cancelled, else ``inactivity``."""
    days = past.table("user_days")
    if "n_cancels" not in days.columns:
        return "inactivity"
    found = past.engine.to_arrow(days.aggregate(n=days.n_cancels.sum().fill_null(0)))
    return "cancellation" if found["n"][0].as_py() else "inactivity"
