"""Any rising staircase, smoothed between its steps: mends any shape, given very many listeners."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

from tenuto.calibration import _contract

LABEL = "Isotonic"


class Calibrator(_contract.Calibrator):
    """The rising steps nearest to what came, with straight lines between them.

    One leaver and one stayer are added at either end before pooling, so that the lowest step of
    n listeners who all stayed says 1 / (n + 2), not never (Laplace's rule of succession), and the
    highest likewise. Plateaus make ties: order listeners by the model's own score within them.

    Zadrozny & Elkan, "Transforming classifier scores into accurate multiclass probability
    estimates", KDD 2002.
    """

    n_free = float("inf")
    #: Below 1,000 of each it follows noise: the log loss rose from 0.600 to 0.609 (churn.md §4.4).
    least_of_each_class = 1_000

    def _fit(self, p, y):
        ends = np.array([p[0], p[0], p[-1], p[-1]])
        said, came = np.concatenate([ends, p]), np.concatenate([[0, 1, 0, 1], y])
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(said, came)
        self.said, self.became = steps.X_thresholds_, steps.y_thresholds_

    def _apply(self, p):
        return np.interp(p, self.said, self.became)

    def _dump(self):
        return {"said": self.said.tolist(), "became": self.became.tolist()}

    def _restore(self, values):
        self.said = np.asarray(values["said"], dtype=np.float64)
        self.became = np.asarray(values["became"], dtype=np.float64)
        knots = np.concatenate([self.said, self.became])
        if len(self.said) != len(self.became) or not len(self.said) or not _are_shares(knots):
            raise ValueError("knots are not two lists of as many shares")
        if (np.diff(self.said) <= 0).any() or (np.diff(self.became) < 0).any():
            raise ValueError("knots do not rise")


def _are_shares(values) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
