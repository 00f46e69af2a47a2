"""The few items that could be the best of one listener, out of many, without scoring them all.

An inner product is at most the product of both lengths. Items in order of their length are
scored until the next one is too short to be among the best, whatever its direction: at 50,000
songs mostly some hundreds (Teflioudi, Gemulla & Mykytiuk, "LEMP", SIGMOD 2015, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._rectangles import NEVER
from tenuto.recommenders._threads import one_blas_thread

#: Items scored at first; then four times as many, again and again.
_FIRST, _GROWTH = 1_024, 4


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
        self, user: NDArray[np.float64], hidden: NDArray[np.int32], k: int
    ) -> NDArray[np.int64]:
        """All items that can be among the best ``k`` in exact arithmetic, and few others."""
        score = np.empty(len(self.item), dtype=np.float32)
        place = self.place[hidden]
        place, reach = place[place >= 0], float(np.linalg.norm(user))
        # Rounding of each product and sum, of the last of the best and of who may take its place.
        slack = 2 * np.finfo(np.float32).eps * (len(user) + 2) * reach * self.length.max(initial=0)
        scored = score[:0]
        narrow, first, end, last = user.astype(np.float32), 0, _FIRST, NEVER
        with one_blas_thread():
            while first < len(score):
                score[first:end] = self.factors[first:end] @ narrow
                score[place[(place >= first) & (place < end)]] = NEVER
                scored = score[:end]
                if len(scored) > k:
                    last = np.partition(scored, len(scored) - k)[len(scored) - k] - slack
                if end >= len(score) or self.length[end] * reach < last:
                    break
                first, end = end, _GROWTH * end
        return self.item[: len(scored)][(scored >= last) & (scored > NEVER)]
