"""What each of many listeners has done, in compressed sparse rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import ContractError

#: ``last_played_age`` of an item that was saved or rated, never played.
NEVER_PLAYED = 0
#: How fast a play is forgotten: Anderson & Schooler 1991 found about a half for human memory.
FORGETTING = 0.5


@dataclass(frozen=True)
class Histories:
    """One row per listener, one entry per item the listener ever had to do with.

    Entries of row r are ``start[r]`` up to ``start[r + 1]``, by ascending item number. Taste is
    what was done in the window; memory, all that was done before the cutoff: an entry older
    than the window has preference 0 and has been heard all the same.

    start : int64, one more than there are rows
    item : int32, the item's number, from 0
    preference : float32, at least 0; 0 for what is disliked, however often it was played
    last_played_age : float32, days from the last play to the cutoff, 1 is the day before, with
        fractions where the log has clocks; `NEVER_PLAYED` for an item only saved or rated. In a
        log that knows only an order: places from the end, 1 is the last
    n_plays : float32, of the whole history
    activation : float32, the sum over all plays of ``age ** -FORGETTING``: the more often and the
        more recently, the more (ACT-R's base level is its logarithm)
    opinion : int8, 1 liked, -1 disliked, 0 neither; the last word counts
    n_items : how many items there are
    """

    start: NDArray[np.int64]
    item: NDArray[np.int32]
    preference: NDArray[np.float32]
    last_played_age: NDArray[np.float32]
    n_plays: NDArray[np.float32]
    activation: NDArray[np.float32]
    opinion: NDArray[np.int8]
    n_items: int

    @classmethod
    def of_pairs(
        cls,
        row,
        item,
        preference,
        last_played_age,
        *,
        n_rows: int,
        n_items: int,
        n_plays=None,
        activation=None,
        opinion=None,
    ) -> Histories:
        """From one entry per pair, in any order.

        Without ``n_plays`` an item was played once, or never; without ``activation`` all plays
        were as long ago as the last one; without ``opinion`` there is none.

        Raises
        ------
        ContractError : if a pair is there twice
        """
        width = max(n_items, 1)
        key = np.asarray(row, dtype=np.int64) * width + np.asarray(item, dtype=np.int64)
        order = np.argsort(key, kind="stable")
        key = key[order]
        told = np.zeros(len(key)) if opinion is None else np.asarray(opinion)[order]
        if (key[1:] == key[:-1]).any():
            raise ContractError(
                "a user has the same item twice", mend="pass one row per user_id and item_id"
            )
        age = np.asarray(last_played_age, dtype=np.float32)[order]
        plays = age != NEVER_PLAYED if n_plays is None else np.asarray(n_plays)[order]
        plays = plays.astype(np.float32)
        return cls(
            np.searchsorted(key, np.arange(n_rows + 1, dtype=np.int64) * width).astype(np.int64),
            (key % width).astype(np.int32),
            np.where(told < 0, 0, np.asarray(preference)[order]).astype(np.float32),
            age,
            plays,
            activation_of(plays, age)
            if activation is None
            else np.asarray(activation, dtype=np.float32)[order],
            told.astype(np.int8),
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
        return self._of_entries(start, np.arange(start[-1]) + np.repeat(first - start[:-1], length))

    def renumbered(self, place: NDArray[np.int32], n_items: int) -> Histories:
        """The same items under other numbers, ascending with the old ones."""
        return replace(self, item=place[self.item], n_items=n_items)

    @classmethod
    def one_below_the_other(cls, parts: Sequence[Histories]) -> Histories:
        """The rows of all ``parts``, of the same items, in their order."""
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in ENTRY_COLUMNS
        }
        length = np.concatenate([part.lengths() for part in parts])
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        return cls(start, **columns, n_items=parts[0].n_items)

    def alike(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Neighbouring rows that are the same, as one: each row's number, and their first rows.

        For histories of which a row was taken several times, one after the other.
        """
        length = self.lengths()
        same = np.zeros(len(self), dtype=bool)
        same[1:] = length[1:] == length[:-1]
        row = self.row_of_entry()
        before = np.arange(len(row)) - length[row]
        compared = np.flatnonzero(same[row])
        differs = np.zeros(len(compared), dtype=bool)
        for name in ENTRY_COLUMNS:
            values = getattr(self, name)
            differs |= values[compared] != values[before[compared]]
        same[row[compared[differs]]] = False
        first = np.flatnonzero(~same)
        return np.cumsum(~same) - 1, first

    def where(self, is_wanted: NDArray[np.bool_]) -> Histories:
        """The same listeners with some of their entries."""
        kept = np.concatenate([[0], np.cumsum(is_wanted)])
        return self._of_entries(kept[self.start], np.flatnonzero(is_wanted))

    def within(self, window_days: float) -> NDArray[np.bool_]:
        """Which entries were played in the window, or, never played, are liked in it."""
        never = self.last_played_age == NEVER_PLAYED
        return np.where(never, self.preference > 0, self.last_played_age <= window_days)

    def taste(self) -> csr_array:
        """Preferences above 0, float32, rows of listeners and columns of items."""
        liked = self.where(self.preference > 0)
        parts = (liked.preference, liked.item, liked.start)
        return csr_array(parts, shape=(len(self), self.n_items))

    def hidden(self, exclude_heard: bool) -> Histories:
        """The entries that must not be recommended: disliked, or all that is known."""
        return self if exclude_heard else self.where(self.opinion < 0)

    def _of_entries(self, start: NDArray[np.int64], entries: NDArray[np.int64]) -> Histories:
        columns = {name: getattr(self, name)[entries] for name in ENTRY_COLUMNS}
        return Histories(start.astype(np.int64), **columns, n_items=self.n_items)


#: What there is of each entry, in the order of the fields.
ENTRY_COLUMNS = tuple(
    field.name for field in fields(Histories) if field.name not in ("start", "n_items")
)


def activation_of(n_plays, age) -> NDArray[np.float32]:
    """``n_plays`` at one ``age`` in days; 0 where nothing was ever played."""
    age = np.asarray(age, dtype=np.float64)
    faded = np.where(age > 0, np.maximum(age, 1e-6), np.inf) ** -FORGETTING
    return (np.asarray(n_plays) * faded).astype(np.float32)
