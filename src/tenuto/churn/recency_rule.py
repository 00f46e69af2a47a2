"""The longer silent, the likelier gone: the trivial opponent every model is compared with."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

from tenuto.churn._contract import ChurnModel
from tenuto.saved import as_json, from_json

LABEL = "Recency rule"
NEEDS: tuple[str, ...] = ("days_since_last_event",)


class Model(ChurnModel):
    """A rising step curve of P(churn) over days since the last event, fitted isotonically.

    NULL, a listener never seen, counts as silent for longer than anyone. Probabilities
    stay inside 1 / (n + 2) and 1 minus that (Laplace), since no count proves a certainty.
    """

    needs = NEEDS

    def _fit(self, X, y, user_id, seed):
        days = X[:, 0]
        longest = np.nanmax(days) if (~np.isnan(days)).any() else 0.0
        self.never = float(longest + 1)
        least = 1 / (len(y) + 2)
        curve = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
        curve.fit(np.where(np.isnan(days), self.never, days), y)
        self.days, self.share = curve.X_thresholds_, curve.y_thresholds_

    def _predict(self, X):
        days = np.where(np.isnan(X[:, 0]), self.never, X[:, 0])
        return np.interp(days, self.days, self.share)

    def _dump(self):
        curve = {"days": self.days.tolist(), "share": self.share.tolist(), "never": self.never}
        return {"model.json": as_json(curve)}

    def _restore(self, files):
        curve = from_json(files["model.json"])
        self.never = float(curve["never"])
        self.days = np.asarray(curve["days"], dtype=np.float64)
        self.share = np.asarray(curve["share"], dtype=np.float64)
