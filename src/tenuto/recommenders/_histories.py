"""What each of many listeners has done, in compressed sparse rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import ContractError

#: ``last_played_age`` of an item that was saved or rated, never played.
NEVER_PLAYED = 0


@dataclass(frozen=True)
class Histories:
    """One row per listener, one entry per item the listener has to do with.

    Entries of row r are ``start[r]`` up to ``start[r + 1]``, by ascending item number.

    start : int64, one more than there are rows
    item : int32, the item's number, from 0
    preference : float32, at least 0; an entry with 0 is still something heard
    last_played_age : uint16, whole days from the last play to the cutoff, 1 is the day
        before; `NEVER_PLAYED` for an item only saved or rated
    n_items : how many items there are
    """

    start: NDArray[np.int64]
    item: NDArray[np.int32]
    preference: NDArray[np.float32]
    last_played_age: NDArray[np.uint16]
    n_items: int

    @classmethod
    def of_pairs(cls, row, item, preference, last_played_age, *, n_rows: int, n_items: int):
        """From one entry per pair, in any order.

        Raises
        ------
        ContractError : if a pair is there twice
        """
        key = np.asarray(row, dtype=np.int64) * max(n_items, 1) + np.asarray(item, dtype=np.int64)
        order = np.argsort(key, kind="stable")
        key = key[order]
        if (key[1:] == key[:-1]).any():
            raise ContractError(
                "a user has the same item twice", mend="pass one row per user_id and item_id"
            )
        rows = np.arange(n_rows + 1, dtype=np.int64) * max(n_items, 1)
        return cls(
            np.searchsorted(key, rows).astype(np.int64),
            (key % max(n_items, 1)).astype(np.int32),
            np.asarray(preference, dtype=np.float32)[order],
            np.asarray(last_played_age, dtype=np.uint16)[order],
            n_items,
        )

    def __len__(self) -> int:
        return len(self.start) - 1

    def lengths(self) -> NDArray[np.int64]:
        """How many items each row has."""
        return np.diff(self.start)

    def row_of_entry(self) -> NDArray[np.int64]:
        """The row of each entry."""
        return np.repeat(np.arange(len(self)), self.lengths())

    def take(self, rows) -> Histories:
        """The rows asked for, in that order; -1 gives a row without entries."""
        rows = np.asarray(rows, dtype=np.int64)
        is_known = rows >= 0
        length = np.where(is_known, self.lengths()[rows] if len(self) else 0, 0)
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        first = np.where(is_known, self.start[rows], 0)
        entries = np.arange(start[-1]) + np.repeat(first - start[:-1], length)
        return Histories(
            start,
            self.item[entries],
            self.preference[entries],
            self.last_played_age[entries],
            self.n_items,
        )

    def matrix(self) -> csr_array:
        """Preferences, rows of listeners and columns of items; zeros are stored."""
        parts = (self.preference, self.item, self.start)
        return csr_array(parts, shape=(len(self), self.n_items))
