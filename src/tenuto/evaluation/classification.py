"""Figures for a score of something that happens or does not, each with weights if asked."""

from __future__ import annotations

import numpy as np

from tenuto.errors import ContractError
from tenuto.evaluation import calibration
from tenuto.evaluation._ranked import (
    Floats,
    Ranked,
    Running,
    auc,
    average_precision,
    checked,
    precision_at,
)

#: Shares of the list, from the top, at which precision and lift are read.
SHARES = (0.01, 0.05, 0.10, 0.20)

#: Which way is better. Figures that are facts (``base_rate``, caps) are not here.
HIGHER_IS_BETTER = {
    "auc": True,
    "average_precision": True,
    "log_loss": False,
    "brier": False,
    "ece": False,
    "accuracy": True,
    "balanced_accuracy": True,
    "precision": True,
    "recall": True,
    "f1": True,
} | {
    f"{kind}_at_{share:.0%}".rstrip("%"): True for kind in ("precision", "lift") for share in SHARES
}

#: With so many rows of either class a draw is calibrated in one step from all. Arbitrary.
ONE_STEP_FROM = 1_000

_NAN = float("nan")


def metrics(y, p, threshold: float | None = None, weights=None) -> dict[str, float]:
    """Every figure of one model on one population.

    Parameters
    ----------
    y : 0 or 1 per row; 1 is the thing predicted (the listener left)
    p : predicted probability per row, in [0, 1]
    threshold : rows with ``p >= threshold`` are called. There is no default cut;
        None leaves out the five figures that need one. See `threshold_for_share`.
    weights : how often each row counts, default once. Integer counts give exactly
        the figures of the repeated rows.

    Returns
    -------
    dict with ``n``, ``base_rate``, ``auc``, ``average_precision`` (read it against
    ``base_rate``), ``log_loss`` (nats), ``brier``, ``precision_at_10``, ``lift_at_10``
    and its cap ``lift_cap_at_10`` (and 1, 5, 20: per cent of the list), ``ece``,
    ``calibration_slope``, ``calibration_intercept``; with a threshold also ``accuracy``,
    ``balanced_accuracy``, ``precision``, ``recall``, ``f1``. A figure that is not defined
    is NaN, never an exception: AUC, average precision, lift without positives (AUC
    and average precision also without negatives), precision when nobody is called.

    Raises
    ------
    ContractError : see `checked`; or if a probability lies outside [0, 1]

    Notes
    -----
    Lift cannot pass 1 / base rate: with 62 % churners the cap at 10 % is 1.61
    (churn.md §4.5). Never 0.5 by habit (K12).
    """
    return Scorecard(y, p, threshold).measure(weights)


def threshold_for_share(p, share: float) -> float:
    """The lowest score on a list of the best ``share`` of rows: what to call ``p >= threshold``.

    Tied rows at the end of the list are all called, so more than ``share`` may be.
    At least one row is called; NaN without rows.
    """
    if not 0 < share <= 1:
        raise ContractError(f"share {share} is not in (0, 1]", mend="pass e.g. 0.1 for a tenth")
    scores = np.sort(np.asarray(p, dtype=np.float64))[::-1]
    # Rounding first: 0.07 * 100 is 7.000000000000001 and would call eight.
    n_called = max(1, int(np.ceil(round(share * len(scores), 9))))
    return float(scores[n_called - 1]) if len(scores) else _NAN


class Scorecard:
    """One model's rows, prepared so that `measure` is quick for any weights.

    Sorting, losses and calls are worked out once; the bootstrap then asks a thousand times.
    """

    def __init__(self, y, p, threshold: float | None = None):
        self.y, self.p = checked(y, p)
        if len(self.p) and not (self.p.min() >= 0 and self.p.max() <= 1):
            raise ContractError(
                f"probabilities run from {self.p.min():.4g} to {self.p.max():.4g}",
                mend="pass probabilities in [0, 1], not scores or logits",
            )
        self.threshold = threshold
        self.ranked = Ranked(self.y, self.p)
        self.logits = calibration.logits(self.p)
        self._per_row = np.column_stack(self._row_terms())
        self._slope, self._intercept = (_NAN, _NAN), _NAN
        full = np.ones(len(self.y))
        self._slope = calibration.calibration_slope(self.y, self.logits, full)
        self._intercept = calibration.calibration_intercept(self.y, self.logits, full)
        self._near: calibration.NearSolution | None = None
        rarer = min(self.y.sum(), len(self.y) - self.y.sum())
        if rarer >= ONE_STEP_FROM and np.isfinite([*self._slope, self._intercept]).all():
            self._near = calibration.NearSolution(self.y, self.logits, self._slope, self._intercept)

    def measure(self, weights=None) -> dict[str, float]:
        """The figures of `metrics` when row i counts ``weights[i]`` times."""
        w = np.ones(len(self.y)) if weights is None else np.asarray(weights, dtype=np.float64)
        n, positives, log_loss, brier, called, hits = (float(s) for s in w @ self._per_row)
        base_rate = _ratio(positives, n)
        totals = self.ranked.running(w)
        found = {
            "n": n,
            "base_rate": base_rate,
            "auc": auc(totals),
            "average_precision": average_precision(totals),
            "log_loss": _ratio(log_loss, n),
            "brier": _ratio(brier, n),
        }
        slope, intercept = self._calibration(None if weights is None else w)
        found |= _top_of_the_list(totals, base_rate) | {
            "ece": calibration.error_of(totals),
            "calibration_slope": slope,
            "calibration_intercept": intercept,
        }
        if self.threshold is not None:
            found |= _at_threshold(n, positives, called, hits)
        return found

    def _row_terms(self) -> list[Floats]:
        """Per row: one, label, log loss, squared error, called, called and right."""
        tiny = np.finfo(np.float64).eps
        inside = np.clip(self.p, tiny, 1 - tiny)
        log_loss = -np.where(self.y == 1, np.log(inside), np.log1p(-inside))
        cut = np.inf if self.threshold is None else self.threshold
        called = (self.p >= cut).astype(np.float64)
        return [
            np.ones_like(self.y),
            self.y,
            log_loss,
            (self.p - self.y) ** 2,
            called,
            called * self.y,
        ]

    def _calibration(self, w: Floats | None) -> tuple[float, float]:
        """Slope and intercept; a draw's lie near those of all rows, where its search begins."""
        if w is None:
            return self._slope[1], self._intercept
        if self._near is not None:
            return self._near.at(w)
        _, slope = calibration.calibration_slope(self.y, self.logits, w, self._slope)
        return slope, calibration.calibration_intercept(self.y, self.logits, w, self._intercept)


def _top_of_the_list(totals: Running, base_rate: float) -> dict[str, float]:
    found = {}
    for share in SHARES:
        percent, precision = round(100 * share), precision_at(totals, share)
        found[f"precision_at_{percent}"] = precision
        found[f"lift_at_{percent}"] = _ratio(precision, base_rate)
        found[f"lift_cap_at_{percent}"] = _ratio(min(1.0, base_rate / share), base_rate)
    return found


def _at_threshold(n: float, positives: float, called: float, hits: float) -> dict[str, float]:
    recall, negatives = _ratio(hits, positives), n - positives
    right_negatives = negatives - (called - hits)
    return {
        "accuracy": _ratio(hits + right_negatives, n),
        "balanced_accuracy": (recall + _ratio(right_negatives, negatives)) / 2,
        "precision": _ratio(hits, called),
        "recall": recall,
        "f1": _ratio(2 * hits, called + positives),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else _NAN
