"""A curve with a slope of its own at either end: mends a model that errs on one side only."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from tenuto.calibration import _contract
from tenuto.calibration._logistic import fit_logistic, numbers_of
from tenuto.evaluation.calibration import SMALLEST_PROBABILITY

LABEL = "Beta"


class Calibrator(_contract.Calibrator):
    """P = expit(intercept + low * log(p) - high * log(1 - p)), both slopes at least 0.

    ``low`` rules where ``p`` is near 0, ``high`` where it is near 1; 0, 1 and 1 change nothing, and
    two equal slopes are Platt's line. Kull, Silva Filho & Flach, "Beta calibration", AISTATS 2017.
    """

    n_free = 3
    least_of_each_class = 50

    def _fit(self, p, y):
        self.intercept, slopes = fit_logistic(_columns(p), y)
        self.low, self.high = map(float, slopes)

    def _apply(self, p):
        return expit(self.intercept + _columns(p) @ np.array([self.low, self.high]))

    def _dump(self):
        return {"intercept": self.intercept, "low": self.low, "high": self.high}

    def _restore(self, values):
        self.intercept, self.low, self.high = numbers_of(values, ("intercept", "low", "high"))


def _columns(p):
    inside = np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.column_stack([np.log(inside), -np.log1p(-inside)])
