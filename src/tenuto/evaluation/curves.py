"""Curves as small tables, at most 200 points each, ready to draw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.evaluation._ranked import Floats, Ranked, Running, checked
from tenuto.evaluation.calibration import N_BINS, bin_edges
from tenuto.evaluation.intervals import wilson

N_POINTS = 200


def roc(y, p) -> pd.DataFrame:
    """ROC curve from (0, 0) to (1, 1), by falling threshold.

    Columns ``false_positive_rate``, ``true_positive_rate``, ``threshold``. The first
    threshold is infinite: nobody is called. A group of ties is one straight line.
    Empty when only one class is there. Thinned curves keep both ends.
    """
    totals, thresholds = _totals(y, p)
    negatives = totals.rows - totals.positives
    if totals.positives[-1] == 0 or negatives[-1] == 0:
        return pd.DataFrame(columns=["false_positive_rate", "true_positive_rate", "threshold"])
    return _thinned(
        false_positive_rate=negatives / negatives[-1],
        true_positive_rate=totals.positives / totals.positives[-1],
        threshold=thresholds,
    )


def precision_recall(y, p) -> pd.DataFrame:
    """Precision against recall: ``recall``, ``precision``, ``threshold``, by rising recall.

    Begins with the first called group, not with an invented precision of 1. Empty
    without positives. Draw the base rate beside it: a coin's precision.
    """
    totals, thresholds = _totals(y, p)
    if totals.positives[-1] == 0:
        return pd.DataFrame(columns=["recall", "precision", "threshold"])
    return _thinned(
        recall=totals.positives[1:] / totals.positives[-1],
        precision=totals.positives[1:] / totals.rows[1:],
        threshold=thresholds[1:],
    )


def gains(y, p) -> pd.DataFrame:
    """Cumulative gains: ``share_called`` of the list and ``share_found`` of the positives.

    ``perfect`` is what a list in the right order would find. Tied rows count with their
    expected value. Empty without positives.
    """
    totals, _ = _totals(y, p)
    if totals.positives[-1] == 0:
        return pd.DataFrame(columns=["share_called", "share_found", "perfect"])
    called = np.linspace(0, 1, N_POINTS)
    found = np.interp(called * totals.rows[-1], totals.rows, totals.positives)
    base_rate = totals.positives[-1] / totals.rows[-1]
    return pd.DataFrame(
        {
            "share_called": called,
            "share_found": found / totals.positives[-1],
            "perfect": np.minimum(called / base_rate, 1.0),
        }
    )


def lift(y, p) -> pd.DataFrame:
    """Lift against ``share_called``, with ``cap``, the lift of a perfect list.

    The first point is the top 0.5 %: lift of nobody is not defined.
    """
    table = gains(y, p).iloc[1:].reset_index(drop=True)
    called = table["share_called"]
    return pd.DataFrame(
        {
            "share_called": called,
            "lift": table["share_found"] / called,
            "cap": table["perfect"] / called,
        }
    )


def reliability(y, p, n_bins: int = N_BINS) -> pd.DataFrame:
    """Predicted against observed share in bins of equal mass, with a 95 % Wilson interval.

    Returns
    -------
    DataFrame, one row per bin that has rows, by rising prediction: ``n``, ``predicted``
    (mean), ``observed``, ``low``, ``high``. Tied predictions stay in one bin. The
    interval takes rows as independent: with several rows per user it is too narrow.
    """
    totals, _ = _totals(y, p)
    edges = bin_edges(totals, n_bins)
    n, positives = np.diff(totals.rows[edges]), np.diff(totals.positives[edges])
    predicted, kept = np.diff(totals.scores[edges]), n > 0
    n, positives, predicted = n[kept][::-1], positives[kept][::-1], predicted[kept][::-1]
    low, high = wilson(positives, n)
    return pd.DataFrame(
        {
            "n": n.astype(np.int64),
            "predicted": predicted / n,
            "observed": positives / n,
            "low": low,
            "high": high,
        }
    )


def _totals(y, p) -> tuple[Running, Floats]:
    labels, scores = checked(y, p)
    ranked = Ranked(labels, scores)
    return ranked.running(np.ones(len(labels))), np.concatenate([[np.inf], ranked.scores])


def _thinned(**columns: Floats) -> pd.DataFrame:
    """At most 200 points, evenly spread along the curve's own length, both ends kept."""
    table = pd.DataFrame(columns)
    if len(table) <= N_POINTS:
        return table
    first, second = table.iloc[:, 0].to_numpy(), table.iloc[:, 1].to_numpy()
    travelled = np.concatenate([[0], np.cumsum(np.abs(np.diff(first)) + np.abs(np.diff(second)))])
    wanted = np.linspace(0, travelled[-1], N_POINTS)
    kept = np.unique(np.searchsorted(travelled, wanted).clip(0, len(table) - 1))
    kept[-1] = len(table) - 1
    return table.iloc[kept].reset_index(drop=True)
