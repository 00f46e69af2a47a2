"""The largest entries of each row of a product of sparse matrices, which is never held whole.

Few popular items are in nearly every history, so items by items is dense where it matters:
50,000 items have some 600 million pairs, of which a few hundred an item are worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.threads import cores, side_by_side

#: Entries of the product that one thread holds at once: about 250 MB with what scipy adds.
_BLOCK_ENTRIES = 1 << 24
#: More threads hold more blocks, and memory is what they share.
_MOST_THREADS = 4

#: Row, column and value of each entry -> its value.
Rescale = Callable[[NDArray[np.int64], NDArray[np.int32], NDArray], NDArray]

Done = TypeVar("Done")


def largest_of_product(
    left: csr_array, right: csr_array, n_kept: int, rescale: Rescale | None = None
) -> csr_array:
    """The ``n_kept`` largest entries of each row of ``left @ right``, its diagonal left out.

    Only entries above 0 are kept; a tie goes to the lower column, so the number of threads and
    of blocks does not show.

    Parameters
    ----------
    rescale : applied to the entries before the largest are chosen
    """

    def largest_of(rows: slice) -> csr_array:
        part = left[rows] @ right
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        if rescale is not None:
            part.data = rescale(row + rows.start, part.indices, part.data)
        part.data[part.indices == row + rows.start] = 0
        return largest(part, n_kept)

    todo = list(blocks_of_product(left, right))
    parts = in_threads(largest_of, todo)
    length = np.concatenate([np.diff(part.indptr) for part in parts] or [np.empty(0, np.int64)])
    start = np.concatenate([[0], np.cumsum(length)])
    column = np.concatenate([part.indices for part in parts] or [np.empty(0, np.int32)])
    value = np.concatenate([part.data for part in parts] or [np.empty(0, left.dtype)])
    return csr_array((value, column, start), shape=(left.shape[0], right.shape[1]))


def largest(matrix: csr_array, n_kept: int) -> csr_array:
    """The ``n_kept`` largest entries above 0 of each row; a tie goes to the lower column."""
    chosen = []
    for row in range(matrix.shape[0]):
        first, end = matrix.indptr[row], matrix.indptr[row + 1]
        places = _largest(matrix.indices[first:end], matrix.data[first:end], n_kept)
        chosen.append(first + places[np.argsort(matrix.indices[first:end][places])])
    start = np.concatenate([[0], np.cumsum([len(places) for places in chosen])]).astype(np.int64)
    kept = np.concatenate(chosen or [np.empty(0, np.int64)]).astype(np.int64)
    return csr_array((matrix.data[kept], matrix.indices[kept], start), shape=matrix.shape)


def _largest(column: NDArray, value: NDArray, n_kept: int) -> NDArray[np.int64]:
    """Places of the largest, in any order."""
    if len(value) > n_kept:
        last = np.partition(value, len(value) - n_kept)[len(value) - n_kept]
        above = np.flatnonzero(value > last)
        if last > 0:
            tied = np.flatnonzero(value == last)
            tied = tied[np.argsort(column[tied])[: n_kept - len(above)]]
            above = np.concatenate([above, tied])
        return above[value[above] > 0]
    return np.flatnonzero(value > 0)


def blocks_of_product(left: csr_array, right: csr_array) -> Iterator[slice]:
    """Rows of ``left`` in parts whose products with ``right`` fit into memory."""
    reach = np.concatenate([[0], np.cumsum(np.diff(right.indptr)[left.indices])])
    per_row = np.minimum(np.diff(reach[left.indptr]), right.shape[1])
    so_far = np.cumsum(per_row)
    first, done = 0, 0
    while first < left.shape[0]:
        end = max(first + 1, int(np.searchsorted(so_far, done + _BLOCK_ENTRIES, side="right")))
        yield slice(first, end)
        first, done = end, int(so_far[end - 1])


def in_threads(work: Callable[[slice], Done], todo: list[slice]) -> list[Done]:
    """``work`` on each part, in order; scipy multiplies without holding the interpreter's lock."""
    return list(side_by_side(work, todo, min(_MOST_THREADS, cores())))
