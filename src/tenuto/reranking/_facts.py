"""What a member may know beyond the scores: facts of items, and of each listener."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import ContractError

Fact = TypeVar("Fact")
#: Fields of `Facts` with one value per listener; those of the type `Pairs` are beside them.
_PER_LISTENER = ("risk", "listener")


@dataclass(frozen=True)
class Pairs:
    """Items of each listener, in compressed sparse rows; the order within a row does not matter.

    start : one more than there are rows; entries of row r are ``start[r]`` to ``start[r + 1]``
    item : the item's number
    value : float, one per entry where there is something to say; see `Facts`
    """

    start: NDArray[np.int64]
    item: NDArray[np.int64]
    value: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.start) - 1

    def of_row(self, row: int) -> NDArray[np.int64]:
        """The items of one row."""
        return self.item[self.start[row] : self.start[row + 1]]

    def row_of_entry(self) -> NDArray[np.int64]:
        """The row of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def where(self, is_wanted: NDArray[np.bool_]) -> Pairs:
        """The same rows with some of their entries."""
        start = np.concatenate([[0], np.cumsum(is_wanted)])[self.start]
        value = None if self.value is None else self.value[is_wanted]
        return Pairs(start, self.item[is_wanted], value)

    def take(self, rows: NDArray[np.int64]) -> Pairs:
        """The rows asked for, in that order."""
        length = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(length)])
        entries = np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], length)
        value = None if self.value is None else self.value[entries]
        return Pairs(start, self.item[entries], value)

    def has(self, item: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of a rectangle of items, a row per row, are among the row's own."""
        width = int(max(item.max(initial=0), self.item.max(initial=0))) + 1
        own = self.row_of_entry() * width + self.item
        asked = np.arange(len(item))[:, None] * width + item
        return np.isin(asked, own) & (item >= 0)


@dataclass(frozen=True)
class Facts:
    """Fields are None where nothing is known; a member says in ``NEEDS`` what it must have.

    popularity : (items,) float, how many listeners have heard it
    artist : (items,) whole numbers, who sings; -1 unknown
    vectors : (items, anything) float, sparse or dense: items whose vectors point the same way
        are alike. Factors of a recommender, or items by listeners
    n_shown : (items,) float, how often it was shown to anybody of late
    heard : what each listener has heard, each item once
    disliked : what each listener dislikes
    shown : what each listener was shown; value, days ago: 0 today, 1 yesterday
    risk : (listeners,) of leaving, 0 to 1; NaN unknown
    listener : (listeners,) whole numbers that stay the listener's (see `listener_numbers`)
    day : since 1970-01-01
    """

    popularity: NDArray[np.float64] | None = None
    artist: NDArray[np.int32] | None = None
    vectors: csr_array | NDArray[np.floating] | None = None
    n_shown: NDArray[np.float64] | None = None
    heard: Pairs | None = None
    disliked: Pairs | None = None
    shown: Pairs | None = None
    risk: NDArray[np.float64] | None = None
    listener: NDArray[np.int64] | None = None
    day: int | None = None

    def take(self, rows: NDArray[np.int64]) -> Facts:
        """For the listeners asked for, in that order; items as they are."""
        rows = np.asarray(rows, dtype=np.int64)
        taken: dict[str, Any] = {name: of.take(rows) for name, of in self._pairs().items()}
        for name in _PER_LISTENER:
            values = getattr(self, name)
            taken[name] = None if values is None else values[rows]
        return replace(self, **taken)

    def check(self, needs: tuple[str, ...], n_rows: int, who: str) -> None:
        """Raise ContractError if one of ``needs`` is missing, or is not of ``n_rows`` listeners."""
        for name in needs:
            if getattr(self, name) is None:
                raise ContractError(
                    f"'{who}' needs to know '{name}'", mend=f"pass Facts({name}=...), or leave it"
                )
        of_listeners = self._pairs() | {name: getattr(self, name) for name in _PER_LISTENER}
        for name, values in of_listeners.items():
            if values is not None and len(values) != n_rows:
                raise ContractError(
                    f"'{name}' is of {len(values)} listeners, the candidates are of {n_rows}",
                    mend="pass one row per listener, in the same order",
                )

    def _pairs(self) -> dict[str, Pairs]:
        found = {name: getattr(self, name) for name in ("heard", "disliked", "shown")}
        return {name: values for name, values in found.items() if values is not None}


def known(value: Fact | None) -> Fact:
    """``value``, which `check` has found to be there."""
    if value is None:
        raise ContractError("a fact is missing", mend="re-rank with `reranked`, which says which")
    return value
