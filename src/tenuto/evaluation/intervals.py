"""How sure a figure is: bootstrap by user, and paired differences between models.

A user with several rows is drawn with all of them, because rows of one user are not
independent. All models are measured on the same draws, so a difference between two of
them has an interval of its own, mostly far narrower than the two intervals suggest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtri

from tenuto.errors import ContractError
from tenuto.evaluation._ranked import Floats
from tenuto.evaluation.classification import Scorecard

N_DRAWS = 1_000
#: Of more users than that each draw takes as many, and the spread is shrunk to what all have.
MOST_USERS = 20_000
#: Below so many rows of a class the draws alone are not trusted. Arbitrary.
FEW = 50
Interval = tuple[float, float]
_EDGE = 1e-9
LEVEL = 0.95


@dataclass(frozen=True)
class Bootstrap:
    """Figures of several models, on the data and on every draw.

    values : model -> metric -> figure on the data as they are
    draws : model -> array of shape (n_draws, n_metrics), columns in the order of ``metrics``
    n_of_each : rows with label 1 and with label 0
    """

    metrics: tuple[str, ...]
    values: Mapping[str, Mapping[str, float]]
    draws: Mapping[str, Floats]
    n_of_each: tuple[int, int]

    def interval(self, model: str, level: float = LEVEL) -> pd.DataFrame:
        """Percentile interval: one row per metric; columns value, low, high.

        With few rows of a class drawing them again shows too little: four leavers on top of
        a list give an AUC of 1 in every draw. There the AUC has the wider of this interval and
        `newcombe`'s.
        """
        values = np.array([self.values[model][metric] for metric in self.metrics])
        table = _table(self.metrics, "value", values, self.draws[model], level)
        if not 0 < min(self.n_of_each) < FEW:
            return table
        auc, low, high = (float(figure) for figure in np.asarray(table.loc["auc"], dtype="f8"))
        # A constant cannot be better or worse than a coin, however few there are.
        if not auc == low == high == 0.5:
            sound = newcombe(auc, *self.n_of_each, level)
            table.at["auc", "low"] = min(low, sound[0])
            table.at["auc", "high"] = max(high, sound[1])
        return table

    def difference(self, model: str, against: str, level: float = LEVEL) -> pd.DataFrame:
        """``model`` minus ``against`` on the same draws; columns difference, low, high."""
        ours, theirs = self.values[model], self.values[against]
        values = np.array([ours[metric] - theirs[metric] for metric in self.metrics])
        gaps = self.draws[model] - self.draws[against]
        return _table(self.metrics, "difference", values, gaps, level)


def bootstrap(
    y,
    probabilities: Mapping[str, np.ndarray],
    user_ids,
    *,
    rng: np.random.Generator,
    thresholds: Mapping[str, float] | None = None,
    n_draws: int = N_DRAWS,
) -> Bootstrap:
    """Measure models on the data and on ``n_draws`` resamples of the users.

    Parameters
    ----------
    y, user_ids : one per row
    probabilities : model -> probability per row
    thresholds : model -> cut for accuracy and the like, kept the same in every draw

    Notes
    -----
    20,000 rows, 1,000 draws: about 2 seconds a model on one core; memory is that of one
    draw. Above `MOST_USERS` users it stays at that: draws are of so many users, chosen once
    by chance, and how far each is off is shrunk by the square root of their share (Bickel,
    Götze & van Zwet, "Resampling fewer than n observations", Statistica Sinica 1997). Draws
    in which a metric is not defined are left out of its interval.
    """
    cuts, labels = dict(thresholds or {}), np.asarray(y)
    values = {name: Scorecard(y, p, cuts.get(name)).measure() for name, p in probabilities.items()}
    names = tuple(dict.fromkeys(metric for found in values.values() for metric in found))
    complete = {name: {m: found.get(m, np.nan) for m in names} for name, found in values.items()}
    rows, user_of_row, shrunk = _drawn_from(user_ids, len(labels), rng)
    cards = {
        name: Scorecard(labels[rows], np.asarray(p)[rows], cuts.get(name))
        for name, p in probabilities.items()
    }
    draws = {name: np.full((n_draws, len(names)), np.nan) for name in cards}
    for draw, weights in enumerate(_resampled(user_of_row, rng, n_draws)):
        for name, card in cards.items():
            found = card.measure(weights)
            draws[name][draw] = [found.get(metric, np.nan) for metric in names]
    if shrunk < 1:
        draws = {
            name: _about(complete[name], shrunk, draws[name], card.measure())
            for name, card in cards.items()
        }
    positives = int((labels == 1).sum())
    return Bootstrap(names, complete, draws, (positives, len(labels) - positives))


def interval(
    y, p, user_ids, *, rng: np.random.Generator, threshold: float | None = None, n_draws=N_DRAWS
) -> pd.DataFrame:
    """Every metric of one model with its 95 % interval; columns value, low, high."""
    cuts = {} if threshold is None else {"model": threshold}
    found = bootstrap(y, {"model": p}, user_ids, rng=rng, thresholds=cuts, n_draws=n_draws)
    return found.interval("model")


def paired_interval(
    y, p, p_against, user_ids, *, rng: np.random.Generator, n_draws=N_DRAWS
) -> pd.DataFrame:
    """Every metric of ``p`` minus that of ``p_against``; columns difference, low, high."""
    both = {"model": p, "against": p_against}
    return bootstrap(y, both, user_ids, rng=rng, n_draws=n_draws).difference("model", "against")


def newcombe(auc: float, n_positive: int, n_negative: int, level: float = LEVEL) -> Interval:
    """Score interval of an AUC of independent rows; sound also for few of them, and at 0 or 1.

    Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic. Part 2", Statistics in Medicine 2006, method 5.

    Examples
    --------
    >>> low, high = newcombe(1.0, 4, 99)
    >>> round(low, 2), high
    (0.76, 1.0)
    """
    z, n_star = ndtri((1 + level) / 2), (n_positive + n_negative) / 2 - 1

    def off(truth: float) -> float:
        shape = 1 + n_star * (1 - truth) / (2 - truth) + n_star * truth / (1 + truth)
        variance = truth * (1 - truth) * shape / (n_positive * n_negative)
        return float(abs(auc - truth) - z * np.sqrt(variance))

    # At 0 and 1 the variance is 0, which is no solution: just inside of them.
    inside = float(np.clip(auc, _EDGE, 1 - _EDGE))
    low = brentq(off, 0.0, inside) if auc > 0 else 0.0
    high = brentq(off, inside, 1.0) if auc < 1 else 1.0
    return low, high


def wilson(successes, n, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share of independent rows; NaN where ``n`` is 0.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
    """
    z = ndtri((1 + level) / 2)
    counts = np.asarray(n, dtype=np.float64)
    n_rows = np.where(counts > 0, counts, np.nan)
    share = np.asarray(successes, dtype=np.float64) / n_rows
    centre = (share + z**2 / (2 * n_rows)) / (1 + z**2 / n_rows)
    spread = np.sqrt(share * (1 - share) / n_rows + z**2 / (4 * n_rows**2))
    half = z * spread / (1 + z**2 / n_rows)
    return np.maximum(centre - half, 0), np.minimum(centre + half, 1)


def _about(
    of_all: Mapping[str, float], shrunk: float, draws: Floats, of_drawn: Mapping[str, float]
) -> Floats:
    """How far ``draws`` are from the figures ``of_drawn``, shrunk, about those ``of_all``."""
    centre = np.array([of_drawn.get(metric, np.nan) for metric in of_all])
    return np.array(list(of_all.values())) + shrunk * (draws - centre)


def _drawn_from(
    user_ids, n_rows: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """The rows to draw from, the number of the user of each, and what the spread shrinks by."""
    users, user_of_row = np.unique(np.asarray(user_ids), return_inverse=True)
    if len(user_of_row) != n_rows:
        raise ContractError(
            f"{len(user_of_row)} user ids for {n_rows} rows", mend="pass one user id per row"
        )
    if len(users) <= MOST_USERS:
        return np.arange(n_rows), user_of_row, 1.0
    chosen = rng.choice(len(users), MOST_USERS, replace=False)
    number = np.full(len(users), -1)
    number[chosen] = np.arange(MOST_USERS)
    rows = np.flatnonzero(number[user_of_row] >= 0)
    return rows, number[user_of_row[rows]], float(np.sqrt(MOST_USERS / len(users)))


def _resampled(user_of_row: np.ndarray, rng: np.random.Generator, n_draws: int) -> Iterator[Floats]:
    """How often each row counts in each draw of as many users as there are."""
    n_users = int(user_of_row.max()) + 1 if len(user_of_row) else 0
    for _ in range(n_draws if n_users else 0):
        drawn = rng.integers(0, n_users, size=n_users)
        yield np.bincount(drawn, minlength=n_users).astype(np.float64)[user_of_row]


def _table(metrics, name: str, values: Floats, draws: Floats, level: float) -> pd.DataFrame:
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.full(len(metrics), np.nan), np.full(len(metrics), np.nan)
    known = ~np.isnan(draws).all(axis=0)
    if known.any():
        low[known], high[known] = np.nanquantile(draws[:, known], tails, axis=0)
    columns = {name: values, "low": low, "high": high}
    return pd.DataFrame(columns, index=pd.Index(metrics, name="metric"))
