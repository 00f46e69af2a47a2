"""The best linear model of items by items: all weights at once, in closed form.

Every item is predicted from all others, and the weights solve one regression: what another item
explains already is not counted twice. Exact on items by items up to ``max_items``; on users by
users, with the same result, where these are fewer; and where both are more, on the ``max_items``
items that most listeners like, so that the tail is never recommended (take it from `item_knn`).

Source: Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019 (EASE).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import SettingsError
from tenuto.recommenders._change import Change
from tenuto.recommenders._contract import Contributions, Ranked
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._inverse import Dual, Primal, Weights
from tenuto.recommenders._neighbours import in_threads
from tenuto.recommenders._rectangles import NEVER, nothing, top_k
from tenuto.recommenders._scored import Scored
from tenuto.recommenders._weighting import check_weighting, weighted, weights
from tenuto.threads import one_blas_thread

LABEL = "What goes with what you play"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fit 48 s of one core for 10,000 items of 60,000 listeners, in 2 GB, cubic in the items;"
    " 1,000 lists 0.4 s"
)
SPACE = {"weighting": ["log", "binary"], "regularization": (20.0, 1_000.0)}

#: Scores held at once by each thread: 32 MB twice.
_BLOCK_CELLS = 1 << 22


class Model(Scored):
    """EASE.

    Parameters
    ----------
    weighting : of preferences, see `_weighting`
    regularization : lambda over the mean square of all weights, so that it does not depend on
        their scale: in listeners, as if so many liked the item and nothing else
    max_items : the largest matrix, rows and columns; 10,000 take 1.3 GB during the fit and 0.4 GB
        afterwards, time grows with its cube
    """

    def __init__(
        self, weighting: str = "log", regularization: float = 100.0, max_items: int = 10_000
    ):
        super().__init__(weighting=weighting, regularization=regularization, max_items=max_items)
        if regularization <= 0 or max_items < 1:
            raise SettingsError(
                f"regularization is {regularization} and max_items {max_items}",
                mend="use a regularization above 0 and at least one item",
            )
        self.weighting, self.regularization = check_weighting(weighting), regularization
        self.max_items = max_items
        self.inverse: Weights | None = None
        self._offer(np.empty(0, dtype=np.int64))

    def _fit(self, interactions: Interactions) -> None:
        taste = weighted(interactions.histories.taste(), self.weighting)
        taste = csr_array(taste[np.diff(taste.indptr) > 0])
        n_likes = np.bincount(taste.indices, minlength=taste.shape[1])
        is_dual = taste.shape[0] < min(np.count_nonzero(n_likes), self.max_items)
        order = np.lexsort((np.arange(len(n_likes)), -n_likes))
        order = order[n_likes[order] > 0]
        self._offer(np.sort(order if is_dual else order[: self.max_items]))
        square = float(np.mean(taste.data.astype(np.float64) ** 2)) if taste.nnz else 1.0
        of_offered = csr_array(taste[:, self.offered])
        of_offered.sort_indices()
        kind = Dual if is_dual else Primal
        self.inverse = kind.of(of_offered, self.regularization * square)

    def _update(self, interactions: Interactions, change: Change) -> None:
        """Weights stay; new items wait for the next fit. One that is gone is no column any more."""
        now = change.now_of()[self.offered]
        if (now < 0).any():
            return self._fit(interactions)
        return self._offer(now)

    def _offer(self, offered: NDArray[np.int64]) -> None:
        self.offered = offered
        self._place = np.full(len(self.item_ids), -1, dtype=np.int64)
        self._place[offered] = np.arange(len(offered))

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        scores = np.full((len(histories), histories.n_items), NEVER)
        scores[:, self.offered] = self._offered_scores(histories)
        return scores

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        items, scores = nothing(len(histories), k)

        def ranked(rows: slice) -> None:
            part = histories.take(np.arange(rows.start, rows.stop))
            offered = self._offered_scores(part)
            hidden = part.hidden(exclude_heard)
            place = self._place[hidden.item]
            offered[hidden.row_of_entry()[place >= 0], place[place >= 0]] = NEVER
            place, scores[rows] = top_k(offered, k)
            items[rows] = np.where(place >= 0, self.offered[place], -1)

        size = max(1, _BLOCK_CELLS // max(len(self.offered), 1))
        firsts = range(0, len(histories), size)
        with one_blas_thread():
            in_threads(ranked, [slice(n, min(n + size, len(histories))) for n in firsts])
        return items, scores

    def _offered_scores(self, histories: Histories) -> NDArray[np.float64]:
        """Of the items offered alone; `NEVER` for a listener who likes none of them."""
        assert self.inverse is not None
        taste = self._taste(histories)
        # To single precision, so that the size of a batch cannot decide a tie.
        scores = self.inverse.scores(taste).astype(np.float32).astype(np.float64)
        scores[np.diff(taste.indptr) == 0] = NEVER
        return scores

    def _taste(self, histories: Histories) -> csr_array:
        weight = self._weights(histories)
        liked = histories.where(weight > 0)
        parts = (weight[weight > 0], self._place[liked.item], liked.start)
        return csr_array(parts, shape=(len(histories), len(self.offered)))

    def _weights(self, histories: Histories) -> NDArray[np.float64]:
        weight = weights(histories.preference, self.weighting)
        return np.where(self._place[histories.item] >= 0, weight, 0.0)

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        assert self.inverse is not None
        weight, asked = self._weights(histories), self._place[item[histories.row_of_entry()]]
        says = np.flatnonzero((weight > 0) & (asked >= 0))
        value = np.zeros(len(weight))
        near = self.inverse.at(self._place[histories.item[says]], asked[says])
        value[says] = weight[says] * near
        return value, np.zeros(len(histories))

    def _dump(self) -> dict[str, pa.Table]:
        assert self.inverse is not None
        return {"offered": pa.table({"item": self.offered})} | self.inverse.dump()

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        self._offer(tables["offered"]["item"].to_numpy())
        kind = Dual if "taste" in tables else Primal
        self.inverse = kind.restored(tables, len(self.offered))
