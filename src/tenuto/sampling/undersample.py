"""Rows of the larger class are left out at random until both classes are of one size."""

from __future__ import annotations

import numpy as np
from imblearn.under_sampling import RandomUnderSampler

from tenuto.sampling._contract import Rows

LABEL = "Random under-sampling"


def resample(X: np.ndarray, y: np.ndarray, seed: int) -> Rows:
    """Quick, and wasteful where positives are few; the rows that stay keep their order."""
    sampler = RandomUnderSampler(random_state=seed)
    # It draws by label alone: columns are not looked at, and NaN does no harm.
    sampler.fit_resample(np.zeros((len(y), 1)), y)
    chosen = np.sort(sampler.sample_indices_)
    return Rows(X[chosen], y[chosen])
