"""Probabilities put back to the natural rate after training at another one (K46).

A model trained where a share s of the rows are positives, but asked where the share is p, has
odds that are too large by (s / (1 - s)) / (p / (1 - p)). Elkan, "The foundations of
cost-sensitive learning", IJCAI 2001, theorem 2; Saerens, Latinne & Decaestecker, "Adjusting the
outputs of a classifier to new a priori probabilities", Neural Computation 2002. It holds as far
as rows were drawn blind to everything but the label; SMOTE's made-up rows hold it roughly.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logit


def log_odds_shift(natural_share: float, sampled_share: float) -> float:
    """What to add to the log-odds of a model trained at ``sampled_share``; shares in (0, 1)."""
    return float(logit(natural_share) - logit(sampled_share))


def shifted(p: np.ndarray, shift: float) -> np.ndarray:
    """Probabilities with ``shift`` added to their log-odds; 0 and 1 stay, the order stays."""
    if shift == 0.0:
        return p
    factor = np.exp(shift)
    return p * factor / (1 - p + p * factor)


def class_weights(y: np.ndarray, share: float) -> np.ndarray:
    """Weights, with mean 1, under which positives are the share ``share`` of ``y``.

    ``y`` has some of either class.
    """
    natural = y.mean()
    return np.where(y == 1, share / natural, (1 - share) / (1 - natural))
