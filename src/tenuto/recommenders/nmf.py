"""Non-negative matrix factorisation: a listener is a mixture of a few tastes, never less than none.

A taste is a share of each item; a listener's amounts of each are those that come nearest to what
the listener likes. Nothing is subtracted, so a taste can be read as a list of its items.

Source: S2-R3 (700 components on the ratings as they are: ``embedding_size=700,
weighting="linear"``); Lee & Seung, Nature 1999. Raw counts spoil it, and so do many tastes:
recommenders.md §5.1.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import nnls
from scipy.sparse import csr_array
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from tenuto.recommenders._bounds import check_settings
from tenuto.recommenders._contract import Contributions
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._projected import Projected, n_axes
from tenuto.recommenders._weighting import check_weighting
from tenuto.threads import one_blas_thread

LABEL = "Mixtures of tastes (NMF)"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fit 3.5 s, listeners placed in 1.7 s, 0.1 ms for one,"
    " for 2 million pairs of 60,000 listeners and 50,000 songs (one core)"
)
SPACE = {"embedding_size": [10, 20, 30, 50], "weighting": ["binary", "log"]}

#: Added to the diagonal of the tastes' Gram matrix, as a share of its mean: makes it invertible.
_RIDGE = 1e-8
#: Of non-negative least squares, for each taste; it needs two or three.
_STEPS = 30


class Model(Projected):
    """A non-negative factorisation of weights, listeners by items.

    Parameters
    ----------
    embedding_size : tastes, at most a third of the listeners or items
    weighting : "binary", "log", "sqrt" or "linear", see `_weighting`
    epochs : how often all tastes are improved, at most
    """

    def __init__(
        self,
        embedding_size: int = 20,
        weighting: str = "binary",
        epochs: int = 200,
        random_state: int = 42,
    ):
        check_settings(embedding_size=(embedding_size, 1), epochs=(epochs, 1))
        super().__init__(
            embedding_size=embedding_size,
            weighting=check_weighting(weighting),
            epochs=epochs,
            random_state=random_state,
        )

    def _factorised(self, weight: csr_array) -> NDArray[np.float32]:
        model = NMF(
            n_components=n_axes(self.settings["embedding_size"], weight.shape),
            max_iter=self.settings["epochs"],
            random_state=self.settings["random_state"],
        )
        with warnings.catch_warnings(), one_blas_thread():
            # Tastes that could still be improved a little are as good for lists.
            warnings.simplefilter("ignore", ConvergenceWarning)
            tastes = model.fit(weight).components_.T
        return tastes[:, tastes.any(axis=0)].astype(np.float32)

    def _take(self, item_factors: NDArray[np.float32]) -> None:
        super()._take(item_factors)
        gram = self._known_factors.T @ self._known_factors
        mean = np.trace(gram) / max(len(gram), 1)
        self._gram = gram + _RIDGE * (mean or 1.0) * np.eye(len(gram))
        #: Upper triangle, its square is the Gram matrix: least squares in a system this small.
        self._root = np.linalg.cholesky(self._gram).T

    def _user_factors(self, histories: Histories) -> NDArray[np.float64]:
        towards = self._towards(histories)
        users = np.full(towards.shape, np.nan)
        for row in np.flatnonzero(~np.isnan(towards).any(axis=1)):
            right = solve_triangular(self._root, towards[row], trans="T", check_finite=False)
            users[row], _ = nnls(self._root, right, maxiter=_STEPS * len(right))
        return users

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        """Among the tastes a listener has, least squares is a sum over the listener's items."""
        users, asked = self._user_factors(histories), self._known_factors[item]
        towards = np.zeros(users.shape)
        for row in np.flatnonzero((users > 0).any(axis=1)):
            has = users[row] > 0
            towards[row, has] = np.linalg.solve(self._gram[np.ix_(has, has)], asked[row, has])
        own = self._known_factors[histories.item]
        near = np.einsum("ef,ef->e", own, towards[histories.row_of_entry()])
        return self._entry_weights(histories) * near, np.zeros(len(histories))
