"""Recommenders that can give every item a score: they write `_scores` and get their lists."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._contract import Ranked, Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._rectangles import NEVER, nothing, top_k

#: Cells of a rectangle of scores held at once: 128 MB.
BLOCK_CELLS = 1 << 24


class Scored(Recommender):
    """A member writes `_scores`; lists are made a block of listeners at a time."""

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        item, score = nothing(len(histories), k)
        for rows in blocks(len(histories), histories.n_items):
            part = histories.take(rows)
            scores = self._scores(part)
            hidden = part.hidden(exclude_heard)
            scores[hidden.row_of_entry(), hidden.item] = NEVER
            item[rows], score[rows] = top_k(scores, k)
        return item, score


def blocks(n_rows: int, n_items: int) -> list[NDArray[np.int64]]:
    """Rows in parts whose rectangles fit into memory."""
    size = max(1, BLOCK_CELLS // max(n_items, 1))
    return [np.arange(first, min(first + size, n_rows)) for first in range(0, n_rows, size)]
