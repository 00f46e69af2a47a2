"""Why an item is on a list: because of what else the listener likes, or of who else listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.recommenders._histories import Histories

if TYPE_CHECKING:
    from tenuto.recommenders._contract import Recommender

#: item_id -> what people call it.
Names = Mapping[Any, str]

N_CAUSES = 2
#: A second cause is named where it lifted the item at least so much as the first. Arbitrary.
_WORTH_NAMING = 0.3


def explained(
    model: Recommender, histories: Histories, item: NDArray[np.int64], names: Names
) -> pd.DataFrame:
    """``reason``, ``because_1``, ``share_1``, ``because_2``, ``share_2`` of each row's item.

    Named are items that lifted the score, the strongest first, never the item itself: that one
    is liked is why it is played, not why it is recommended.
    """
    value, _ = model.contributions(histories, item)
    row = histories.row_of_entry()
    lifts = np.where(histories.item == item[row], 0.0, np.maximum(value, 0.0))
    total = np.bincount(row, lifts, minlength=len(item))
    found: dict[str, Any] = {}
    strongest = np.zeros(len(item))
    for number in range(N_CAUSES):
        entry = _highest(lifts, histories, row)
        share = np.zeros(len(item))
        share[row[entry]] = lifts[entry] / np.where(total > 0, total, 1)[row[entry]]
        cause = np.full(len(item), -1, dtype=np.int64)
        cause[row[entry]] = histories.item[entry]
        cause[(share <= 0) | (share < _WORTH_NAMING * strongest)] = -1
        strongest = np.maximum(strongest, share)
        # Below all others, for the next one to be found.
        lifts[entry] = -1.0
        found[f"because_{number + 1}"] = _ids(model.item_ids, cause)
        found[f"share_{number + 1}"] = np.where(cause >= 0, share, np.nan)
    said = {"reason": _sentences(model, item, found, names), **found}
    # As they are: looking for a narrower kind of text takes longer than all of the above.
    return pd.DataFrame({name: _as_given(values) for name, values in said.items()})


def _as_given(values: Any) -> Any:
    is_number = isinstance(values, np.ndarray) and values.dtype != object
    return values if is_number else pd.Series(values, dtype=object)


def _highest(
    lifts: NDArray[np.float64], histories: Histories, row: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The entry with the highest value of each row that has any; a tie goes to the lower item."""
    length = histories.lengths()
    if len(lifts) == 0:
        return np.empty(0, dtype=np.int64)
    highest = np.maximum.reduceat(lifts, histories.start[:-1][length > 0])
    entry = np.flatnonzero(lifts == np.repeat(highest, length[length > 0]))
    is_first = np.ones(len(entry), dtype=bool)
    is_first[1:] = row[entry[1:]] != row[entry[:-1]]
    return entry[is_first]


def _ids(item_ids: pd.Index, cause: NDArray[np.int64]) -> NDArray[np.object_]:
    ids = np.full(len(cause), None, dtype=object)
    ids[cause >= 0] = item_ids.take(cause[cause >= 0]).to_numpy(dtype=object)
    return ids


def _sentences(
    model: Recommender, item: NDArray[np.int64], found: dict[str, Any], names: Names
) -> list[str]:
    different, which = np.unique(item, return_inverse=True)
    of_item = [model.reason_of_item(number) for number in different.tolist()]
    causes = zip(*(found[f"because_{number + 1}"] for number in range(N_CAUSES)), strict=True)
    return [
        because([names.get(cause, cause) for cause in pair if cause is not None]) or of_item[number]
        for number, pair in zip(which.tolist(), causes, strict=True)
    ]


def because(names: list[Any]) -> str:
    """``because you played A and B``; empty without names."""
    return f"because you played {' and '.join(map(str, names))}" if names else ""
