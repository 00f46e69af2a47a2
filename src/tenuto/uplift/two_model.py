"""Two models: the chance of leaving learned from those held out, minus that of those contacted.

The T-learner of Künzel, Sekhon, Bickel & Yu, "Metalearners for estimating heterogeneous treatment
effects using machine learning", PNAS 2019.
"""

from __future__ import annotations

from tenuto.uplift._booster import chances, predicted
from tenuto.uplift._contract import UpliftModel

LABEL = "Two models"


class Model(UpliftModel):
    """Simple, and as noisy as both models together; the smaller group sets the limit."""

    def _fit(self, X, y, is_treated, treat_share, seed):
        self.without = chances(X[~is_treated], y[~is_treated], seed)
        self.contacted = chances(X[is_treated], y[is_treated], seed)

    def _predict(self, X):
        return predicted(self.without, X) - predicted(self.contacted, X)
