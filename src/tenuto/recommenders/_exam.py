"""What members offered listeners at an earlier moment, and which of it was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._ensemble import Ensemble
from tenuto.recommenders._fusion import FUSIONS
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import NEW, Question

#: Places of a list that count.
K = 100

Table = NDArray[np.float32]
#: Candidates, the lists they come from, the names of these, and who was asked -> a row each.
Described = Callable[[Pool, Sequence[Ranked], list[str], Question], Table]


@dataclass(frozen=True)
class Exam:
    """Candidates of many listeners, of one inner split or of several.

    start : candidates of listener r are ``start[r]`` up to ``start[r + 1]``
    is_right : which candidates the listener came to play
    ideal : the gain of a list without a fault, per listener
    worth : by fusion, (candidates, members): what each member's list says
    table : (candidates, features), as the examiner described them; no columns without
    """

    start: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    ideal: NDArray[np.float64]
    worth: dict[str, Table]
    table: Table

    @classmethod
    def of(
        cls,
        trial: Ensemble,
        asked: Question,
        target: str,
        depth: int,
        fusions: Sequence[str],
        described: Described | None,
    ) -> Self:
        """Of members fitted on what was known before the question."""
        lists = trial.lists(asked.histories, depth, exclude_heard=target == NEW)
        pool = Pool.of_lists([item for item, _ in lists], asked.histories.n_items)
        is_right = pool.has(asked.row, asked.item, asked.histories.n_items)
        worth = {
            fusion: pool.facts([FUSIONS[fusion](score) for _, score in lists], 0.0)
            for fusion in fusions
        }
        table = np.empty((len(is_right), 0), dtype=np.float32)
        if described is not None:
            table = described(pool, lists, list(trial.members), asked)
        single = {fusion: of.astype(np.float32) for fusion, of in worth.items()}
        return cls(pool.start, is_right, ideal_gain(asked.n_relevant), single, table)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """One after the other, as if they were of different listeners."""
        sizes = np.concatenate([np.diff(part.start) for part in parts])
        return cls(
            np.concatenate([[0], np.cumsum(sizes)]),
            np.concatenate([part.is_right for part in parts]),
            np.concatenate([part.ideal for part in parts]),
            {
                fusion: np.concatenate([part.worth[fusion] for part in parts])
                for fusion in parts[0].worth
            },
            np.concatenate([part.table for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.ideal)

    def row_of_entry(self) -> NDArray[np.int64]:
        """The listener of each candidate."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def ndcg(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """NDCG@100 of each listener's candidates in the order of ``score``."""
        row = self.row_of_entry()
        order = np.lexsort((-score, row))  # stable: a tie goes to the lower item number
        place = np.arange(len(order)) - self.start[row[order]]
        gain = np.where(self.is_right[order], discounts(place), 0.0)
        return np.bincount(row[order], gain, minlength=len(self)) / self.ideal


def discounts(place: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a right item is worth at a place, from 0; nothing from `K` on."""
    return np.where(place < K, 1 / np.log2(place + 2), 0.0)


def ideal_gain(n_relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """The gain of a list without a fault."""
    return np.concatenate([[0.0], np.cumsum(discounts(np.arange(K)))])[np.minimum(n_relevant, K)]
