"""What listeners played one after another, from the ages of their last plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.recommenders._histories import NEVER_PLAYED, Histories
from tenuto.recommenders._neighbours import Rescale, in_threads, largest

#: Meetings of two items that one thread holds at once: about 250 MB.
_BLOCK_MEETINGS = 1 << 23


@dataclass(frozen=True)
class Sequences:
    """Each listener's items from the oldest to the last, listeners one after another.

    row, item : whose and which
    place : from 1; the items of a basket, of one age, share the middle of their places
    basket : which basket, counted through
    apart : of each basket, how far apart two of its items are on average, at least 1
    """

    row: NDArray[np.int64]
    item: NDArray[np.int32]
    place: NDArray[np.float64]
    basket: NDArray[np.int64]
    apart: NDArray[np.float64]

    @classmethod
    def of(cls, histories: Histories, rng: np.random.Generator) -> Sequences:
        """Within a basket the order is drawn; what was never played comes first of all."""
        row, age = histories.row_of_entry(), _age(histories)
        order = np.lexsort((rng.random(len(age)), -age, row))
        basket, first, size = _baskets(row[order], age[order], histories.start)
        # Two of m places drawn at random are (m + 1) / 3 apart.
        apart = np.maximum((size + 1) / 3, 1.0)
        middle = (first + (size - 1) / 2)[basket]
        return cls(row[order], histories.item[order], middle, basket, apart)

    def distance(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
        """Places between two entries of one listener, at least 1."""
        between = np.maximum(np.abs(self.place[one] - self.place[other]), 1.0)
        together = self.basket[one] == self.basket[other]
        return np.where(together, self.apart[self.basket[one]], between)


def places_from_the_end(
    histories: Histories, is_counted: NDArray[np.bool_], n_recent: int
) -> NDArray[np.float64]:
    """1 for a listener's last item, and so on back; a basket shares the middle of its places.

    0 for an entry that is not counted, or whose basket begins beyond ``n_recent``.
    """
    counted = histories.where(is_counted)
    row, age = counted.row_of_entry(), _age(counted)
    order = np.lexsort((age, row))
    basket, first, size = _baskets(row[order], age[order], counted.start)
    of_basket = np.where(first <= n_recent, first + (size - 1) / 2, 0.0)
    of_counted = np.empty(len(row))
    of_counted[order] = of_basket[basket]
    place = np.zeros(len(histories.item))
    place[is_counted] = of_counted
    return place


def transitions(
    sequences: Sequences,
    n_items: int,
    *,
    window: int,
    weight_at: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    backwards: float,
    rescale: Rescale,
    n_kept: int,
) -> csr_array:
    """Items by items: from each, the ``n_kept`` items played most around it.

    Parameters
    ----------
    window : how many entries further along, or back, two items may be
    weight_at : of a distance in places
    backwards : times the weight, from a later item to an earlier
    rescale : the sums, before the largest are chosen
    """
    shifts = [shift for n in range(1, window + 1) for shift in (n, -n) if shift > 0 or backwards]
    # The entries of each item together.
    by_item = np.argsort(sequences.item, kind="stable")
    start = np.searchsorted(sequences.item[by_item], np.arange(n_items + 1))

    def around(items: slice) -> csr_array:
        entries = by_item[start[items.start] : start[items.stop]]
        met = _around(sequences, entries, shifts, weight_at, backwards, n_items)
        of_item = start[items.start : items.stop + 1] - start[items.start]
        ones = np.ones(len(entries), dtype=np.float32)
        shape = (items.stop - items.start, len(entries))
        sums = csr_array(csr_array((ones, np.arange(len(entries)), of_item), shape=shape) @ met)
        row = np.repeat(np.arange(items.start, items.stop), np.diff(sums.indptr))
        sums.data = rescale(row, sums.indices, sums.data)
        return largest(sums, n_kept)

    parts = in_threads(around, list(_blocks(start, len(shifts))))
    length = np.concatenate([np.diff(part.indptr) for part in parts])
    column, value = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("indices", "data")
    )
    parts_of_all = (value, column, np.concatenate([[0], np.cumsum(length)]))
    return csr_array(parts_of_all, shape=(n_items, n_items))


def _around(
    sequences: Sequences,
    entries: NDArray[np.int64],
    shifts: list[int],
    weight_at: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    backwards: float,
    n_items: int,
) -> csr_array:
    """Entries by items: what is played at each shift from each entry, and its weight."""
    last = len(sequences.row) - 1
    item = np.empty((len(entries), len(shifts)), dtype=np.int32)
    weight = np.empty((len(entries), len(shifts)), dtype=np.float32)
    for column, shift in enumerate(shifts):
        other = np.clip(entries + shift, 0, last)
        is_there = (other == entries + shift) & (sequences.row[other] == sequences.row[entries])
        near = weight_at(sequences.distance(entries, other)) * (1.0 if shift > 0 else backwards)
        item[:, column] = sequences.item[other]
        weight[:, column] = np.where(is_there, near, 0.0)
    start = np.arange(0, item.size + 1, len(shifts))
    return csr_array((weight.ravel(), item.ravel(), start), shape=(len(entries), n_items))


def _blocks(start: NDArray[np.int64], n_shifts: int) -> Iterator[slice]:
    """Items in parts with few enough meetings; one item alone may have more."""
    first, n_items = 0, len(start) - 1
    while first < n_items:
        reach = start[first] + _BLOCK_MEETINGS // n_shifts
        end = max(first + 1, int(np.searchsorted(start, reach, side="right")) - 1)
        yield slice(first, end)
        first = end


def _baskets(
    row: NDArray[np.int64], age: NDArray[np.float64], start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of entries in order, the basket; of baskets, the first of its places from 1, and its size."""
    is_first = np.ones(len(row), dtype=bool)
    is_first[1:] = (row[1:] != row[:-1]) | (age[1:] != age[:-1])
    basket = np.cumsum(is_first) - 1
    size = np.bincount(basket)
    return basket, np.flatnonzero(is_first) - start[row[is_first]] + 1, size


def _age(histories: Histories) -> NDArray[np.float64]:
    """What was saved or rated and never played counts as older than all that was."""
    age = histories.last_played_age.astype(np.float64)
    return np.where(age == NEVER_PLAYED, np.inf, age)
