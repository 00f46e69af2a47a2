"""Which calibration, if any: what the model says is kept unless another is surely better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tenuto.calibration import CATALOGUE
from tenuto.calibration._contract import Calibrator
from tenuto.errors import ContractError, NotEnoughData
from tenuto.evaluation._ranked import Floats, checked
from tenuto.evaluation.calibration import (
    calibration_intercept,
    calibration_slope,
    expected_calibration_error,
    logits,
)
from tenuto.evaluation.folds import user_fold

NONE = "none"
_SURE = (2.5, 97.5)
#: What a calibrator has to take off the log loss to be worth it. Of 20,000 simulated subscribers a
#: sure gain of 0.3 % at one cutoff doubled the calibration error two weeks later, from .005 to
#: .010: less than this, the next cutoff may undo. What calibration is for takes off far more.
LEAST_GAIN = 0.01
_FIGURES = ("log_loss", "difference", "low", "high", "ece", "slope", "intercept")


@dataclass(frozen=True)
class Choice:
    """A calibrator and how it came to be chosen.

    calibrator : fitted on all rows
    table : one row per candidate, the simpler first: ``name``, ``log_loss`` (cross-fitted over
        folds of users), ``difference`` of it to "none" (below 0 is better) with its 95 %
        interval ``low``, ``high``, ``ece``, ``slope``, ``intercept`` (cross-fitted too),
        ``is_chosen``, and ``why`` in words. Figures are NaN for a candidate that was not tried.
    """

    calibrator: Calibrator
    table: pd.DataFrame

    @property
    def name(self) -> str:
        """The chosen member's name."""
        return self.calibrator.name()


def choose(
    p, y, user_id, *, rng: np.random.Generator, n_folds: int = 5, n_draws: int = 1_000
) -> Choice:
    """The calibrator to use after a model, and the table of what was tried.

    Parameters
    ----------
    p : what the model said, on rows that it did not train on
    y : what came, 1 or 0
    user_id : one per row; a listener's rows stay in one fold and are drawn together
    n_draws : draws of the paired bootstrap by listener

    Returns
    -------
    Choice. Of the candidates that take at least 1 % off the log loss of "none", with an interval
    of the gain without 0, the one with the smallest loss; a simpler one of them instead if it is
    not surely worse (churn.md §4.4). "none" when there are too few rows, or only one class. Rows
    in another order give the same choice.

    Raises
    ------
    ContractError : if lengths differ, a label is not 0 or 1, or ``p`` is not in [0, 1]
    """
    with threadpool_limits(1, user_api="blas"):
        said, came, users = _in_order(p, y, user_id)
        fold = user_fold(users, n_folds, "calibration")
        tried = {name: _cross_fitted(name, said, came, fold) for name in _simplest_first()}
        answers = {name: found for name, found in tried.items() if not isinstance(found, str)}
        losses = {name: _loss(came, found) for name, found in answers.items()}
        gaps = _Gaps(losses, users, rng, n_draws)
        chosen = _chosen(losses, gaps)
        rows = [
            _row(name, came, found, losses, gaps, is_chosen=name == chosen)
            for name, found in tried.items()
        ]
        calibrator = CATALOGUE.get(chosen).Calibrator().fit(said, came)
    return Choice(calibrator, pd.DataFrame(rows))


class _Gaps:
    """Differences of mean log loss between candidates, all on the same draws of listeners."""

    def __init__(
        self, losses: Mapping[str, Floats], users: np.ndarray, rng: np.random.Generator, n_draws
    ):
        distinct, user_of_row = np.unique(users, return_inverse=True)
        n_users = len(distinct)
        sums = [np.bincount(user_of_row, of_row, n_users) for of_row in losses.values()]
        per_user = np.column_stack([*sums, np.bincount(user_of_row, minlength=n_users)])
        drawn = np.full((n_draws, per_user.shape[1]), np.nan)
        for draw in range(n_draws if n_users else 0):
            counts = np.bincount(rng.integers(0, n_users, size=n_users), minlength=n_users)
            drawn[draw] = counts.astype(np.float64) @ per_user
        means = (drawn[:, :-1] / drawn[:, -1:]).T
        self._drawn: dict[str, Floats] = dict(zip(losses, means, strict=True))

    def interval(self, name: str, against: str) -> tuple[float, float]:
        """The 95 % interval of ``name`` minus ``against``; NaN without rows or draws."""
        drawn = self._drawn[name] - self._drawn[against]
        if not len(drawn) or np.isnan(drawn).any():
            return float("nan"), float("nan")
        low, high = np.percentile(drawn, _SURE)
        return float(low), float(high)

    def is_surely_better(self, name: str, against: str) -> bool:
        """Whether the whole interval is on the side of the smaller loss."""
        return self.interval(name, against)[1] < 0


def _simplest_first() -> list[str]:
    members = CATALOGUE.all()
    return sorted(members, key=lambda name: (members[name].Calibrator.n_free, name))


def _in_order(p, y, user_id) -> tuple[Floats, Floats, np.ndarray]:
    """Rows in an order of their own, so that sums do not depend on that of the caller."""
    came, said = checked(y, p)
    ids = np.asarray(user_id)
    if len(ids) != len(said):
        raise ContractError(
            f"{len(ids)} user ids for {len(said)} rows", mend="pass one user id per row"
        )
    _, code = np.unique(ids, return_inverse=True)
    order = np.lexsort((came, said, code))
    return said[order], came[order], ids[order]


def _cross_fitted(name: str, p: Floats, y: Floats, fold: np.ndarray) -> Floats | str:
    """What the candidate says of each fold, having learned from the others; else why it cannot."""
    kind = CATALOGUE.get(name).Calibrator
    answers = np.empty(len(p))
    try:
        for held_out in np.unique(fold):
            rows = fold == held_out
            answers[rows] = kind().fit(p[~rows], y[~rows]).apply(p[rows])
    except NotEnoughData as problem:
        return f"not tried: with a fold held out, {problem.message}"
    return answers


def _loss(y: Floats, p: Floats) -> Floats:
    return -np.where(y == 1, np.log(p), np.log1p(-p))


def _chosen(losses: Mapping[str, Floats], gaps: _Gaps) -> str:
    helpful = [
        name
        for name in losses
        if name != NONE and gaps.is_surely_better(name, NONE) and _is_enough(name, losses)
    ]
    if not helpful:
        return NONE
    best = min(helpful, key=lambda name: losses[name].mean())
    return next(name for name in helpful if name == best or not gaps.is_surely_better(best, name))


def _is_enough(name: str, losses: Mapping[str, Floats]) -> bool:
    return bool(losses[name].sum() <= losses[NONE].sum() * (1 - LEAST_GAIN))


def _row(
    name: str,
    y: Floats,
    answers: Floats | str,
    losses: Mapping[str, Floats],
    gaps: _Gaps,
    *,
    is_chosen: bool,
) -> dict[str, object]:
    figures: dict[str, object] = dict.fromkeys(_FIGURES, float("nan"))
    if isinstance(answers, str):
        return {"name": name, **figures, "is_chosen": False, "why": answers}
    if len(y):
        ones, said = np.ones(len(y)), logits(answers)
        low, high = gaps.interval(name, NONE)
        figures = {
            "log_loss": float(losses[name].mean()),
            "difference": float((losses[name] - losses[NONE]).mean()),
            "low": low,
            "high": high,
            "ece": expected_calibration_error(y, answers),
            "slope": calibration_slope(y, said, ones)[1],
            "intercept": calibration_intercept(y, said, ones),
        }
    return {
        "name": name,
        **figures,
        "is_chosen": is_chosen,
        "why": _why(name, losses, gaps, is_chosen),
    }


def _why(name: str, losses: Mapping[str, Floats], gaps: _Gaps, is_chosen: bool) -> str:
    if name == NONE:
        return "kept: nothing is surely better by enough" if is_chosen else "another is better"
    low, high = gaps.interval(name, NONE)
    if is_chosen:
        return f"lowers the log loss by {-high:.4f} to {-low:.4f}"
    if high < 0 and not _is_enough(name, losses):
        return f"surely better than none, but by less than {LEAST_GAIN:.0%}: that may not last"
    if high < 0:
        return "surely better than none, but another is better or as good and simpler"
    if low > 0:
        return "surely worse than none"
    return "not surely better than none: the interval holds 0"
