"""Items that the same listeners like: cosine, TF-IDF or BM25 between the columns of taste.

Two items are near when many like both and few like only one. Of each item the nearest are kept,
never itself, and what few people vouch for is shrunk. An item's score is the sum of its nearness
to what the listener likes, or, as S2-R2 had it, the mean of the listener's ratings weighted by it.

Sources: S2-R2, K36; Deshpande & Karypis, "Item-based top-N recommendation algorithms", TOIS 2004;
Robertson & Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import SettingsError, UnknownName
from tenuto.recommenders._contract import Contributions
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._item_item import ItemItem
from tenuto.recommenders._neighbours import largest_of_product
from tenuto.recommenders._weighting import check_weighting, weighted, weights

LABEL = "Near to what you play"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fit 31 s of one core for 6 million pairs, 60,000 listeners and 50,000 items, in 1.7 GB;"
    " 1,000 lists 1 s"
)
SPACE = {
    "similarity": ["cosine", "tfidf", "bm25"],
    "weighting": ["log", "binary"],
    "n_neighbours": [100, 200, 500],
    "shrinkage": (1.0, 50.0),
}

# Of BM25: how soon a preference is as good as certain, and how much a much-played item is held
# back. The usual 1.2; 0.75 is usual for texts, and 0.3 was better on HetRec's listening counts.
_SATURATION = 1.2
_LENGTH_SHARE = 0.3


class Model(ItemItem):
    """Neighbours of items.

    Parameters
    ----------
    similarity : "cosine"; "tfidf", in which the likes of people who like everything count less;
        "bm25", the same with a ceiling for how much one preference counts
    weighting : of preferences, see `_weighting`
    n_neighbours : how many items speak for each item
    shrinkage : a nearness that rests on the taste of few people is damped: this many listeners
        without anything in common are added under the fraction
    score : "sum" of nearness to all that is liked, or "mean", a rating: the mean of the
        listener's preferences weighted by nearness (S2-R2)
    """

    def __init__(
        self,
        similarity: str = "cosine",
        weighting: str = "log",
        n_neighbours: int = 300,
        shrinkage: float = 5.0,
        score: str = "sum",
    ):
        super().__init__(
            similarity=similarity,
            weighting=weighting,
            n_neighbours=n_neighbours,
            shrinkage=shrinkage,
            score=score,
        )
        if similarity not in _FEATURES:
            raise UnknownName(
                f"no similarity '{similarity}'. There are: {', '.join(sorted(_FEATURES))}",
                mend="use one of these",
            )
        if score not in ("sum", "mean"):
            raise SettingsError(f"score is '{score}'", mend='use "sum" or "mean"')
        if n_neighbours < 1 or shrinkage < 0:
            raise SettingsError(
                f"n_neighbours is {n_neighbours} and shrinkage {shrinkage}",
                mend="keep at least one neighbour, and shrink by 0 or more",
            )
        self.kind, self.weighting = similarity, check_weighting(weighting)
        self.n_neighbours, self.shrinkage = n_neighbours, shrinkage
        self.is_mean = score == "mean"

    def _similarity(self, interactions: Interactions) -> csr_array:
        features = _FEATURES[self.kind](weighted(interactions.histories.taste(), self.weighting))
        size = np.sqrt(np.mean(features.data.astype(np.float64) ** 2)) if features.nnz else 1.0
        features.data = (features.data / (size or 1.0)).astype(np.float32)
        squares = np.bincount(features.indices, features.data**2, features.shape[1])
        norm = np.sqrt(squares).astype(np.float32)

        def shrunk(row: NDArray, column: NDArray, product: NDArray) -> NDArray:
            return product / (norm[row] * norm[column] + np.float32(self.shrinkage))

        by_item = csr_array(features.T.tocsr())
        nearest = largest_of_product(by_item, features, self.n_neighbours, shrunk)
        # The nearest of each item speak for it: rows become columns.
        return csr_array(nearest.T.tocsr())

    def _weights(self, histories: Histories) -> NDArray[np.float64]:
        if self.is_mean:
            return histories.preference.astype(np.float64)
        return weights(histories.preference, self.weighting)

    def _near(self, histories: Histories) -> csr_array:
        near = super()._near(histories)
        if self.is_mean:
            near.data = near.data / self._vouched(histories).data
        return near

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        value, rest = super()._contributions(histories, item)
        if self.is_mean:
            liked = np.divide(
                value, self._weights(histories), out=np.zeros_like(value), where=value > 0
            )
            total = np.bincount(histories.row_of_entry(), liked, minlength=len(histories))
            value = value / np.where(total > 0, total, 1.0)[histories.row_of_entry()]
        return value, rest

    def _vouched(self, histories: Histories) -> csr_array:
        """The sum of nearness alone; the same entries as `_near`."""
        said = self._said(histories)
        said.data = np.ones_like(said.data)
        return csr_array(said @ self.similarity)


def _cosine(taste: csr_array) -> csr_array:
    return taste


def _tf_idf(taste: csr_array) -> csr_array:
    return _by_listener(taste, _rarity(taste))


def _bm25(taste: csr_array) -> csr_array:
    """Items are the texts and listeners the words."""
    length = taste.sum(axis=0)
    length = length / length[length > 0].mean() if taste.nnz else length
    ceiling = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length[taste.indices])
    counted = taste.copy()
    counted.data = counted.data * (_SATURATION + 1) / (ceiling + counted.data)
    return _by_listener(counted, _rarity(taste))


def _rarity(taste: csr_array) -> NDArray[np.float64]:
    """Per listener: the fewer items of all are liked, the more each like says; above 0."""
    return np.log1p(taste.shape[1] / np.maximum(np.diff(taste.indptr), 1))


def _by_listener(taste: csr_array, factor: NDArray[np.float64]) -> csr_array:
    by_listener = taste.copy()
    by_listener.data = taste.data * np.repeat(factor, np.diff(taste.indptr))
    return by_listener


_FEATURES: dict[str, Callable[[csr_array], csr_array]] = {
    "bm25": _bm25,
    "cosine": _cosine,
    "tfidf": _tf_idf,
}
