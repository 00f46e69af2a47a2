"""Differences between models on the same draws of listeners, and how many there would have to be.

All models are measured on the same draws, so that a difference has an interval of its own,
mostly far narrower than the two intervals suggest. Among many models some pair always looks
different, which Holm's correction allows for: over all pairs, not only those with the best model,
since which one is the best was read off the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.special import ndtr, ndtri

from tenuto.churn._judging import MIN_OF_EACH_CLASS
from tenuto.evaluation.intervals import LEVEL, Bootstrap

#: How often a difference that is there should be seen, as usual.
POWER = 0.80


@dataclass(frozen=True)
class Gap:
    """``model`` minus ``against`` in the metric's own unit, ``model`` being the better of the two.

    low, high : 95 % interval of this difference alone
    p : two-sided, from the spread of the difference over the draws (normal)
    p_holm : the same among all pairs that are compared
    is_beyond : whether the difference is beyond noise, among all pairs
    n_needed : listeners with whom a difference of this size would be seen four times in five,
        among as many pairs; None where it is seen already, or is exactly 0
    """

    model: str
    against: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    is_beyond: bool
    n_needed: int | None


def gaps_between(found: Bootstrap, ranked: Sequence[str], metric: str, n_users: int) -> list[Gap]:
    """Every pair, the better one first; those with the best before all others."""
    pairs = list(combinations(ranked, 2))
    alone = [gap_alone(found, *pair, metric) for pair in pairs]
    among = holm(np.array([gap.p for gap, _ in alone]))
    can_tell = min(found.n_of_each) >= MIN_OF_EACH_CLASS
    gaps = []
    for (gap, spread), p_holm in zip(alone, among, strict=True):
        is_beyond = bool(can_tell and p_holm < 1 - LEVEL)
        needed = None if is_beyond else _n_needed(gap.difference, spread, n_users, len(pairs))
        gaps.append(replace(gap, p_holm=float(p_holm), is_beyond=is_beyond, n_needed=needed))
    return gaps


def gap_alone(found: Bootstrap, model: str, against: str, metric: str) -> tuple[Gap, float]:
    """A pair as if there were no others, and the spread of its difference over the draws."""
    at = found.metrics.index(metric)
    spread = _spread(found.draws[model][:, at] - found.draws[against][:, at])
    row = found.difference(model, against).loc[metric].to_numpy(dtype=np.float64)
    difference, low, high = (float(figure) for figure in row)
    p = _p(difference, spread)
    return Gap(model, against, difference, low, high, p, p, False, None), spread


def holm(ps: np.ndarray) -> np.ndarray:
    """P-values among several tests; NaN, a test that says nothing, stays NaN and does not count.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 1979.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(len(ps), np.nan)
    order = [at for at in np.argsort(ps, kind="stable") if not np.isnan(ps[at])]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * ps[order], axis=0))
    return adjusted


def _spread(gaps: np.ndarray) -> float:
    known = gaps[~np.isnan(gaps)]
    return float(known.std(ddof=1)) if len(known) > 1 else float("nan")


def _p(difference: float, spread: float) -> float:
    if np.isnan(difference) or np.isnan(spread):
        return float("nan")
    if spread == 0:
        # The same in every draw: the same model, or one that no listener can change.
        return 1.0 if difference == 0 else 0.0
    return float(2 * ndtr(-abs(difference) / spread))


def _n_needed(difference: float, spread: float, n_users: int, n_pairs: int) -> int | None:
    """The spread shrinks with the root of the listeners; the models stay as they are."""
    if np.isnan(spread) or not difference or not spread:
        return None
    z = ndtri(1 - (1 - LEVEL) / (2 * n_pairs)) + ndtri(POWER)
    needed = n_users * (z * spread / abs(difference)) ** 2
    # Two digits are all that such a figure is worth.
    digits = 10.0 ** max(0, np.floor(np.log10(needed)) - 1)
    return int(np.ceil(needed / digits) * digits)
