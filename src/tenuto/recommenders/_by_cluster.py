"""Weights of a blend for each cluster of listeners, where they surely help (S2-W4).

Half of the listeners of an exam teach weights for all and weights for each cluster; the other
half says whether a blend per cluster is better for them. Only then each cluster gets weights of
its own, learned from all of its listeners.

Off by default: on HetRec (random 80/20, seed 42; ials, ease, item_knn, rp3beta) two clusters gain
-0.002 NDCG@100 on the other half, standard error 0.001, and taken all the same 0.0001 on the test,
standard error 0.0004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.recommenders._clusters import ListenerClusters
from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._exam import Exam
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._weighing import Weighing, tables_of, weighings_of
from tenuto.recommenders._weights import Arena, search

#: A cluster of fewer listeners keeps the weights of all. Arbitrary.
TOO_FEW = 60
#: So many standard errors above 0 the gain has to be.
SURE = 1.96


@dataclass(frozen=True)
class Tried:
    """Weights of the clusters, and what they gain.

    weighings : one for each cluster
    gain, error : of NDCG@100 on listeners not learned from, with its standard error
    """

    weighings: list[Weighing]
    gain: float
    error: float

    def is_better(self) -> bool:
        """Whether it surely is; not where it could not be tried."""
        return bool(self.gain - SURE * self.error > 0)


@dataclass(frozen=True)
class ByCluster:
    """Clusters, and their weights by target as far as these helped."""

    clusters: ListenerClusters
    weighings: dict[str, list[Weighing]] = field(default_factory=dict)

    def learned(self, names: Sequence[str], exams, usual, rng: np.random.Generator) -> Self:
        """From exams and the weights of all, by target; the table of an exam is `column`."""
        count = len(self.clusters.centres)
        tried = {
            target: tried_weighings(names, exams[target], usual[target], count, rng)
            for target in sorted(exams)
        }
        found = {target: one.weighings for target, one in tried.items() if one.is_better()}
        return replace(self, weighings=found)

    def column(self, pool: Pool, histories: Histories) -> NDArray[np.float32]:
        """(candidates, 1): the cluster of whoever is offered each."""
        cluster = self.clusters.assign(histories)
        return cluster[pool.row_of_entry()][:, None].astype(np.float32)

    def parts(
        self,
        names: Sequence[str],
        lists: Sequence[Ranked],
        pool: Pool,
        histories: Histories,
        target: str,
        usual: Weighing,
    ) -> NDArray[np.float64]:
        """As `Weighing.parts`; a listener without a cluster has the ``usual`` weights."""
        # Weights of 1: what each list is worth by itself.
        worth = replace(usual, weights=dict.fromkeys(names, 1.0)).parts(names, lists, pool)
        weighings = [usual, *self.weighings[target]]
        weights = np.array([[one.weights.get(name, 0.0) for name in names] for one in weighings])
        return worth * weights[1 + self.clusters.assign(histories)[pool.row_of_entry()]]

    def of_items(self, was: pd.Index, now: pd.Index) -> Self:
        """For items numbered otherwise; new ones say nothing of the cluster."""
        return replace(self, clusters=self.clusters.of_items(was, now))

    def to_tables(self) -> dict[str, pa.Table]:
        """To be saved."""
        flat = {
            f"{target} {number}": weighing
            for target, weighings in self.weighings.items()
            for number, weighing in enumerate(weighings)
        }
        return self.clusters.to_tables() | {"cluster_weights": tables_of(flat)["weights"]}

    @classmethod
    def of_tables(cls, tables: dict[str, pa.Table]) -> Self:
        """Undo `to_tables`."""
        found: dict[str, list[Weighing]] = {}
        flat = weighings_of({"weights": tables["cluster_weights"]})
        for name in sorted(flat, key=lambda name: int(name.split()[1])):
            found.setdefault(name.split()[0], []).append(flat[name])
        return cls(ListenerClusters.of_tables(tables), found)


def tried_weighings(
    names: Sequence[str], exam: Exam, usual: Weighing, count: int, rng: np.random.Generator
) -> Tried:
    """Weights of ``count`` clusters beside the ``usual`` ones, fused in the same way."""
    arena, cluster = Arena.of(exam, usual.fusion), _clusters_of(exam)
    teaches = np.zeros(len(exam), dtype=bool)
    teaches[rng.permutation(len(exam))[::2]] = True
    of_all = search(arena.take(np.flatnonzero(teaches)), rng).weights
    own = _own(arena, np.where(teaches, cluster, -1), count, of_all, rng)
    gains = [
        arena.take(rows).ndcgs(own[number]) - arena.take(rows).ndcgs(of_all)
        for number in range(count)
        if len(rows := np.flatnonzero(~teaches & (cluster == number)))
    ]
    gain = np.concatenate(gains) if gains else np.zeros(1)
    weights = np.array([usual.weights.get(name, 0.0) for name in names])
    found = _own(arena, cluster, count, weights, rng)
    weighings = [_weighing(names, usual, of, cluster == n) for n, of in enumerate(found)]
    return Tried(weighings, float(gain.mean()), float(gain.std() / np.sqrt(len(gain))))


def _own(
    arena: Arena,
    cluster: NDArray[np.int64],
    count: int,
    of_all: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """(clusters, lists): the weights that suit each best, ``of_all`` where too few are in it."""
    parts = [np.flatnonzero(cluster == number) for number in range(count)]
    return np.stack(
        [of_all if len(rows) < TOO_FEW else search(arena.take(rows), rng).weights for rows in parts]
    )


def _clusters_of(exam: Exam) -> NDArray[np.int64]:
    """The cluster of each listener, -1 for one who was offered nothing."""
    found = np.full(len(exam), -1, dtype=np.int64)
    found[exam.row_of_entry()] = exam.table[:, 0].astype(np.int64)
    return found


def _weighing(
    names: Sequence[str], usual: Weighing, weights: NDArray, is_in: NDArray[np.bool_]
) -> Weighing:
    by_name = dict(zip(names, weights.tolist(), strict=True))
    return Weighing(usual.fusion, by_name, n_listeners=int(is_in.sum()), together=usual.together)
