"""From scores to places to tables: rectangles of one row per listener and one column per place."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: In a rectangle of scores: never to be recommended.
NEVER = -np.inf


def best_of(item: NDArray, score: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Places in one listener's candidates of the best ``k``, best first.

    A tie goes to the lower item number; `NEVER` is left out.
    """
    offered = np.flatnonzero(score > NEVER)
    if len(offered) > k:
        # All that tie for the last place stay, so that the item number can decide.
        last = -np.partition(-score[offered], k - 1)[k - 1]
        offered = offered[score[offered] >= last]
    order = np.lexsort((item[offered], -score[offered]))
    return offered[order[:k]]


def top_k(scores: NDArray[np.float64], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best ``k`` columns of each row and their scores, filled up with -1 and NaN."""
    item, score = nothing(len(scores), k)
    columns = np.arange(scores.shape[1])
    for row, of_row in enumerate(scores):
        found = best_of(columns, of_row, k)
        item[row, : len(found)], score[row, : len(found)] = found, of_row[found]
    return item, score


def nothing(n_rows: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Items and scores of lists that say nothing yet."""
    return np.full((n_rows, k), -1, dtype=np.int64), np.full((n_rows, k), np.nan)


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
