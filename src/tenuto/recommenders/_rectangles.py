"""From rectangles, one row per listener and one column per place, to tables of lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def lists_of(
    users: pd.Index,
    item_ids: pd.Index,
    item: NDArray[np.int64],
    score: NDArray[np.float64],
) -> pd.DataFrame:
    """Rows from rectangles: one list per row of ``item``, which ends at the first -1."""
    is_there = item >= 0
    row, place = np.nonzero(is_there)
    return pd.DataFrame(
        {
            "user_id": users.take(row),
            "rank": (place + 1).astype(np.int32),
            "item_id": item_ids.take(item[is_there]),
            "score": score[is_there],
        }
    )
