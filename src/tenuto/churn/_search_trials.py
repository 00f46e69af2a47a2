"""One setting of one model tried on a share of the users: cross-fitted, and measured."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from tenuto.churn._examples import Examples
from tenuto.churn._protocols import fit, thinned
from tenuto.churn._search_split import Split
from tenuto.evaluation.classification import metrics
from tenuto.evaluation.folds import user_fold
from tenuto.search.halving import THIRD

#: Three, not five: each trial is fitted so many times, and two thirds of the users are plenty.
N_FOLDS = 3
#: The shares of the training rows on the rungs.
SHARES = (1 / THIRD**2, 1 / THIRD, 1.0)
#: A rung of fewer rows, or of fewer positives, says little of the whole. Arbitrary.
MIN_ROWS, MIN_POSITIVES = 2_000, 50


@dataclass(frozen=True)
class Trial:
    """One setting tried on one rung.

    number : 0 for the defaults
    n_rows : that each model learned from, at most
    log_loss, auc : on the listeners validated on
    """

    number: int
    rung: int
    settings: dict[str, Any]
    n_rows: int
    log_loss: float
    auc: float

    @property
    def loss(self) -> float:
        return self.log_loss


class Trials:
    """Tries settings on a split; every trial with the same users, folds and seeds.

    What differs between two trials is then what was set, not what was drawn.
    """

    def __init__(self, split: Split, *, max_rows: int, sampling: str, random_state: int):
        self.split, self.sampling, self.random_state = split, sampling, random_state
        self.validation_fold = user_fold(split.validation.user_id, N_FOLDS, "tuning")
        fold = user_fold(split.training.user_id, N_FOLDS, "tuning")
        self.others = [
            thinned(split.training.take(fold != held_out), max_rows) for held_out in range(N_FOLDS)
        ]
        whole = max(len(rows) for rows in self.others)
        self.rungs = _rungs(whole, _share_of_positives(split.training))

    @property
    def last(self) -> int:
        """The number of the last rung, where a trial learns from all rows there are."""
        return len(self.rungs) - 1

    def probability(self, model: str, settings: dict[str, Any], rung: int) -> np.ndarray:
        """P(churn) of every row of the validation, each by a model of other users.

        Raises
        ------
        NotEnoughData : if those a fold learns from all left, or none did
        """
        p = np.full(len(self.split.validation), np.nan)
        for held_out, others in enumerate(self.others):
            fitted = fit(
                model,
                thinned(others, self.rungs[rung]),
                random_state=self._seed(model, held_out),
                settings={model: settings},
                sampling=self.sampling,
            )
            rows = self.validation_fold == held_out
            p[rows] = fitted.predict(self.split.validation.X[rows])
        return p

    def measured(self, number: int, rung: int, settings: dict[str, Any], p: np.ndarray) -> Trial:
        """The trial that gave ``p``."""
        figures = metrics(self.split.validation.y, p)
        return Trial(number, rung, settings, self.rungs[rung], figures["log_loss"], figures["auc"])

    def _seed(self, model: str, fold: int) -> int:
        parts = [self.random_state, zlib.crc32(model.encode()), fold, 19]
        return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)


def _share_of_positives(training: Examples) -> float:
    assert training.y is not None
    return float(training.y.mean())


def _rungs(whole: int, base_rate: float) -> list[int]:
    """Rows to learn from on each rung; rungs too small to say anything are left out."""
    rarer = max(min(base_rate, 1 - base_rate), 1e-9)
    least = max(MIN_ROWS, MIN_POSITIVES / rarer)
    partly = [math.ceil(share * whole) for share in SHARES[:-1]]
    return [rows for rows in partly if rows >= least] + [whole]
