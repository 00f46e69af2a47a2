"""What a day has done to the items that a recommender knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.recommenders._histories import Histories


@dataclass(frozen=True)
class Change:
    """Items then and now.

    was : int64, one per item there is now: its number in the last fit or update, -1 for a new one
    is_changed : bool, one per item there is now: what is known of it is to be learned anew
    n_before : how many items there were
    """

    was: NDArray[np.int64]
    is_changed: NDArray[np.bool_]
    n_before: int

    @classmethod
    def between(cls, before: pd.Index, now: pd.Index, changed) -> Self:
        """``changed``: ids of items; those that are not there now are of no account."""
        was = before.get_indexer(now).astype(np.int64)
        is_changed = was < 0
        places = now.get_indexer(pd.Index(changed)) if len(changed) else np.empty(0, np.int64)
        is_changed[places[places >= 0]] = True
        return cls(was, is_changed, len(before))

    @property
    def is_none(self) -> bool:
        """Whether all is as it was."""
        return not self.is_changed.any() and len(self.was) == self.n_before

    def now_of(self) -> NDArray[np.int64]:
        """The number now of each item there was, -1 for one that is gone."""
        now = np.full(self.n_before, -1, dtype=np.int64)
        now[self.was[self.was >= 0]] = np.flatnonzero(self.was >= 0)
        return now

    def carried(self, rows: NDArray) -> NDArray:
        """One row per item now out of one per item then; NaN for new items."""
        moved = np.full((len(self.was), *rows.shape[1:]), np.nan, dtype=rows.dtype)
        moved[self.was >= 0] = rows[self.was[self.was >= 0]]
        return moved


def is_liked(histories: Histories) -> NDArray[np.bool_]:
    """Per item, whether anybody likes it."""
    liked = histories.item[histories.preference > 0]
    return np.bincount(liked, minlength=histories.n_items) > 0
