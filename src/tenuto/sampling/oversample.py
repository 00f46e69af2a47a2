"""Rows of the smaller class are repeated at random until both classes are of one size."""

from __future__ import annotations

import numpy as np
from imblearn.over_sampling import RandomOverSampler

from tenuto.sampling._contract import Rows

LABEL = "Random over-sampling"


def resample(X: np.ndarray, y: np.ndarray, seed: int) -> Rows:
    """All rows, then the repeated ones; nothing new is made up."""
    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(np.zeros((len(y), 1)), y)
    chosen = sampler.sample_indices_
    return Rows(X[chosen], y[chosen])
