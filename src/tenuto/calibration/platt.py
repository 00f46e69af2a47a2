"""A line through the log-odds: mends a model that is too sure, too timid, or off in level."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from tenuto.calibration import _contract
from tenuto.calibration._logistic import fit_logistic, numbers_of
from tenuto.evaluation.calibration import logits

LABEL = "Platt"


class Calibrator(_contract.Calibrator):
    """P = expit(intercept + slope * logit(p)), slope at least 0; 0 and 1 change nothing.

    Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
    likelihood methods", 1999, on log-odds in place of margins.
    """

    n_free = 2
    #: As in ``evaluation.intervals``: below it neither the fit nor its judge is trusted.
    least_of_each_class = 50

    def _fit(self, p, y):
        self.intercept, slopes = fit_logistic(logits(p)[:, np.newaxis], y)
        self.slope = float(slopes[0])

    def _apply(self, p):
        return expit(self.intercept + self.slope * logits(p))

    def _dump(self):
        return {"intercept": self.intercept, "slope": self.slope}

    def _restore(self, values):
        self.intercept, self.slope = numbers_of(values, ("intercept", "slope"))
