"""What an inner split asks: for whom lists are wanted, and what should be on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.errors import NotEnoughData
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._inner import InnerSplit, held_out
from tenuto.recommenders._interactions import Interactions

#: The two uses of a recommender, as ``exclude_heard`` has them.
ALL, NEW = "all", "new"


@dataclass(frozen=True)
class Question:
    """Listeners, and what each of them was to play: ``item[i]`` by the listener in ``row[i]``.

    row : rows of ``histories``, ascending; within one, items ascend
    n_relevant : how many items each listener was to play, those included that nobody knew
    """

    histories: Histories
    row: NDArray[np.int64]
    item: NDArray[np.int64]
    n_relevant: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.histories)


def inner_of(
    interactions: Interactions,
    inner: InnerSplit | Sequence[InnerSplit] | None,
    random_state: int,
) -> list[InnerSplit]:
    """The splits that were given, or one at random; none where nothing can be hidden."""
    if isinstance(inner, InnerSplit):
        return [inner]
    if inner is not None:
        return list(inner)
    try:
        return [held_out(interactions, np.random.default_rng([random_state, 43]))]
    except NotEnoughData:
        return []


def question(
    inner: InnerSplit, target: str, n_listeners: int, rng: np.random.Generator
) -> Question | None:
    """What ``inner`` asks of lists that repeat (`ALL`) or hide what was heard (`NEW`).

    ``n_listeners`` at most, drawn at random. None if it asks for nothing of the kind: a split
    made for new items says nothing on which old ones come back.
    """
    if target == ALL and inner.target != ALL:
        return None
    train, relevant = inner.train, inner.relevant
    row = train.user_ids.get_indexer(pd.Index(relevant["user_id"])).astype(np.int64)
    item = train.item_ids.get_indexer(pd.Index(relevant["item_id"])).astype(np.int64)
    is_asked = (row >= 0) & (np.diff(train.histories.taste().indptr) > 0)[row]
    if target == NEW:
        is_asked &= ~_is_heard(train.histories, row, item)
    order = np.flatnonzero(is_asked)[np.lexsort((item[is_asked], row[is_asked]))]
    row, item = row[order], item[order]
    asked = np.unique(row)
    if len(asked) == 0:
        return None
    if len(asked) > n_listeners:
        asked = np.sort(rng.choice(asked, n_listeners, replace=False))
    kept = np.isin(row, asked)
    row, item = np.searchsorted(asked, row[kept]), item[kept]
    n_relevant = np.bincount(row, minlength=len(asked))
    known = item >= 0
    return Question(train.histories.take(asked), row[known], item[known], n_relevant)


def _is_heard(
    histories: Histories, row: NDArray[np.int64], item: NDArray[np.int64]
) -> NDArray[np.bool_]:
    heard = histories.row_of_entry() * histories.n_items + histories.item
    return (item >= 0) & np.isin(row * histories.n_items + item, heard)
