"""The few items that could be the best of one listener, out of many, without scoring them all.

An inner product is at most the product of both lengths. Items in order of their length are
scored until the next one is too short to be among the best, whatever its direction: of 50,000
songs mostly the first 2,000 for the best 100 (Teflioudi, Gemulla & Mykytiuk, "LEMP", SIGMOD
2015, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._histories import Histories
from tenuto.recommenders._rectangles import NEVER
from tenuto.threads import one_blas_thread

#: Items scored at first; then four times as many, again and again.
_FIRST, _GROWTH = 2_048, 4


@dataclass(frozen=True)
class LongestFirst:
    """Items with factors, the longest first.

    item : their numbers
    factors, length : of each; length with room for what single precision gets wrong
    place : of every item there is, -1 without factors
    """

    item: NDArray[np.int64]
    factors: NDArray[np.float32]
    length: NDArray[np.float64]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, item_factors: NDArray[np.float32]) -> Self:
        """Of one row per item; a row of NaN for an item that is never offered."""
        length = np.sqrt(np.square(item_factors, dtype=np.float64).sum(axis=1))
        order = np.argsort(-length, kind="stable")
        order = order[: np.count_nonzero(~np.isnan(length))]
        place = np.full(len(length), -1, dtype=np.int64)
        place[order] = np.arange(len(order))
        return cls(order, np.ascontiguousarray(item_factors[order]), length[order], place)

    def candidates(
        self, users: NDArray[np.float64], hidden: Histories, k: int
    ) -> NDArray[np.int64]:
        """All items that can be among the best ``k`` of a row in exact arithmetic, and few others.

        Shape (listeners, as many as any of them has), each row ended by -1; ``hidden`` has the
        items of each that are left out.
        """
        parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        todo, end = np.arange(len(users)), _FIRST
        reach = np.linalg.norm(users, axis=1)
        while len(todo) or not parts:
            row, item, is_settled = self._among_first(
                end, users[todo], hidden.take(todo), k, reach[todo]
            )
            parts.append((todo[row], item))
            todo, end = todo[~is_settled], _GROWTH * end
        row, item = (np.concatenate(column) for column in zip(*parts, strict=True))
        return _rectangle(row, item, len(users))

    def _among_first(self, end: int, users, hidden: Histories, k: int, reach):
        """Row and item of each candidate, of the rows that the ``end`` longest items settle."""
        longest = self.factors[:end]
        with one_blas_thread():
            score = users.astype(np.float32) @ longest.T
        place, row = self.place[hidden.item], hidden.row_of_entry()
        is_here = (place >= 0) & (place < len(longest))
        score[row[is_here], place[is_here]] = NEVER
        last = np.full(len(users), NEVER)
        if len(longest) > k:
            last[:] = np.partition(score, len(longest) - k, axis=1)[:, len(longest) - k]
        # Rounding of each product and sum, of the last of the best and of who may take its place.
        eps = np.finfo(np.float32).eps
        last -= 2 * eps * (users.shape[1] + 2) * reach * self.length.max(initial=0)
        is_settled = np.full(len(users), end >= len(self.item))
        if end < len(self.item):
            is_settled |= self.length[end] * reach < last
        is_candidate = (score >= last[:, None]) & (score > NEVER) & is_settled[:, None]
        row, place = np.nonzero(is_candidate)
        return row, self.item[place], is_settled


def _rectangle(row: NDArray[np.int64], item: NDArray[np.int64], n_rows: int) -> NDArray[np.int64]:
    """The items of each row side by side."""
    length = np.bincount(row, minlength=n_rows)
    order = np.argsort(row, kind="stable")
    row = row[order]
    place = np.arange(len(row)) - (np.cumsum(length) - length)[row]
    found = np.full((n_rows, length.max(initial=0)), -1, dtype=np.int64)
    found[row, place] = item[order]
    return found
