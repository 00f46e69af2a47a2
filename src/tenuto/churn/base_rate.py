"""Everyone gets the share of listeners who left: the floor of every probability."""

from __future__ import annotations

import numpy as np

from tenuto.churn._contract import ChurnModel
from tenuto.saved import as_json, from_json

LABEL = "Base rate"
NEEDS: tuple[str, ...] = ()


class Model(ChurnModel):
    """A constant. Its AUC is 0.5; its log loss is what any other model has to beat."""

    needs = NEEDS

    def _fit(self, X, y, user_id, seed):
        self.share = float(y.mean())

    def _predict(self, X):
        return np.full(len(X), self.share)

    def _dump(self):
        return {"model.json": as_json({"share": self.share})}

    def _restore(self, files):
        self.share = float(from_json(files["model.json"])["share"])
