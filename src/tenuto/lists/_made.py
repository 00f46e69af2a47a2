"""A rectangle of lists in the making: items, scores, and why each place is what it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._rectangles import nothing

#: Reason code -> what it means, and what the score of such a row is.
REASONS = {
    "favourite": "played often and lately by the listener; score: activation",
    "forgotten": "played often by the listener, but not lately; score: activation",
    "for_you": "new to the listener, and fits all that the listener likes; score: the model's",
    "near": "new to the listener, and near the few songs known of them; score: nearness",
    "popular_on_device": "little is known: most listeners with that device; score: listeners",
    "popular": "little is known: most listeners of all; score: listeners",
}
CODES = {name: number for number, name in enumerate(REASONS)}


@dataclass(frozen=True)
class Made:
    """One row per listener, one column per place; a list ends at its first item -1.

    item : int64; score : float64; code : int8, a number of `CODES`
    """

    item: NDArray[np.int64]
    score: NDArray[np.float64]
    code: NDArray[np.int8]

    @classmethod
    def empty(cls, n_rows: int, k: int, reason: str = "popular") -> Made:
        """Lists that say nothing yet."""
        return cls.of(*nothing(n_rows, k), reason)

    @classmethod
    def of(cls, item: NDArray[np.int64], score: NDArray[np.float64], reason: str) -> Made:
        """All for one reason."""
        return cls(item, score, np.full(item.shape, CODES[reason], dtype=np.int8))

    def __len__(self) -> int:
        return len(self.item)

    def put(self, rows: NDArray[np.int64], other: Made) -> None:
        """Use the rows of ``other``, one for each of ``rows``, here."""
        self.item[rows], self.score[rows], self.code[rows] = other.item, other.score, other.code

    def first(self, k: int) -> Made:
        """The first ``k`` places."""
        return Made(self.item[:, :k], self.score[:, :k], self.code[:, :k])

    def ordered(self, place: NDArray[np.float64], k: int) -> Made:
        """The ``k`` places with the lowest ``place`` of each row; infinite ones are left out."""
        order = np.argsort(place, axis=1, kind="stable")[:, :k]
        item = np.take_along_axis(self.item, order, axis=1)
        kept = np.isfinite(np.take_along_axis(place, order, axis=1))
        score = np.take_along_axis(self.score, order, axis=1)
        code = np.take_along_axis(self.code, order, axis=1)
        return Made(np.where(kept, item, -1), np.where(kept, score, np.nan), code)


def side_by_side(left: Made, right: Made) -> Made:
    """The places of both, those of ``left`` first."""
    return Made(
        np.hstack([left.item, right.item]),
        np.hstack([left.score, right.score]),
        np.hstack([left.code, right.code]),
    )


def filled(made: Made, filling: Made, k: int) -> Made:
    """``k`` places: those of ``made``, then those of ``filling`` that are not there yet."""
    both = side_by_side(made, filling)
    n_rows, width = both.item.shape
    key = np.arange(n_rows)[:, None] * (both.item.max(initial=0) + 2) + both.item
    _, first = np.unique(key.ravel(), return_index=True)
    is_first = np.zeros(key.size, dtype=bool)
    is_first[first] = True
    usable = (both.item >= 0) & is_first.reshape(key.shape)
    place = np.where(usable, np.arange(width, dtype=np.float64), np.inf)
    return both.ordered(place, k)
