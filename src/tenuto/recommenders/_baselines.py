"""What every list must beat: the listener's own most played songs, and then everybody's.

Source: recommenders.md §5.3 (GP-TopFreq of the next-basket literature).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._one_list import top_unheard
from tenuto.recommenders._rectangles import best_of, nothing

#: Histories, k, exclude_heard -> the best k of each: what a fitted recommender's `rank` does.
Contestant = Callable[[Histories, int, bool], Ranked]


def personal(interactions: Interactions) -> Contestant:
    """The listener's own songs, the most played first; nothing where heard songs are hidden."""

    def rank(histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        items, scores = nothing(len(histories), k)
        if exclude_heard:
            return items, scores
        own = histories.where((histories.n_plays > 0) & (histories.opinion >= 0))
        for row in range(len(own)):
            of_row = slice(own.start[row], own.start[row + 1])
            plays = own.n_plays[of_row].astype(np.float64)
            best = best_of(own.item[of_row], plays, k)
            items[row, : len(best)] = own.item[of_row][best]
            scores[row, : len(best)] = plays[best]
        return items, scores

    return rank


def personal_then_global(interactions: Interactions) -> Contestant:
    """As `personal`, and then what most listeners played that the listener has not."""
    first = personal(interactions)
    listeners = interactions.listeners_per_item()
    order = np.lexsort((np.arange(len(listeners)), -listeners))
    order = order[listeners[order] > 0]

    def rank(histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        items, scores = first(histories, k, exclude_heard)
        further = top_unheard(order, histories, k)
        for row in np.flatnonzero(items[:, -1] < 0).tolist():
            n_own = int((items[row] >= 0).sum())
            items[row, n_own:] = further[row, : k - n_own]
            there = items[row, n_own:] >= 0
            # Below every own song, whatever the counts are.
            share = listeners[items[row, n_own:]] / (listeners.max() + 1)
            scores[row, n_own:] = np.where(there, share, np.nan)
        return items, scores

    return rank
