"""Which listeners and songs something has happened to, from what was known then and is now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions


@dataclass(frozen=True)
class Known:
    """Histories, with the ids of their rows and items, both ascending."""

    user_ids: pd.Index
    item_ids: pd.Index
    histories: Histories

    @classmethod
    def of(cls, interactions: Interactions) -> Known:
        return cls(interactions.user_ids, interactions.item_ids, interactions.histories)


@dataclass(frozen=True)
class Touched:
    """Ids, ascending.

    listeners : who played, saved, rated, liked or disliked anything since then, or is new
    songs : to which any of that happened, or which began or ceased to be somebody's taste
    """

    listeners: pd.Index
    songs: pd.Index

    @classmethod
    def between(cls, then: Known, now: Known) -> Touched:
        """By what the entries hold, so that what was added to the log late shows as well.

        Growing older is no deed. A play that leaves the window touches its song where nothing
        is left of the taste for it, and does not touch the listener.
        """
        before, after = _keys(then, now), _keys(now, now)
        _, old, new = np.intersect1d(before, after, assume_unique=True, return_indices=True)
        was, is_now = then.histories, now.histories
        has_done = np.ones(len(after), dtype=bool)
        has_done[new] = _differ(was, is_now, ("n_plays", "opinion"), old, new)
        has_changed = has_done.copy()
        has_changed[new] |= (was.preference[old] > 0) != (is_now.preference[new] > 0)
        song = np.zeros(len(now.item_ids), dtype=bool)
        song[is_now.item[has_changed]] = True
        is_lost = before >= 0
        is_lost[old] = False
        song[before[is_lost] % max(len(now.item_ids), 1)] = True
        row = np.zeros(len(now.user_ids), dtype=bool)
        row[is_now.row_of_entry()[has_done]] = True
        return cls(now.user_ids[row], now.item_ids[song])


def _keys(known: Known, now: Known) -> NDArray[np.int64]:
    """A number for each pair, by the rows and items of ``now``; below 0, all different, if gone.

    Of a listener who is gone the items still have one listener less: such pairs get a row beyond
    those of ``now``.
    """
    row = now.user_ids.get_indexer(known.user_ids)
    is_gone = row < 0
    row[is_gone] = len(now.user_ids) + np.arange(np.count_nonzero(is_gone))
    item = now.item_ids.get_indexer(known.item_ids)[known.histories.item]
    key = row[known.histories.row_of_entry()] * max(len(now.item_ids), 1) + item
    return np.where(item < 0, -1 - np.arange(len(key)), key).astype(np.int64)


def _differ(was: Histories, is_now: Histories, columns, old, new) -> NDArray[np.bool_]:
    pairs = ((getattr(was, name)[old], getattr(is_now, name)[new]) for name in columns)
    return np.logical_or.reduce([then != now for then, now in pairs])
