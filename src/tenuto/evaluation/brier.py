"""The Brier score taken apart: how far off, how well told apart, how hard to tell."""

from __future__ import annotations

import numpy as np

from tenuto.evaluation._ranked import Ranked, checked
from tenuto.evaluation.calibration import N_BINS, bin_edges

_NAN = float("nan")


def brier_decomposition(y, p, n_bins: int = N_BINS) -> dict[str, float]:
    """``brier = reliability - resolution + uncertainty + within_bins``, over bins of equal mass.

    Returns
    -------
    dict with ``brier``, the mean squared error; ``reliability``, how far the bins' predictions
    are from what came (0 is perfect, and calibration can mend it); ``resolution``, how far apart
    the bins' outcomes are (more is better; 0 for a constant); ``uncertainty``, the score of the
    base rate said of everybody; and ``within_bins``, what binning hides: predictions differ inside
    a bin, which Murphy's three terms do not know of. It is 0 where each bin has one prediction.
    All NaN without rows.

    Notes
    -----
    Murphy, "A new vector partition of the probability score", J. Applied Meteorology 1973;
    the remainder after Stephenson, Coelho & Jolliffe, "Two extra components in the Brier score
    decomposition", Weather and Forecasting 2008. Few rows a bin raise reliability and resolution
    alike.

    Examples
    --------
    >>> found = brier_decomposition([0, 0, 0, 1], [0.25, 0.25, 0.25, 0.25])
    >>> found["reliability"], found["resolution"], found["uncertainty"]
    (0.0, 0.0, 0.1875)
    """
    labels, said = checked(y, p)
    names = ("brier", "reliability", "resolution", "uncertainty", "within_bins")
    if len(labels) == 0:
        return dict.fromkeys(names, _NAN)
    totals = Ranked(labels, said).running(np.ones(len(labels)))
    edges = bin_edges(totals, n_bins)
    n = np.diff(totals.rows[edges])
    filled = n > 0
    share, rate = n[filled] / n.sum(), float(labels.mean())
    predicted = np.diff(totals.scores[edges])[filled] / n[filled]
    observed = np.diff(totals.positives[edges])[filled] / n[filled]
    brier = float(np.mean((said - labels) ** 2))
    reliability = float(share @ (predicted - observed) ** 2)
    resolution = float(share @ (observed - rate) ** 2)
    uncertainty = rate * (1 - rate)
    within_bins = brier - (reliability - resolution + uncertainty)
    figures = (brier, reliability, resolution, uncertainty, within_bins)
    return dict(zip(names, figures, strict=True))
