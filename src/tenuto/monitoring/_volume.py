"""The last day of log against the same weekday of earlier weeks: did the events come at all?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.monitoring._psi import ALERTED, STEADY, TOO_FEW, WATCHED
from tenuto.timeline import Past

#: As a factor up or down. Arbitrary: weeks of real services differ by a tenth or two.
WATCH_FACTOR, ALERT_FACTOR = 4 / 3, 2.0
_WEEKS = 4
_COUNTED = ("n_events", "n_active_users")


def volumes(past: Past) -> pd.DataFrame:
    """One row per thing counted: ``name``, ``then`` (usual), ``now``, ``ratio``, ``level``.

    ``then`` is the median of up to four weeks. A weekday that is missing is left out of it: the
    gap was that day's alarm. Without any, the level is "too few".
    """
    days = past.table("user_days", days=7 * _WEEKS + 1)
    sums = days.group_by("age_days").agg(n_events=days.n_events.sum(), n_active_users=days.count())
    counted = past.engine.to_arrow(sums.order_by("age_days")).to_pandas().set_index("age_days")
    before = [1 + 7 * week for week in range(1, _WEEKS + 1) if 1 + 7 * week in counted.index]
    rows = []
    for name in _COUNTED:
        now = float(counted[name].to_dict().get(1, 0))
        usual = float(counted.loc[before, name].median()) if before else float("nan")
        ratio = now / usual if usual else float("nan")
        rows.append((name, usual, now, ratio, _level(ratio)))
    return pd.DataFrame(rows, columns=["name", "then", "now", "ratio", "level"])


def _level(ratio: float) -> str:
    if np.isnan(ratio):
        return TOO_FEW
    factor = max(ratio, 1 / ratio) if ratio else float("inf")
    if factor < WATCH_FACTOR:
        return STEADY
    return ALERTED if factor >= ALERT_FACTOR else WATCHED
