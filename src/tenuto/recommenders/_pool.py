"""What several recommenders offer each listener, put together: one entry per listener and item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._rectangles import NEVER, best_of, nothing


@dataclass(frozen=True)
class Pool:
    """Everything that any of the lists holds, by listener and then by item number.

    start : int64, one more than there are listeners: entries of row r are ``start[r]`` up to
        ``start[r + 1]``
    item : int64
    place : int64, (entries, lists): where the item stands in each list, from 0; -1 for not at all
    """

    start: NDArray[np.int64]
    item: NDArray[np.int64]
    place: NDArray[np.int64]

    @classmethod
    def of_lists(cls, items: Sequence[NDArray[np.int64]], n_items: int) -> Pool:
        """From rectangles of items, best first and filled up with -1, one row per listener."""
        n_rows, width = items[0].shape[0], max(n_items, 1)
        keys, places, numbers = [], [], []
        for number, of_list in enumerate(items):
            row, place = np.nonzero(of_list >= 0)
            keys.append(row * width + of_list[row, place])
            places.append(place)
            numbers.append(np.full(len(place), number))
        key, entry = np.unique(np.concatenate(keys), return_inverse=True)
        found = np.full((len(key), len(items)), -1, dtype=np.int64)
        found[entry, np.concatenate(numbers)] = np.concatenate(places)
        start = np.searchsorted(key, np.arange(n_rows + 1) * width)
        return cls(start, key % width, found)

    def __len__(self) -> int:
        return len(self.start) - 1

    def row_of_entry(self) -> NDArray[np.int64]:
        """The listener of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def facts(self, rectangles: Sequence[NDArray], absent: float) -> NDArray[np.float64]:
        """(entries, lists): what each list's rectangle says of the item; ``absent`` if nothing."""
        row, place = self.row_of_entry(), self.place
        columns = [
            np.where(at >= 0, of_list[row, np.maximum(at, 0)], absent)
            for of_list, at in zip(rectangles, place.T, strict=True)
        ]
        return np.column_stack(columns)

    def best(self, score: NDArray[np.float64], k: int) -> Ranked:
        """The ``k`` entries of each listener that score highest; `NEVER` is left out."""
        items, scores = nothing(len(self), k)
        for row in range(len(self)):
            of_row = slice(self.start[row], self.start[row + 1])
            best = best_of(self.item[of_row], score[of_row], k)
            items[row, : len(best)] = self.item[of_row][best]
            scores[row, : len(best)] = score[of_row][best]
        return items, scores

    def spread(self, score: NDArray[np.float64], n_items: int) -> NDArray[np.float64]:
        """(listeners, items): the scores, `NEVER` for what no list holds."""
        cells = np.full((len(self), n_items), NEVER)
        cells[self.row_of_entry(), self.item] = score
        return cells

    def has(self, row: NDArray[np.int64], item: NDArray[np.int64], n_items: int) -> NDArray:
        """Which entries are among these pairs of listener and item."""
        return np.isin(self.row_of_entry() * n_items + self.item, row * n_items + item)
