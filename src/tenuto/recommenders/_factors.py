"""Recommenders in which a listener and an item are points, and a score is their inner product."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.recommenders._change import Change, is_liked
from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._longest_first import LongestFirst
from tenuto.recommenders._rectangles import NEVER, nothing
from tenuto.recommenders._scored import Scored, blocks

#: Listeners that are searched for at once, and numbers that are held in double: 4 MB, which stay
#: in a processor's cache.
_ROWS_AT_ONCE, _RESCORED_CELLS = 512, 1 << 19


class Factors(Scored):
    """A member sets `item_factors` in `_fit`, and writes `_user_factors`.

    item_factors : float32, (items, factors); a row of NaN for an item never recommended
    """

    def __init__(self, **settings):
        super().__init__(**settings)
        self._take(np.empty((0, 0), dtype=np.float32))

    @abstractmethod
    def _user_factors(self, histories: Histories) -> NDArray[np.float64]:
        """(listeners, factors), each from that listener's history alone; NaN without taste."""

    def _take(self, item_factors: NDArray[np.float32]) -> None:
        """Use these factors; what can be offered is kept together, for the search."""
        self.item_factors = np.ascontiguousarray(item_factors, dtype=np.float32)
        is_offered = ~np.isnan(self.item_factors).any(axis=1)
        self.offered = np.flatnonzero(is_offered)
        self._offered_factors = np.ascontiguousarray(self.item_factors[self.offered])
        self._place = np.where(is_offered, np.cumsum(is_offered) - 1, -1)
        self._longest_first = LongestFirst.of(self.item_factors)

    def _update(self, interactions: Interactions, change: Change) -> None:
        """Items stay where they are; new ones wait for a refit, as does one that nobody likes."""
        self._carry(interactions, change)

    def _carry(self, interactions: Interactions, change: Change) -> None:
        if not change.is_none:
            carried = change.carried(self.item_factors)
            carried[~is_liked(interactions.histories)] = np.nan
            self._take(carried)

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        users = self._user_factors(histories)
        scores = np.full((len(histories), histories.n_items), NEVER)
        scores[:, self.offered] = rounded(users @ self._offered_factors.T.astype(np.float64))
        scores[np.isnan(users).any(axis=1)] = NEVER
        return scores

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        """Exact: who can be among the best is found in single precision, and scored in double."""
        users = self._user_factors(histories)
        items, scores = nothing(len(histories), k)
        rows = np.flatnonzero(~np.isnan(users).any(axis=1))
        hidden = histories.hidden(exclude_heard)
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[first : first + _ROWS_AT_ONCE]
            found = self._longest_first.candidates(users[part], hidden.take(part), k)
            score = self._rescored(users[part], found)
            best = np.lexsort((found, -score), axis=1)[:, :k]
            item = np.take_along_axis(found, best, 1)
            items[part, : best.shape[1]] = item
            exact = np.take_along_axis(score, best, 1)
            scores[part, : best.shape[1]] = np.where(item >= 0, exact, np.nan)
        return items, scores

    def _rescored(self, users: NDArray[np.float64], item: NDArray[np.int64]) -> NDArray[np.float64]:
        exact = np.empty(item.shape)
        size = max(1, _RESCORED_CELLS // max(item.shape[1] * users.shape[1], 1))
        for first in range(0, len(users), size):
            part = slice(first, first + size)
            factors = self.item_factors[item[part]].astype(np.float64)
            exact[part] = rounded(np.einsum("nkf,nf->nk", factors, users[part]))
        exact[item < 0] = NEVER
        return exact

    def _dump(self) -> dict[str, pa.Table]:
        return {"item_factors": table_of_factors(self.item_factors)}

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        self._take(factors_of_table(tables["item_factors"]))


def rounded(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """To single precision: what is equal but for the order of additions, is equal."""
    return scores.astype(np.float32).astype(np.float64)


def table_of_factors(factors: NDArray[np.float32]) -> pa.Table:
    """One column per factor: ``f0``, ``f1``, …"""
    return pa.table({f"f{number}": column for number, column in enumerate(factors.T)})


def factors_of_table(table: pa.Table) -> NDArray[np.float32]:
    """Undo `table_of_factors`."""
    return np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float32)


__all__ = ["Factors", "blocks", "factors_of_table", "rounded", "table_of_factors"]
