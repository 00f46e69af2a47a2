"""How alike items are: the cosine of their vectors, 0 to 1; what points apart is not alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from tenuto.reranking._facts import Pairs

#: A csr_array or a plain array of floats.
Vectors = Any
#: Numbers of similarities held at once: 32 MB.
_CELLS_AT_ONCE = 2**22


def among(vectors: Vectors, item: NDArray[np.int64]) -> Iterator[tuple[slice, NDArray]]:
    """Rows, and how alike their items are to each other: (rows, places, places).

    An empty place is like nothing. What is unknown (NaN) of an item counts as 0.
    """
    width = item.shape[1]
    at_once = max(1, _CELLS_AT_ONCE // max(width * width, 1))
    for first in range(0, len(item), at_once):
        rows = slice(first, min(first + at_once, len(item)))
        yield rows, _among(vectors, item[rows])


def to_own(vectors: Vectors, item: NDArray[np.int64], own: Pairs) -> NDArray[np.float64]:
    """How alike each place is to the likest of the row's ``own`` items; 0 without any."""
    found = np.zeros(item.shape)
    for row in np.flatnonzero(np.diff(own.start)).tolist():
        is_there = item[row] >= 0
        mine = _unit(vectors, own.of_row(row))
        cosines = _product(_unit(vectors, item[row, is_there]), mine)
        found[row, is_there] = cosines.max(axis=1, initial=0.0)
    return found


def _among(vectors: Vectors, item: NDArray[np.int64]) -> NDArray[np.float64]:
    found = np.zeros((*item.shape, item.shape[1]))
    # A listener at a time: the matrix product is the work, and batches equal singles.
    for row, items in enumerate(item):
        is_there = items >= 0
        unit = _unit(vectors, items[is_there])
        found[row][np.ix_(is_there, is_there)] = _product(unit, unit)
    return found


def _unit(vectors: Vectors, item: NDArray[np.int64]) -> Vectors:
    chosen = vectors[item].astype(np.float64)
    if issparse(chosen):
        # In place: `multiply` makes three matrices on the way, and this is asked for every list.
        row = np.repeat(np.arange(len(item)), np.diff(chosen.indptr))
        norms = np.sqrt(np.bincount(row, chosen.data**2, minlength=len(item)))
        chosen.data *= _inverse(norms)[row]
        return chosen
    chosen = np.nan_to_num(chosen)
    return chosen * _inverse(np.sqrt((chosen**2).sum(axis=1)))[:, None]


def _inverse(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)


def _product(left: Vectors, right: Vectors) -> NDArray[np.float64]:
    cosines = left @ right.T
    dense = cosines.toarray() if issparse(cosines) else cosines
    # Rounded, so that the order of additions cannot decide a tie.
    return np.round(np.clip(dense, 0.0, 1.0), 9)
