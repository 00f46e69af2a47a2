"""What the lists of earlier runs showed to whom, for re-rankings that remember."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

#: Re-rankings that need it.
NEEDED_BY = frozenset({"not_again", "exploration"})
#: How far back is looked, in days. Arbitrary: a month of daily lists.
REACH_DAYS = 30


def shown_before(runs: Path, cutoff: date) -> pd.DataFrame:
    """``user_id``, ``item_id``, ``days_ago`` of every Discover list of the last days.

    ``runs`` is the folder of runs. A song that was shown on many days is there once for each.
    """
    parts = [pd.DataFrame(columns=["user_id", "item_id", "days_ago"])]
    for days in range(1, REACH_DAYS + 1):
        day = cutoff - timedelta(days=days)
        file = runs / day.isoformat() / "recommend" / "recommendations.parquet"
        if file.exists():
            rows = pd.read_parquet(
                file, columns=["user_id", "item_id"], filters=[("list", "==", "discover")]
            )
            parts.append(rows.assign(days_ago=days))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
