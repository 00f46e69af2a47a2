"""Candidates: what could be recommended to each listener, best first, and how it is moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenuto.errors import ContractError


@dataclass(frozen=True)
class Candidates:
    """One row per listener, one column per place.

    item : int64, the item's number; -1 where the list has ended
    score : float64, never rising along a row; NaN where the list has ended

    A score belongs to its place: an item that is moved takes the score of the place it comes to,
    so that the next member, which knows only places, goes on from the new order. What the
    recommender itself thought of an item is in the candidates that it gave.
    """

    item: NDArray[np.int64]
    score: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.item.ndim != 2 or self.item.shape != self.score.shape:
            raise ContractError(
                f"items of shape {self.item.shape} with scores of shape {self.score.shape}",
                mend="pass two rectangles alike: a row per listener, a column per place",
            )

    def __len__(self) -> int:
        return len(self.item)

    def is_there(self) -> NDArray[np.bool_]:
        """Which places are filled."""
        return self.item >= 0

    def take(self, rows) -> Candidates:
        """The rows asked for, in that order."""
        return Candidates(self.item[rows], self.score[rows])

    def first(self, k: int) -> Candidates:
        """The first ``k`` places."""
        return Candidates(self.item[:, :k], self.score[:, :k])

    def by(self, key: NDArray) -> Candidates:
        """In ascending order of ``key``, one per place; equals stay in their order."""
        last_of_all = np.where(self.is_there(), key, np.inf)
        order = np.argsort(last_of_all, axis=1, kind="stable")
        return Candidates(np.take_along_axis(self.item, order, 1), self.score)

    def led_by(self, is_first: NDArray[np.bool_]) -> Candidates:
        """``is_first`` of each row to the front, both parts in their order."""
        return self.by(np.where(is_first, 0.0, 1.0))

    def leaned(self, push: NDArray[np.float64]) -> Candidates:
        """Each place doubled for each unit of ``push``, halved for each below 0, and sorted.

        With a push of 1 the item at place 3 stands where place 6 was. Places, not scores,
        because places mean the same for every recommender.
        """
        place = np.arange(1, self.item.shape[1] + 1, dtype=np.float64)
        # Rounded, so that places pushed onto each other tie, and keep their order.
        return self.by(np.round(np.log2(place)[None, :] + push, 9))

    def without(self, is_out: NDArray[np.bool_]) -> Candidates:
        """Taken out of their lists; the others close ranks and keep their own scores."""
        kept = self.is_there() & ~is_out
        order = np.argsort(~kept, axis=1, kind="stable")
        kept = np.take_along_axis(kept, order, 1)
        item = np.take_along_axis(self.item, order, 1)
        score = np.take_along_axis(self.score, order, 1)
        return Candidates(np.where(kept, item, -1), np.where(kept, score, np.nan))


def place_in_group(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the same group stand before, in each row; groups are whole numbers."""
    place = np.broadcast_to(np.arange(group.shape[1]), group.shape)
    # Sorting group and place as one number is several times faster than a stable argsort.
    width = max(group.shape[1], 1)
    ordered = np.sort(group.astype(np.int64) * width + place, axis=1)
    by_group, order = np.divmod(ordered, width)
    is_new = np.ones(group.shape, dtype=bool)
    is_new[:, 1:] = by_group[:, 1:] != by_group[:, :-1]
    first = np.maximum.accumulate(np.where(is_new, place, 0), axis=1)
    found = np.empty(group.shape, dtype=np.int64)
    np.put_along_axis(found, order, place - first, 1)
    return found
