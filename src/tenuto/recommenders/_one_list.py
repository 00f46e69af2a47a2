"""Recommenders with one order of items for everybody, from which each hides what was heard."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.recommenders._contract import Contributions, Ranked, Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import NEVER


class OneList(Recommender):
    """A score per item, the same for all; a member writes `_score_items`."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self._take_scores(np.empty(0))

    @abstractmethod
    def _score_items(self, interactions: Interactions) -> NDArray[np.float64]:
        """One score per item; NaN for an item that is never recommended."""

    def top(self, k: int) -> pd.DataFrame:
        """The first ``k`` of the list of all: ``rank``, ``item_id``, ``score``."""
        self._known()
        best = self.order[:k]
        return pd.DataFrame(
            {
                "rank": np.arange(1, len(best) + 1, dtype=np.int32),
                "item_id": self.item_ids.take(best),
                "score": self.item_scores[best],
            }
        )

    def _fit(self, interactions: Interactions) -> None:
        self._take_scores(self._score_items(interactions))

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        item = top_unheard(self.order, histories.hidden(exclude_heard), k)
        return item, np.where(item >= 0, self.item_scores[item], np.nan)

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        scores = np.where(np.isnan(self.item_scores), NEVER, self.item_scores)
        return np.tile(scores, (len(histories), 1))

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        return np.zeros(len(histories.item)), np.nan_to_num(self.item_scores[item], nan=NEVER)

    def _dump(self) -> dict[str, pa.Table]:
        return {"scores": pa.table({"score": self.item_scores})}

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        self._take_scores(tables["scores"]["score"].to_numpy())

    def _take_scores(self, scores: NDArray[np.float64]) -> None:
        # Ordered once: a single request then needs milliseconds, whatever the catalogue.
        self.item_scores, self.order = scores, best_first(scores)


def best_first(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Item numbers by falling score; a tie goes to the lower number, NaN is left out."""
    order = np.argsort(-scores, kind="stable")
    return order[: np.count_nonzero(~np.isnan(scores))]


def top_unheard(order: NDArray[np.int64], hidden: Histories, k: int) -> NDArray[np.int64]:
    """The first ``k`` items of ``order`` but those ``hidden`` of each row, -1 where it ends.

    Returns
    -------
    int64, shape (listeners, k)

    Notes
    -----
    No loop over listeners and no rectangle of listeners by items. A heard item at place h of
    the order, the i-th of those heard (from 0), has h - i unheard items before it. The j-th
    unheard item stands at place j plus the number of heard items with h - i <= j.
    """
    places = np.tile(np.arange(k), (len(hidden), 1))
    row, n_unheard_before = _heard(order, hidden, k)
    cells = np.bincount(row * k + n_unheard_before, minlength=len(hidden) * k)
    places += cells.reshape(len(hidden), k).cumsum(axis=1)
    return np.append(order, -1)[np.minimum(places, len(order))]


def _heard(order, histories: Histories, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Row, and how many unheard items stand before it, of each heard item that moves the top k."""
    place_of = np.full(histories.n_items, len(order), dtype=np.int64)
    place_of[order] = np.arange(len(order))
    place, row = place_of[histories.item], histories.row_of_entry()
    # Below k plus all that the listener has heard, nothing can move the first k.
    is_near = place < np.minimum(len(order), k + histories.lengths()[row])
    key = np.sort(row[is_near] * (len(order) + 1) + place[is_near])
    row, place = np.divmod(key, len(order) + 1)
    n_heard_before = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    n_unheard_before = place - n_heard_before
    matters = n_unheard_before < k
    return row[matters], n_unheard_before[matters]
