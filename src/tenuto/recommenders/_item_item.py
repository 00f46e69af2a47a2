"""Recommenders that add up, over what a listener likes, how near other items are to it.

The score of an item is a sum over the listener's items, so each part of it is a reason: "because
you played A" is exact, not a guess.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from tenuto.recommenders._contract import Contributions, Ranked
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import NEVER, best_of, nothing
from tenuto.recommenders._scored import Scored

#: Listeners whose sparse scores are held at once.
_BLOCK_ROWS = 1_000


class ItemItem(Scored):
    """``score = weights of the history @ similarity``; a member writes `_similarity`.

    It may write `_weights` too. An item near to nothing that the listener likes is not
    recommended.
    """

    def __init__(self, **settings):
        super().__init__(**settings)
        self.similarity = csr_array((0, 0), dtype=np.float32)

    @abstractmethod
    def _similarity(self, interactions: Interactions) -> csr_array:
        """Items by items, float32: row, what was liked; column, what it speaks for."""

    def _weights(self, histories: Histories) -> NDArray[np.float64]:
        """How much each entry of the histories counts; 0 for what says nothing."""
        return histories.preference.astype(np.float64)

    def _fit(self, interactions: Interactions) -> None:
        self.similarity = csr_array(self._similarity(interactions), dtype=np.float32)
        self.similarity.eliminate_zeros()
        self.similarity.sort_indices()

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        scores = np.full((len(histories), histories.n_items), NEVER)
        for row, (item, score) in enumerate(self._near(histories)):
            scores[row, item] = score
        return scores

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        items, scores = nothing(len(histories), k)
        hidden = histories.hidden(exclude_heard)
        is_hidden = np.zeros(histories.n_items, dtype=bool)
        for row, (item, score) in enumerate(self._near(histories)):
            of_row = hidden.item[hidden.start[row] : hidden.start[row + 1]]
            is_hidden[of_row] = True
            offered = ~is_hidden[item]
            is_hidden[of_row] = False
            item, score = item[offered], score[offered]
            best = best_of(item, score, k)
            items[row, : len(best)], scores[row, : len(best)] = item[best], score[best]
        return items, scores

    def _near(self, histories: Histories):
        """Item numbers and scores of each listener in turn, of what has a score at all."""
        for first in range(0, len(histories), _BLOCK_ROWS):
            rows = np.arange(first, min(first + _BLOCK_ROWS, len(histories)))
            part = histories.take(rows)
            shape = (len(part), part.n_items)
            near = csr_array((self._weights(part), part.item, part.start), shape=shape)
            near.eliminate_zeros()
            near = near @ self.similarity
            for row in range(len(rows)):
                of_row = slice(near.indptr[row], near.indptr[row + 1])
                # Rounded, so that the order of additions cannot decide a tie.
                yield near.indices[of_row], np.round(near.data[of_row], 9)

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        asked = item[histories.row_of_entry()]
        near = np.asarray(self.similarity[histories.item, asked], dtype=np.float64).ravel()
        return self._weights(histories) * near, np.zeros(len(histories))

    def _dump(self) -> dict[str, pa.Table]:
        return sparse_tables("similarity", self.similarity)

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        n_items = len(self.item_ids)
        self.similarity = sparse_of(tables, "similarity", (n_items, n_items))


def sparse_tables(name: str, matrix: csr_array) -> dict[str, pa.Table]:
    """A sparse matrix as two tables: lengths of rows, and entries."""
    return {
        f"{name}_rows": pa.table({"n_entries": np.diff(matrix.indptr).astype(np.int64)}),
        name: pa.table({"column": matrix.indices.astype(np.int32), "value": matrix.data}),
    }


def sparse_of(tables: dict[str, pa.Table], name: str, shape: tuple[int, int]) -> csr_array:
    """Undo `sparse_tables`."""
    n_entries = tables[f"{name}_rows"]["n_entries"].to_numpy()
    start = np.concatenate([[0], np.cumsum(n_entries)])
    entries = tables[name]
    parts = (entries["value"].to_numpy(), entries["column"].to_numpy(), start)
    return csr_array(parts, shape=shape)


def nearest(similarity: csr_array, n_neighbours: int) -> csr_array:
    """Each column's ``n_neighbours`` largest entries; a tie goes to the lower row."""
    by_column = csc_array(similarity)
    by_column.sort_indices()
    column = np.repeat(np.arange(by_column.shape[1]), np.diff(by_column.indptr))
    order = np.lexsort((by_column.indices, -by_column.data, column))
    place = np.arange(len(order)) - by_column.indptr[column[order]]
    kept = np.sort(order[place < n_neighbours])
    length = np.bincount(column[kept], minlength=by_column.shape[1])
    start = np.concatenate([[0], np.cumsum(length)])
    parts = (by_column.data[kept], by_column.indices[kept], start)
    return csr_array(csc_array(parts, shape=by_column.shape))
