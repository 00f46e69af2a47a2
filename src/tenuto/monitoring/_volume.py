"""The last day of log against the same weekday of earlier weeks: did the events come at all?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.monitoring._psi import ALERTED, STEADY, TOO_FEW, WATCHED
from tenuto.timeline import Past

#: As a factor up or down. Arbitrary: weeks of real services differ by a tenth or two.
WATCH_FACTOR, ALERT_FACTOR = 4 / 3, 2.0
#: Of fewer active listeners a day, a handful of busy ones doubles or halves the events by chance
#: (18 to 22 of 200 listeners made 0.27 and 0.41 of the usual). Nothing at all is an alert for all.
LEAST_ACTIVE = 100
_WEEKS = 4
_COUNTED = ("n_events", "n_active_users")


def volumes(past: Past) -> pd.DataFrame:
    """One row per thing counted: ``name``, ``then`` (usual), ``now``, ``ratio``, ``level``.

    ``then`` is the median of up to four weeks. A weekday that is missing is left out of it: the
    gap was that day's alarm. Without any, or with too few active listeners on it, the level is
    "too few", unless nothing came at all.
    """
    days = past.table("user_days", days=7 * _WEEKS + 1)
    sums = days.group_by("age_days").agg(n_events=days.n_events.sum(), n_active_users=days.count())
    counted = past.engine.to_arrow(sums.order_by("age_days")).to_pandas().set_index("age_days")
    before = [1 + 7 * week for week in range(1, _WEEKS + 1) if 1 + 7 * week in counted.index]
    n_usual = float(counted.loc[before, "n_active_users"].median()) if before else 0.0
    rows = []
    for name in _COUNTED:
        now = float(counted[name].to_dict().get(1, 0))
        usual = float(counted.loc[before, name].median()) if before else float("nan")
        ratio = now / usual if usual else float("nan")
        is_told = n_usual >= LEAST_ACTIVE or (now == 0 and bool(before))
        rows.append((name, usual, now, ratio, _level(ratio) if is_told else TOO_FEW))
    return pd.DataFrame(rows, columns=["name", "then", "now", "ratio", "level"])


def _level(ratio: float) -> str:
    if np.isnan(ratio):
        return TOO_FEW
    factor = max(ratio, 1 / ratio) if ratio else float("inf")
    if factor < WATCH_FACTOR:
        return STEADY
    return ALERTED if factor >= ALERT_FACTOR else WATCHED
