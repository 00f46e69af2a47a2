"""X-learner: what contact would have changed is filled in for each group by the other's model.

Künzel, Sekhon, Bickel & Yu, "Metalearners for estimating heterogeneous treatment effects using
machine learning", PNAS 2019. Made for groups of unequal size, as those of a hold-out are.
"""

from __future__ import annotations

import numpy as np

from tenuto.uplift._booster import amounts, chances, predicted
from tenuto.uplift._contract import UpliftModel

LABEL = "X-learner"


class Model(UpliftModel):
    """Filled-in effects are learned in each group, then weighed by the chance of contact.

    The chance of contact is known by design; for new listeners it is the mean of the training.
    """

    def _fit(self, X, y, is_treated, treat_share, seed):
        without = chances(X[~is_treated], y[~is_treated], seed)
        contacted = chances(X[is_treated], y[is_treated], seed)
        # Both are drops in leaving: held out minus contacted.
        of_contacted = predicted(without, X[is_treated]) - y[is_treated]
        of_held_out = y[~is_treated] - predicted(contacted, X[~is_treated])
        self.by_contacted = amounts(X[is_treated], of_contacted, seed)
        self.by_held_out = amounts(X[~is_treated], of_held_out, seed)
        self.share = float(np.mean(treat_share))

    def _predict(self, X):
        # The larger group has the better figures of the other's chances: hence crosswise.
        by_held_out, by_contacted = (
            predicted(self.by_held_out, X),
            predicted(self.by_contacted, X),
        )
        return self.share * by_held_out + (1 - self.share) * by_contacted
