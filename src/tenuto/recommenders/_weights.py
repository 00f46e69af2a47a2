"""Weights of fused lists, found by trying: those that put first what was really played next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._exam import Exam, K, discounts

#: Weightings drawn blindly and judged by some of the listeners, the best of which go on to all.
N_DRAWN, N_JUDGES, N_FINALISTS = 120, 500, 8
#: Then others near the best so far, in ever smaller steps.
STEPS = (0.6, 0.3, 0.15)
N_PER_STEP = 20
#: The answer is the mean of the best few: the very best owes more to luck.
N_MEANT = 5
#: A list that weighs less is left out.
LEAST_WEIGHT = 0.02

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Arena:
    """An exam as rectangles, in which many weightings are judged fast.

    worth : float32, (lists, listeners, candidates), 0 where there is no candidate
    is_right : (listeners, candidates)
    ideal : the gain of a list without a fault, per listener
    """

    worth: NDArray[np.float32]
    is_right: NDArray[np.bool_]
    ideal: NDArray[np.float64]

    @classmethod
    def of(cls, exam: Exam, fusion: str) -> Arena:
        """Of lists fused by ``fusion``."""
        row = exam.row_of_entry()
        column = np.arange(len(row)) - exam.start[row]
        shape = (len(exam), int(np.diff(exam.start).max(initial=0)))
        worth = exam.worth[fusion]
        cells = np.zeros((worth.shape[1], *shape), dtype=np.float32)
        cells[:, row, column] = worth.T
        is_right = np.zeros(shape, dtype=bool)
        is_right[row, column] = exam.is_right
        return cls(cells, is_right, exam.ideal)

    def some(self, n: int, rng: np.random.Generator) -> Arena:
        """``n`` of the listeners, or all if there are no more."""
        if n >= len(self.ideal):
            return self
        return self.take(np.sort(rng.choice(len(self.ideal), n, replace=False)))

    def take(self, rows: NDArray[np.int64]) -> Arena:
        """The listeners of these rows."""
        return Arena(self.worth[:, rows], self.is_right[rows], self.ideal[rows])

    def ndcg(self, weights: Weights) -> float:
        """Mean NDCG@100 over the listeners."""
        return float(self.ndcgs(weights).mean())

    def ndcgs(self, weights: Weights) -> NDArray[np.float64]:
        """NDCG@100 of each listener."""
        score = np.zeros(self.is_right.shape, dtype=np.float32)
        # One list after the other: the same sum on every machine, whatever its BLAS.
        for weight, of_list in zip(weights.astype(np.float32), self.worth, strict=True):
            score += weight * of_list
        return self._gain(score) / self.ideal

    def _gain(self, score: NDArray[np.float32]) -> NDArray[np.float64]:
        k = min(K, score.shape[1])
        top = np.arange(score.shape[1])[None, :].repeat(len(score), axis=0)
        if k < score.shape[1]:
            top = np.argpartition(-score, k, axis=1)[:, :k]
        by_score = np.argsort(-np.take_along_axis(score, top, axis=1), axis=1, kind="stable")
        top = np.take_along_axis(top, by_score, axis=1)
        is_right = np.take_along_axis(self.is_right, top, axis=1)
        return (is_right * discounts(np.arange(k))).sum(axis=1)


@dataclass(frozen=True)
class Found:
    """Weights that add up to 1, and the NDCG@100 that they had where they were found."""

    weights: Weights
    ndcg: float


def search(arena: Arena, rng: np.random.Generator) -> Found:
    """Each list by itself, all alike, random weightings, then steps from the best so far.

    A list that offered nothing weighs nothing.
    """
    speaks = np.array([bool(of_list.any()) for of_list in arena.worth])
    weights = np.zeros(len(speaks))
    if not speaks.any():
        return Found(weights + 1 / len(weights), 0.0)
    arena = Arena(arena.worth[speaks], arena.is_right, arena.ideal)
    weights[speaks] = _searched(arena, rng)
    return Found(weights, arena.ndcg(weights[speaks]))


def _searched(arena: Arena, rng: np.random.Generator) -> Weights:
    if len(arena.worth) == 1:
        return np.ones(1)
    tried = _finalists(arena, rng)
    found = [arena.ndcg(weights) for weights in tried]
    for step in STEPS:
        centre = tried[int(np.argmax(found))]
        for _ in range(N_PER_STEP):
            tried.append(_near(centre, step, rng))
            found.append(arena.ndcg(tried[-1]))
    best = np.argsort(-np.array(found), kind="stable")[:N_MEANT]
    return _pruned(np.mean([tried[number] for number in best], axis=0))


def _finalists(arena: Arena, rng: np.random.Generator) -> list[Weights]:
    n_lists = len(arena.worth)
    drawn = [*np.eye(n_lists), np.full(n_lists, 1 / n_lists)]
    drawn += list(rng.dirichlet(np.full(n_lists, 0.7), N_DRAWN))
    judges = arena.some(N_JUDGES, rng)
    first = np.argsort([-judges.ndcg(weights) for weights in drawn], kind="stable")
    return [drawn[number] for number in first[:N_FINALISTS]]


def _near(centre: Weights, step: float, rng: np.random.Generator) -> Weights:
    moved = centre * np.exp(step * rng.normal(size=len(centre)))
    moved += step / 6 * np.abs(rng.normal(size=len(centre))) * (rng.random(len(centre)) < 0.5)
    return moved / moved.sum()


def _pruned(weights: Weights) -> Weights:
    kept = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    return kept / kept.sum()
