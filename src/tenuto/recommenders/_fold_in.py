"""Where a listener stands among the items, by ridge regression on what the listener likes.

With the items' factors fixed, a weighted least-squares model places a listener u at

    x = A^-1 V' p,   A = unobserved * G + ridge(u) * I + V' W V

V the factors of what u likes, W how sure we are of each, p how strongly each pulls, and G the
Gram matrix of all items (Hu, Koren & Volinsky, ICDM 2008). The factors are turned until G is
diagonal, which changes no score; A is then a diagonal and a few items, and costs a system as
large as the history or as the factors, whichever is less. Solved, not iterated: a listener gets
the same place alone as in a crowd, met in the fit or after it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.recommenders._contract import Contributions
from tenuto.recommenders._factors import Factors
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._liked import spread_out
from tenuto.threads import one_blas_thread

Vectors = NDArray[np.float64]

#: Numbers held at once: 2 MB, which stay in a processor's cache.
_CELLS = 1 << 18
#: An axis of which the factors' spread has less than this share carries nothing.
_EMPTY_AXIS = 1e-12
#: Single precision leaves about 1e-7 beside the diagonal of a Gram matrix, a lost item far more.
_SKEW = 1e-5


@dataclass(frozen=True)
class Evidence:
    """What liked items say of their listeners, one number per entry, and ``ridge`` one per row."""

    confidence: Vectors
    pull: Vectors
    ridge: Vectors


class FoldedIn(Factors):
    """A member fits `item_factors` (see `_place_items`) and writes `_evidence`."""

    #: What an item weighs that the listener has not touched.
    unobserved = 1.0

    @abstractmethod
    def _evidence(self, liked: csr_array) -> Evidence:
        """Of preferences above 0; nothing in it may depend on other rows."""

    def _place_items(self, factors: NDArray, items: NDArray[np.int64], n_items: int) -> None:
        """Keep the factors of ``items``, turned; the rest of ``n_items`` is never offered."""
        self._take(spread_out(turned(factors), items, n_items))

    def _take(self, item_factors: NDArray[np.float32]) -> None:
        """As given if they are turned already, so that what was saved is loaded unchanged."""
        super()._take(item_factors)
        if not is_turned(self._offered_factors):
            again = turned(self._offered_factors)
            super()._take(spread_out(again, self.offered, len(item_factors)))
        self._gram = np.square(self._offered_factors, dtype=np.float64).sum(axis=0)

    def _user_factors(self, histories: Histories) -> Vectors:
        liked, _ = self._liked(histories)
        evidence = self._evidence(liked)
        users = np.full((len(histories), self.item_factors.shape[1]), np.nan)
        with one_blas_thread():
            for rows, entries in equal_lengths(liked.indptr, users.shape[1]):
                V = self.item_factors[liked.indices[entries]].astype(np.float64)
                towards = evidence.pull[entries][:, None, :] @ V
                users[rows] = self._solved(V, evidence, rows, entries, towards)[:, 0]
        return users

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        """Hu, Koren & Volinsky, section 5: item i gets ``p_j v_j' A^-1 v_i`` from liked item j.

        Of a listener whose row is there for several items, A is made and solved once.
        """
        listener, first = histories.alike()
        asked_of = histories.take(first)
        number = np.arange(len(listener)) - first[listener]
        asked = np.zeros((len(first), number.max(initial=-1) + 1, self.item_factors.shape[1]))
        asked[listener, number] = np.nan_to_num(self.item_factors[item])
        value = np.zeros((len(asked_of.item), asked.shape[1]))
        liked, is_liked = self._liked(asked_of)
        value[is_liked] = self._pulls(liked, asked)
        row = histories.row_of_entry()
        entry = np.arange(len(row)) - histories.start[row] + asked_of.start[listener[row]]
        return value[entry, number[row]], np.zeros(len(histories))

    def _pulls(self, liked: csr_array, asked: Vectors) -> Vectors:
        """(entries of ``liked``, items): what each adds to each item of ``asked`` of its row."""
        evidence, value = self._evidence(liked), np.zeros((len(liked.data), asked.shape[1]))
        with one_blas_thread():
            for rows, entries in equal_lengths(liked.indptr, asked.shape[2], asked.shape[1]):
                V = self.item_factors[liked.indices[entries]].astype(np.float64)
                towards = self._solved(V, evidence, rows, entries, asked[rows])
                pull = evidence.pull[entries][:, :, None]
                value[entries] = (V @ towards.transpose(0, 2, 1)) * pull
        return value

    def _liked(self, histories: Histories) -> tuple[csr_array, NDArray[np.bool_]]:
        """What each row likes among items with factors, and which entries those are."""
        is_liked = (histories.preference > 0) & (self._place[histories.item] >= 0)
        return histories.where(is_liked).taste(), is_liked

    def _solved(
        self,
        V: Vectors,
        evidence: Evidence,
        rows: NDArray[np.int64],
        entries: NDArray[np.int64],
        right: Vectors,
    ) -> Vectors:
        diagonal = self.unobserved * self._gram + evidence.ridge[rows][:, None]
        return solved(V, evidence.confidence[entries], diagonal, right)


def solved(V: Vectors, confidence: Vectors, diagonal: Vectors, right: Vectors) -> Vectors:
    """``(D + V' W V)^-1 right`` of each listener, by the smaller of two equal systems.

    Shapes: V (listeners, items, factors), confidence (listeners, items), diagonal (listeners,
    factors), right and what is returned (listeners, right sides, factors).
    """
    if V.shape[1] >= V.shape[2]:
        A: Vectors = V.transpose(0, 2, 1) @ (V * confidence[:, :, None])
        _add_to_diagonal(A, diagonal)
        return np.asarray(np.linalg.solve(A, right.transpose(0, 2, 1)), float).transpose(0, 2, 1)
    # Woodbury: D^-1 r - D^-1 V' (W^-1 + V D^-1 V')^-1 V D^-1 r.
    scaled = V / diagonal[:, None, :]
    K = scaled @ V.transpose(0, 2, 1)
    _add_to_diagonal(K, 1 / confidence)
    known = np.linalg.solve(K, scaled @ right.transpose(0, 2, 1))
    pulled: Vectors = right / diagonal[:, None, :] - known.transpose(0, 2, 1) @ scaled
    return pulled


def equal_lengths(
    start: NDArray[np.integer], n_factors: int, n_right: int = 1
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows of one length at a time, and their entries (rows, length); none for empty rows."""
    begins = start.astype(np.int64)
    length = np.diff(begins)
    order = np.argsort(length, kind="stable")
    by_length = length[order]
    for n in np.unique(length[length > 0]).tolist():
        first, last = np.searchsorted(by_length, [n, n + 1])
        size = max(1, _CELLS // max(n * max(n, n_factors), n_right * n_factors))
        for begin in range(first, last, size):
            rows = order[begin : min(begin + size, last)]
            yield rows, begins[rows][:, None] + np.arange(n)


def is_turned(factors: NDArray) -> bool:
    """Whether the Gram matrix is diagonal but for rounding; not so once items have gone."""
    V = factors.astype(np.float64)
    with one_blas_thread():
        gram = V.T @ V
    along = np.diag(gram)
    return bool(np.abs(gram - np.diag(along)).max() <= _SKEW * along.max()) if len(V) else True


def turned(factors: NDArray) -> NDArray[np.float32]:
    """The same inner products, with a diagonal Gram matrix and no axis that carries nothing."""
    V = factors.astype(np.float64)
    with one_blas_thread():
        spread, axes = np.linalg.eigh(V.T @ V)
    is_used = spread > _EMPTY_AXIS * max(spread[-1], np.finfo(np.float32).tiny)
    is_used[-1] = True
    return (V @ axes[:, is_used][:, ::-1]).astype(np.float32)


def _add_to_diagonal(matrices: Vectors, values: Vectors) -> None:
    index = np.arange(matrices.shape[1])
    matrices[:, index, index] += values
