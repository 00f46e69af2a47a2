"""Recommenders in which a listener and an item are points, and a score is their inner product."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pyarrow as pa
from implicit.cpu.topk import topk
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tenuto.recommenders._change import Change, is_liked
from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._longest_first import LongestFirst
from tenuto.recommenders._rectangles import NEVER, best_of, nothing
from tenuto.recommenders._scored import Scored, blocks

#: Found in single precision beyond the k asked for, then scored again in double.
_MARGIN = 16
_RESCORED_ROWS = 4_096
#: So few listeners are not worth threads of their own: starting them takes longer.
_FEW_ROWS = 4


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
        """Exact: the best of all items in single precision, then settled in double.

        Where more than the margin tie for the last place, all items are scored in double.
        """
        users = self._user_factors(histories)
        items, scores = nothing(len(histories), k)
        rows = np.flatnonzero(~np.isnan(users).any(axis=1))
        if len(rows) == 0 or len(self.offered) == 0:
            return items, scores
        hidden = histories.take(rows).hidden(exclude_heard)
        if len(rows) <= _FEW_ROWS:
            for number, row in enumerate(rows.tolist()):
                items[row], scores[row] = self._rank_one(users[row], hidden.take([number]).item, k)
            return items, scores
        wanted = min(k + _MARGIN, len(self.offered))
        found, rough = topk(
            self._offered_factors,
            users[rows].astype(np.float32),
            wanted,
            filter_query_items=self._filter(hidden),
        )
        # Hidden items come last, with the lowest number there is.
        found = np.where(rough > np.finfo(np.float32).min, self.offered[found], -1)
        exact = self._rescored(users[rows], found)
        is_short = wanted < len(self.offered)
        for number, row in enumerate(rows.tolist()):
            best = best_of(found[number], exact[number], k)
            if is_short and len(best) == k and _ties(exact[number], rough[number], best):
                item, score = super()._rank(histories.take([row]), k, exclude_heard)
                items[row], scores[row] = item[0], score[0]
                continue
            items[row, : len(best)] = found[number, best]
            scores[row, : len(best)] = exact[number, best]
        return items, scores

    def _rank_one(self, user: NDArray[np.float64], hidden: NDArray[np.int32], k: int) -> Ranked:
        """As `_rank`, for one place among the items, in a fraction of a millisecond."""
        found = self._longest_first.candidates(user, hidden, k)
        item, score = nothing(1, k)
        exact = self._rescored(user[None], found[None])[0]
        best = best_of(found, exact, k)
        item[0, : len(best)], score[0, : len(best)] = found[best], exact[best]
        return item[0], score[0]

    def _rescored(self, users: NDArray[np.float64], item: NDArray[np.int64]) -> NDArray[np.float64]:
        exact = np.full(item.shape, NEVER)
        for first in range(0, len(users), _RESCORED_ROWS):
            part = slice(first, first + _RESCORED_ROWS)
            factors = self.item_factors[item[part]].astype(np.float64)
            exact[part] = rounded(np.einsum("nkf,nf->nk", factors, users[part]))
        exact[item < 0] = NEVER
        return exact

    def _filter(self, hidden: Histories) -> csr_matrix:
        place = self._place[hidden.item]
        kept = np.concatenate([[0], np.cumsum(place >= 0)])
        column = place[place >= 0].astype(np.int32)
        start = kept[hidden.start].astype(np.int32)
        ones = np.ones(len(column), dtype=np.float32)
        return csr_matrix((ones, column, start), shape=(len(hidden), len(self.offered)))

    def _dump(self) -> dict[str, pa.Table]:
        return {"item_factors": table_of_factors(self.item_factors)}

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        self._take(factors_of_table(tables["item_factors"]))


def _ties(exact: NDArray[np.float64], rough: NDArray[np.float32], best: NDArray[np.int64]) -> bool:
    """Whether an item beyond those found could belong among the ``best``."""
    lowest_found, last = float(rough[-1]), exact[best[-1]]
    slack = 1e-5 * max(1.0, float(np.abs(rough[0])))
    return last <= lowest_found + slack


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
