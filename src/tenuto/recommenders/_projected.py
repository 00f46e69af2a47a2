"""Factor models of a plain matrix of weights: a listener is what the liked items add up to."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.recommenders._factors import Factors
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._liked import liked_part, spread_out
from tenuto.recommenders._weighting import weighted, weights


class Projected(Factors):
    """A member has the setting ``weighting``, and writes `_factorised` and `_user_factors`."""

    @abstractmethod
    def _factorised(self, weight: csr_array) -> NDArray[np.float32]:
        """Items by factors, out of listeners by items; no row or column is empty."""

    def _fit(self, interactions: Interactions) -> None:
        liked, items = liked_part(interactions.histories.taste())
        weight = weighted(liked, self.settings["weighting"])
        factors = self._factorised(weight) if len(items) else np.empty((0, 1), dtype=np.float32)
        self._take(spread_out(factors, items, len(interactions.item_ids)))

    def _take(self, item_factors: NDArray[np.float32]) -> None:
        super()._take(item_factors)
        #: `item_factors` in double precision, 0 for an item never recommended.
        self._known_factors = np.nan_to_num(self.item_factors).astype(np.float64)

    def _entry_weights(self, histories: Histories) -> NDArray[np.float64]:
        """How much each entry counts; 0 for an item without factors."""
        weight = weights(histories.preference, self.settings["weighting"])
        return np.where(self._place[histories.item] >= 0, weight, 0.0)

    def _towards(self, histories: Histories) -> NDArray[np.float64]:
        """The weighted sum of the factors of each listener's items; NaN if it is nothing.

        Who likes only what no factor tells of is nowhere in particular, so gets no list.
        """
        weight = self._entry_weights(histories)
        parts = (weight, histories.item, histories.start)
        liked = csr_array(parts, shape=(len(histories), histories.n_items))
        total = liked @ self._known_factors
        total[~total.any(axis=1)] = np.nan
        return total


def n_axes(embedding_size: int, shape: tuple[int, int]) -> int:
    """At most a third of the listeners or items.

    With as many axes as either, what was liked is remembered as it is, and nothing else is found.
    The third is arbitrary; it leaves S2's 2,125 listeners their 700.
    """
    return max(1, min(embedding_size, min(shape) // 3))
