"""What is similar to each item, as a plain frame, from any recommender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import Histories
from tenuto.record import write_aside

K_SIMILAR = 50
#: Items asked for at once.
_CHUNK_ITEMS = 5_000


def similar_items(model: Recommender, k: int = K_SIMILAR) -> pd.DataFrame:
    """What ``model`` recommends to somebody of whom nothing is known but one item.

    Of item-item models that is the nearest items; of others, what comes closest to it.

    Returns
    -------
    DataFrame : ``item_id``, ``rank`` from 1, ``similar_item_id``, ``score``; items in ascending
        order. An item near to nothing has no rows
    """
    preference = usual_preference(model)
    parts = []
    for first in range(0, len(model.item_ids), _CHUNK_ITEMS):
        numbers = np.arange(first, min(first + _CHUNK_ITEMS, len(model.item_ids)))
        item, score = model.rank(_one_each(model, numbers, preference), k, True)
        row, place = np.nonzero(item >= 0)
        parts.append(
            pd.DataFrame(
                {
                    "item_id": model.item_ids.take(numbers[row]),
                    "rank": (place + 1).astype(np.int32),
                    "similar_item_id": model.item_ids.take(item[row, place]),
                    "score": score[row, place],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def export_similar(model: Recommender, path: Path | str, k: int = K_SIMILAR) -> int:
    """Write `similar_items`: CSV if ``path`` ends so, else Parquet. Returns how many rows."""
    path, frame = Path(path), similar_items(model, k)
    if path.suffix == ".csv":
        write_aside(path, lambda aside: frame.to_csv(aside, index=False))
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        write_aside(path, lambda aside: pq.write_table(table, aside, compression="zstd"))
    return len(frame)


def usual_preference(model: Recommender) -> float:
    """The middle of all preferences above 0 that ``model`` knows; 1 where there is none."""
    liked = model._known().preference
    liked = liked[liked > 0]
    return float(np.median(liked)) if len(liked) else 1.0


def _one_each(model: Recommender, numbers: np.ndarray, preference: float) -> Histories:
    rows, one = np.arange(len(numbers)), np.ones(len(numbers))
    return Histories.of_pairs(
        rows, numbers, preference * one, one, n_rows=len(rows), n_items=len(model.item_ids)
    )
