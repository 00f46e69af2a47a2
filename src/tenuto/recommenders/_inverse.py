"""The inverse that EASE needs, of items by items or, where that is smaller, of users by users.

With taste X (users by items) and P = (X'X + lambda I)^-1, EASE's weights are
B = I - P / diag(P), by column. P is items by items; but by Woodbury's identity
P = (I - X' K X) / lambda with K = (XX' + lambda I)^-1, users by users, so that off the diagonal
B[i, j] = x_i' K x_j / (1 - x_j' K x_j), and with few users B never needs to exist.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_array

from tenuto.errors import NotEnoughData
from tenuto.recommenders._item_item import sparse_of, sparse_tables

#: Rows of a Gram matrix made at once, and entries of a history looked up at once.
_ROWS = 1_024


class Weights(Protocol):
    """EASE's weights between the columns of taste, in whatever form."""

    def scores(self, taste: csr_array) -> NDArray[np.float64]:
        """``taste @ B``."""

    def at(self, item: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
        """``B[item, asked]``, elementwise."""

    def dump(self) -> dict[str, pa.Table]:
        """Half of a symmetric matrix, and what else is needed."""


class Primal:
    """P itself, float32, its diagonal kept apart: B without another matrix."""

    def __init__(self, inverse: NDArray[np.float32]):
        """``inverse``: P, symmetric; it is used up."""
        self._diagonal = inverse.diagonal().copy()
        np.fill_diagonal(inverse, 0)
        self._inverse = inverse

    @classmethod
    def of(cls, taste: csr_array, regularization: float) -> Primal:
        return cls(_inverse_of_gram(csr_array(taste.T.tocsr()), regularization))

    def scores(self, taste: csr_array) -> NDArray[np.float64]:
        scores = (taste.astype(np.float32) @ self._inverse).astype(np.float64)
        return scores / -self._diagonal.astype(np.float64)

    def at(self, item: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._inverse[item, asked] / -self._diagonal[asked].astype(np.float64)

    def dump(self) -> dict[str, pa.Table]:
        np.fill_diagonal(self._inverse, self._diagonal)
        half = _lower_half(self._inverse)
        np.fill_diagonal(self._inverse, 0)
        return {"inverse": half}

    @classmethod
    def restored(cls, tables: dict[str, pa.Table], n_items: int) -> Primal:
        return cls(_whole(tables["inverse"]))


class Dual:
    """K, float32, and the taste of the users of the fit."""

    def __init__(self, inverse: NDArray[np.float32], taste: csr_array):
        self._inverse, self._taste = inverse.astype(np.float64), taste.astype(np.float64)
        self._by_item = csr_array(self._taste.T.tocsr())
        self._own = np.empty(taste.shape[1])
        for first in range(0, taste.shape[1], _ROWS):
            rows = slice(first, first + _ROWS)
            part = self._by_item[rows]
            self._own[rows] = part.multiply(part @ self._inverse).sum(axis=1)

    @classmethod
    def of(cls, taste: csr_array, regularization: float) -> Dual:
        return cls(_inverse_of_gram(taste, regularization), taste)

    def scores(self, taste: csr_array) -> NDArray[np.float64]:
        users = (taste.astype(np.float64) @ self._by_item).toarray() @ self._inverse
        scores = (self._by_item @ users.T).T
        row = np.repeat(np.arange(taste.shape[0]), np.diff(taste.indptr))
        scores[row, taste.indices] -= taste.data * self._own[taste.indices]
        return scores / (1 - self._own)

    def at(self, item: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
        found = np.empty(len(item))
        for first in range(0, len(item), _ROWS):
            part = slice(first, first + _ROWS)
            different, which = np.unique(asked[part], return_inverse=True)
            through = (self._by_item[different] @ self._inverse)[which]
            found[part] = self._by_item[item[part]].multiply(through).sum(axis=1)
        return np.where(item == asked, 0.0, found / (1 - self._own[asked]))

    def dump(self) -> dict[str, pa.Table]:
        halved = _lower_half(self._inverse.astype(np.float32))
        return {"inverse": halved} | sparse_tables("taste", self._taste.astype(np.float32))

    @classmethod
    def restored(cls, tables: dict[str, pa.Table], n_items: int) -> Dual:
        inverse = _whole(tables["inverse"])
        return cls(inverse, sparse_of(tables, "taste", (len(inverse), n_items)))


def _inverse_of_gram(rows: csr_array, regularization: float) -> NDArray[np.float32]:
    """(R R' + regularization I)^-1 for the rows R; double precision, in place, then single."""
    rows = rows.astype(np.float64)
    across = csr_array(rows.T.tocsr())
    gram = np.empty((rows.shape[0], rows.shape[0]))
    for first in range(0, len(gram), _ROWS):
        part = slice(first, first + _ROWS)
        gram[part] = (rows[part] @ across).toarray()
    gram[np.diag_indices_from(gram)] += regularization
    # A symmetric matrix is its own transpose, which LAPACK can take without a copy.
    factor, failed = lapack.dpotrf(gram.T, lower=1, overwrite_a=1, clean=0)
    inverse, failed_too = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise NotEnoughData(
            f"the matrix of {len(gram):,} columns of taste cannot be inverted",
            mend="use a larger regularization",
        )
    return _mirrored(inverse)


def _mirrored(lower: NDArray) -> NDArray[np.float32]:
    """A whole symmetric matrix from its lower half; what stands in the upper is not read."""
    whole = np.empty(lower.shape, dtype=np.float32)
    for row in range(len(lower)):
        whole[row, : row + 1] = lower[row, : row + 1]
        whole[: row + 1, row] = lower[row, : row + 1]
    return whole


def _lower_half(whole: NDArray[np.float32]) -> pa.Table:
    rows = [whole[row, : row + 1] for row in range(len(whole))]
    return pa.table({"value": np.concatenate(rows or [np.empty(0, dtype=np.float32)])})


def _whole(table: pa.Table) -> NDArray[np.float32]:
    value = table["value"].to_numpy()
    size = int((np.sqrt(8 * len(value) + 1) - 1) / 2)
    lower = np.empty((size, size), dtype=np.float32)
    start = 0
    for row in range(size):
        lower[row, : row + 1] = value[start : start + row + 1]
        start += row + 1
    return _mirrored(lower)
