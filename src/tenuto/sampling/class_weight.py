"""Every row stays, and both classes count the same in all."""

from __future__ import annotations

import numpy as np

from tenuto.sampling._contract import Rows
from tenuto.sampling._prior import class_weights

LABEL = "Class weights"


def resample(X: np.ndarray, y: np.ndarray, seed: int) -> Rows:
    """Weights n / (2 n_class), with mean 1; nothing is drawn, so ``seed`` changes nothing."""
    return Rows(X, y, class_weights(y, 0.5))
