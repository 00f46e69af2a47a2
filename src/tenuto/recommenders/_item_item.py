"""Recommenders that add up, over what a listener likes, how near other items are to it.

The score of an item is a sum over the listener's items, so each part of it is a reason: "because
you played A" is exact, not a guess.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.recommenders._contract import Contributions, Ranked
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._neighbours import blocks_of_product, in_threads
from tenuto.recommenders._rectangles import NEVER, best_of, nothing
from tenuto.recommenders._scored import Scored


class ItemItem(Scored):
    """``score = weights of the history @ similarity``; a member writes `_similarity`.

    It may write `_weights` too. An item near to nothing that the listener likes is not
    recommended.
    """

    def __init__(self, **settings):
        super().__init__(**settings)
        self.similarity = csr_array((0, 0), dtype=np.float64)

    @abstractmethod
    def _similarity(self, interactions: Interactions) -> csr_array:
        """Items by items, float32: row, what was liked; column, what it speaks for."""

    def _weights(self, histories: Histories) -> NDArray[np.float64]:
        """How much each entry of the histories counts; 0 for what says nothing."""
        return histories.preference.astype(np.float64)

    def _fit(self, interactions: Interactions) -> None:
        self._take(csr_array(self._similarity(interactions), dtype=np.float32))

    def _take(self, similarity: csr_array) -> None:
        """Use it, in double precision, so that a product of a block does not copy it first."""
        self.similarity = similarity.astype(np.float64)
        self.similarity.eliminate_zeros()
        self.similarity.sort_indices()

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        near = self._near(histories)
        scores = np.full(near.shape, NEVER)
        scores[np.repeat(np.arange(len(histories)), np.diff(near.indptr)), near.indices] = near.data
        return scores

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        items, scores = nothing(len(histories), k)

        def ranked(rows: slice) -> None:
            part = histories.take(np.arange(rows.start, rows.stop))
            hidden = part.hidden(exclude_heard)
            items[rows], scores[rows] = best_of_sparse(self._near(part), hidden, k)

        in_threads(ranked, list(blocks_of_product(self._said(histories), self.similarity)))
        return items, scores

    def _near(self, histories: Histories) -> csr_array:
        """Scores of what has one at all; listeners by items."""
        near = csr_array(self._said(histories) @ self.similarity)
        # To single precision, so that the order of additions cannot decide a tie.
        near.data = near.data.astype(np.float32).astype(np.float64)
        return near

    def _said(self, histories: Histories) -> csr_array:
        weight = self._weights(histories)
        heard = histories.where(weight != 0)
        parts = (weight[weight != 0], heard.item, heard.start)
        return csr_array(parts, shape=(len(histories), histories.n_items))

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        asked = item[histories.row_of_entry()]
        near = entries_at(self.similarity, histories.item, asked)
        return self._weights(histories) * near, np.zeros(len(histories))

    def _dump(self) -> dict[str, pa.Table]:
        return sparse_tables("similarity", self.similarity.astype(np.float32))

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        n_items = len(self.item_ids)
        self._take(sparse_of(tables, "similarity", (n_items, n_items)))


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


def best_of_sparse(near: csr_array, hidden: Histories, k: int) -> Ranked:
    """The best ``k`` of each row of sparse scores, without what is hidden from that row."""
    items, scores = nothing(near.shape[0], k)
    is_hidden = np.zeros(near.shape[1], dtype=bool)
    for row in range(near.shape[0]):
        of_row = slice(near.indptr[row], near.indptr[row + 1])
        item, score = near.indices[of_row], near.data[of_row].copy()
        hidden_items = hidden.item[hidden.start[row] : hidden.start[row + 1]]
        is_hidden[hidden_items] = True
        score[is_hidden[item]] = NEVER
        is_hidden[hidden_items] = False
        if len(score) > k:
            worth = np.flatnonzero(score >= np.partition(score, len(score) - k)[len(score) - k])
            item, score = item[worth], score[worth]
        best = best_of(item, score, k)
        items[row, : len(best)], scores[row, : len(best)] = item[best], score[best]
    return items, scores


def entries_at(matrix: csr_array, row: NDArray, column: NDArray) -> NDArray[np.float64]:
    """The entry at each row and column, 0 where there is none; indices must be sorted."""
    if matrix.nnz == 0 or len(row) == 0:
        return np.zeros(len(row))
    return np.asarray(matrix[row, column], dtype=np.float64).ravel()
