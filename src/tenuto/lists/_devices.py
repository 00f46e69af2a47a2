"""The device each listener uses most."""

from __future__ import annotations

import ibis
import pandas as pd

from tenuto.timeline import Past


def usual_devices(past: Past, window_days: int) -> pd.Series:
    """Device by user_id: the one with most events in the window, users in ascending order.

    A tie goes to the first in the alphabet. Users whose device is never known are absent.
    """
    days = past.table("user_day_devices", days=window_days)
    used = days.group_by(["user_id", "device"]).agg(n_events=days.n_events.sum())
    most_used = ibis.window(
        group_by="user_id", order_by=[ibis.desc(used.n_events), ibis.asc(used.device)]
    )
    ranked = used.mutate(place=ibis.row_number().over(most_used))
    first = ranked.filter(ranked.place == 0).select("user_id", "device").order_by("user_id")
    table = past.engine.to_arrow(first).to_pandas()
    return table.set_index("user_id")["device"].astype(object)
