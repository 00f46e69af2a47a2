"""Fusing lists: what a place or a score in one member's list is worth beside another's.

Scores of different members are on scales of their own, so each list is first put on a common one,
listener by listener, from what the list itself says:

    ranks    1 / (RANK_OFFSET + place), places from 1 (reciprocal rank fusion)
    scores   from 0 at the end of the list to 1 at its head, in proportion to the scores

Ranks are safe against a member whose scores run wild; scores keep how sure a member is. Which is
better is a matter of the data.

Source: Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual
rank learning methods", SIGIR 2009; Fox & Shaw, "Combination of multiple searches", TREC-2 1994.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: 60 in the paper, on retrieval; 20 to 60 were level on music.
RANK_OFFSET = 20


def by_rank(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for the head of a list, falling with the place; 0 beyond its end."""
    places = np.arange(1, score.shape[1] + 1)
    return np.where(np.isnan(score), 0.0, (RANK_OFFSET + 1) / (RANK_OFFSET + places))


def by_score(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for the head of a list, next to 0 for the last place, 0 beyond the end.

    Where all scores of a list are the same, each is worth 1.
    """
    if score.shape[1] == 0:
        return score
    last = np.maximum((~np.isnan(score)).sum(axis=1) - 1, 0)
    lowest = np.take_along_axis(score, last[:, None], axis=1)
    width = score[:, :1] - lowest
    above = np.where(width > 0, score - lowest, 1.0) / np.where(width > 0, width, 1.0)
    # The last one, too, is worth more than what the list leaves out.
    return np.where(np.isnan(score), 0.0, np.maximum(above, _LEAST))


_LEAST = 1e-6

#: Rectangle of scores, best first, NaN at the end -> what each place is worth, 0 to 1.
FUSIONS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "ranks": by_rank,
    "scores": by_score,
}
