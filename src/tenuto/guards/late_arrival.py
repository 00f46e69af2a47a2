"""No feature rests on rows that arrived only after the cutoff.

Yesterday's log may be complete only in a week. A model trained on complete days is asked, every
morning, about days that are not (churn.md §4.3, 5).
"""

from __future__ import annotations

import pandas as pd

from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards._contract import Study

LABEL = "Had every row arrived when it was used?"


def check(study: Study) -> str:
    """Days before the newest cutoff arrived by that cutoff."""
    arrivals = study.arrivals
    if arrivals is None:
        raise NotEnoughData("the source does not tell when a row arrived")
    cutoff = pd.Timestamp(study.tested.cutoff.max())
    day, arrived = pd.to_datetime(arrivals["day"]), pd.to_datetime(arrivals["arrived"])
    late = arrivals[(day < cutoff) & (arrived > cutoff)]
    if len(late):
        first = late.iloc[0]
        raise LeakError(
            f"{int(late['n_rows'].sum()):,} rows of days before {cutoff.date()} arrived later, "
            f"such as those of {first['day']} on {first['arrived']}",
            mend="take a cutoff a few days earlier, or leave late rows out of the past",
        )
    return f"all rows of days before {cutoff.date()} had arrived by then"
