"""An order over candidates, learned by trees from what listeners played next (LambdaRank)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._exam import Exam
from tenuto.saved import whole_trees

#: Every fourth listener is kept aside: on them training stops, and the order is judged.
_ASIDE = 4
_STOP_AFTER = 25
#: Trees begin where the blend ends: its score, times this, is what they add to. Few listeners
#: then change its order little.
BLEND_SCALE = 6.0
#: Standard errors by which trees must be better than the blend: with a few hundred listeners kept
#: aside, trees that were better by less were worse afterwards.
_BEYOND_CHANCE = 2.0

PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "metric": "ndcg",
    "eval_at": [20],
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.6,
    "lambda_l2": 10.0,
    "lambdarank_truncation_level": 50,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class Order:
    """Trees, and how well they did on listeners they had not seen.

    text : LightGBM's own
    ndcg, of_blend : mean NDCG@100 on ``n_listeners`` kept aside, of the trees and of the blend
    error : the standard error of their difference
    """

    text: str
    ndcg: float
    of_blend: float
    error: float
    n_listeners: int

    def is_better(self) -> bool:
        """Than the blend of the same candidates, by more than chance explains."""
        return self.ndcg - self.of_blend > _BEYOND_CHANCE * self.error


def trained(
    exam: Exam, names: list[str], blended: NDArray[np.float64], n_trees: int, random_state: int
) -> Order:
    """Learn from three quarters of the listeners, stop and judge on the others.

    ``names`` of the columns of ``exam.table``; ``blended`` is the score to improve upon.
    """
    is_aside = np.arange(len(exam)) % _ASIDE == _ASIDE - 1
    n_right = np.bincount(exam.row_of_entry(), exam.is_right, minlength=len(exam))
    # Where nothing is right there is nothing to learn from.
    parts = [_dataset(exam, names, blended, rows & (n_right > 0)) for rows in (~is_aside, is_aside)]
    booster = lgb.train(
        PARAMETERS | {"seed": random_state},
        parts[0],
        num_boost_round=n_trees,
        valid_sets=[parts[1]],
        callbacks=[lgb.early_stopping(_STOP_AFTER, verbose=False)],
    )
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    score = predicted(lgb.Booster(model_str=text), exam.table, blended)
    ours, theirs = exam.ndcg(score)[is_aside], exam.ndcg(blended)[is_aside]
    n_aside = int(is_aside.sum())
    error = float((ours - theirs).std() / np.sqrt(n_aside))
    return Order(text, float(ours.mean()), float(theirs.mean()), error, n_aside)


def booster_of(text: str) -> lgb.Booster:
    """The trees of a saved order.

    Raises
    ------
    ValueError : if they are none, or not sound
    """
    try:
        return lgb.Booster(model_str=whole_trees(text.encode()))
    except lgb.basic.LightGBMError as problem:
        raise ValueError(str(problem)) from problem


def predicted(
    booster: lgb.Booster, table: NDArray[np.float32], blended: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The blend's score and what the trees add; rounded, so that no last digit decides a tie."""
    if len(table) == 0:
        return np.empty(0)
    added = np.asarray(booster.predict(table, num_threads=1), dtype=np.float64)
    return np.round(BLEND_SCALE * blended + added, 9)


def _dataset(
    exam: Exam, names: list[str], blended: NDArray[np.float64], rows: NDArray[np.bool_]
) -> lgb.Dataset:
    entries = rows[exam.row_of_entry()]
    return lgb.Dataset(
        exam.table[entries],
        label=exam.is_right[entries].astype(np.float32),
        group=np.diff(exam.start)[rows],
        init_score=BLEND_SCALE * blended[entries],
        feature_name=names,
        params={"verbose": -1},
    )
