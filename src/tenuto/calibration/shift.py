"""One number added to all log-odds: mends a level that has moved, and nothing else."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from tenuto.calibration import _contract
from tenuto.calibration._logistic import numbers_of
from tenuto.evaluation.calibration import calibration_intercept, logits

LABEL = "Shift"


class Calibrator(_contract.Calibrator):
    """P = expit(intercept + logit(p)): the mean becomes the share who left, the spread stays.

    What a base rate asks for that has drifted since the model was trained: the level is taken from
    the latest closed window before any shape is refitted (churn.md §4.4).
    """

    n_free = 1
    least_of_each_class = 50

    def _fit(self, p, y):
        self.intercept = calibration_intercept(y, logits(p), np.ones(len(p)))

    def _apply(self, p):
        return expit(self.intercept + logits(p))

    def _dump(self):
        return {"intercept": self.intercept}

    def _restore(self, values):
        (self.intercept,) = numbers_of(values, ("intercept",))
