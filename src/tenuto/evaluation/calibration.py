"""Do the probabilities mean what they say: calibration error, slope and intercept."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from tenuto.evaluation._ranked import Floats, Ranked, Running, checked

N_BINS = 10
# A model that says "never" is read as one in a million: a logit of minus infinity fits nothing.
SMALLEST_PROBABILITY = 1e-6
_NAN = float("nan")
# Where Newton begins: all predictions alike.
_NEUTRAL = (0.0, 0.0)


def logits(p) -> Floats:
    """log(p / (1 - p)), with ``p`` kept inside [1e-6, 1 - 1e-6]."""
    inside = np.clip(
        np.asarray(p, dtype=np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY
    )
    return np.log(inside) - np.log1p(-inside)


def bin_edges(totals: Running, n_bins: int = N_BINS) -> np.ndarray:
    """Where bins of equal mass begin and end, as positions in ``totals``.

    Tied rows stay together, in the bin of the middle one, so bins differ in
    size where scores are tied, and some may be empty.
    """
    middles = (totals.rows[1:] + totals.rows[:-1]) / 2
    inner = np.searchsorted(middles, totals.rows[-1] * np.arange(1, n_bins) / n_bins)
    return np.concatenate([[0], inner, [len(middles)]])


def error_of(totals: Running, n_bins: int = N_BINS) -> float:
    """Expected calibration error from running totals; NaN without rows."""
    if totals.rows[-1] == 0:
        return _NAN
    edges = bin_edges(totals, n_bins)
    gaps = np.diff(totals.positives[edges]) - np.diff(totals.scores[edges])
    return float(np.abs(gaps).sum() / totals.rows[-1])


def expected_calibration_error(y, p, n_bins: int = N_BINS) -> float:
    """Mean distance between predicted and observed share over bins of equal mass, in [0, 1].

    Notes
    -----
    Biased upwards in small samples: a perfect model of 100 rows shows about 0.1.
    Naeini, Cooper & Hauskrecht, AAAI 2015, with equal-mass bins.
    """
    labels, scores = checked(y, p)
    return error_of(Ranked(labels, scores).running(np.ones(len(labels))), n_bins)


def errors_of_truth(p, n_draws: int, rng: np.random.Generator) -> Floats:
    """`expected_calibration_error` of outcomes drawn with the very probabilities ``p``, each time.

    What so many rows show where every probability is true: never 0, and the fewer rows, the more.
    The order of the rows changes nothing. Shape (n_draws,); NaN without rows.
    """
    ranked = Ranked(*checked(np.zeros(len(p)), p))
    totals = ranked.running(np.ones(len(p)))
    if len(p) == 0:
        return np.full(n_draws, _NAN)
    edges = bin_edges(totals)
    expected = np.diff(totals.scores[edges])
    # Bins in rows: those of one group of ties stay together.
    starts, chance = totals.rows[edges].astype(np.int64), np.sort(p)[::-1]
    came = np.zeros(len(p) + 1, dtype=np.int64)
    errors = np.empty(n_draws)
    for draw in range(n_draws):
        np.cumsum(rng.random(len(p)) < chance, out=came[1:])
        errors[draw] = np.abs(np.diff(came[starts]) - expected).sum() / len(p)
    return errors


def calibration_intercept(y, logit: Floats, weights: Floats, start: float = 0.0) -> float:
    """Calibration in the large: ``a`` of P(y=1) = expit(a + logit); 0 is perfect.

    Below 0 the model promises too much churn. NaN when only one class is there.
    """
    intercept = start if np.isfinite(start) else 0.0
    total, positives = weights.sum(), weights @ y
    if positives in (0, total):
        return _NAN
    for _ in range(100):
        expected = expit(intercept + logit)
        weighted = weights * expected
        curvature = weighted.sum() - weighted @ expected
        step = np.clip((positives - weighted.sum()) / max(curvature, 1e-12), -2, 2)
        intercept += float(step)
        if abs(step) < 1e-9:
            return intercept
    return _NAN


def calibration_slope(y, logit: Floats, weights: Floats, start=_NEUTRAL) -> tuple[float, float]:
    """``(a, b)`` of P(y=1) = expit(a + b * logit); the slope ``b`` is 1 when perfect.

    A slope below 1 means predictions too extreme (over-fitted), above 1 too timid.
    Both are NaN when only one class is there, when all predictions are equal, or
    when the predictions part the classes completely (the slope would be infinite).

    Notes
    -----
    Newton's method. Cox, "Two further applications of a model for binary
    regression", Biometrika 1958.
    """
    if np.isfinite(start[0]) and start != _NEUTRAL:
        found = _newton(y, logit, weights, start)
        if np.isfinite(found[0]):
            return found
    # From a start that suits other weights the steps may run away; from here they mostly do not.
    return _newton(y, logit, weights, _NEUTRAL)


class NearSolution:
    """Slope and intercept for other weights, by one Newton step from those of all rows.

    All that a step needs is a weighted sum of what can be worked out once. Moulton & Zeger,
    "Bootstrapping generalized linear models", Computational Statistics & Data Analysis 1991.
    """

    def __init__(self, y: Floats, logit: Floats, line: tuple[float, float], intercept: float):
        self._slope, self._intercept = line[1], intercept
        expected, at_large = expit(line[0] + line[1] * logit), expit(intercept + logit)
        residual, spread = y - expected, expected * (1 - expected)
        terms = [residual, residual * logit, spread, spread * logit, spread * logit * logit]
        self._terms = np.column_stack([*terms, y - at_large, at_large * (1 - at_large)])

    def at(self, weights: Floats) -> tuple[float, float]:
        """Slope and intercept when row i counts ``weights[i]`` times."""
        g0, g1, s0, s1, s2, off, curvature = (float(each) for each in weights @ self._terms)
        step = (s0 * g1 - s1 * g0) / (s0 * s2 - s1 * s1)
        return self._slope + step, self._intercept + off / curvature


def _newton(y, logit: Floats, weights: Floats, start: tuple[float, float]) -> tuple[float, float]:
    a, b = start
    squared = logit * logit
    for _ in range(50):
        expected = expit(a + b * logit)
        residual, spread = weights * (y - expected), weights * expected * (1 - expected)
        s0, s1, s2 = spread.sum(), spread @ logit, spread @ squared
        determinant = s0 * s2 - s1 * s1
        if not determinant > 1e-9 * s0 * s2 or abs(b) > 1e3:
            return _NAN, _NAN
        g0, g1 = residual.sum(), residual @ logit
        step_a, step_b = (s2 * g0 - s1 * g1) / determinant, (s0 * g1 - s1 * g0) / determinant
        a, b = float(a + step_a), float(b + step_b)
        if abs(step_a) + abs(step_b) < 1e-9:
            return a, b
    return _NAN, _NAN
