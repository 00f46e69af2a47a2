"""Churn models of many trees that Spark has grown: scored, explained and kept by LightGBM."""

from __future__ import annotations

from typing import Any, ClassVar

import lightgbm
import numpy as np

from tenuto.churn._spark_model import SparkModel
from tenuto.churn._spark_trees import booster_of, trees_told, weighed
from tenuto.saved import whole_trees


class SparkTrees(SparkModel):
    """A member writes `_estimator`, and says how its trees become a probability."""

    #: `LOG_ODDS` or `MEAN`, and by what each tree's answer is multiplied.
    HEADER: ClassVar[str]
    TIMES: ClassVar[float] = 1.0

    text: str
    booster: lightgbm.Booster

    def _learned(self, model: Any, seen: np.ndarray) -> None:
        trees = trees_told(model.toDebugString, self.TIMES)
        self.text = weighed(trees, self.HEADER, seen.shape[1], seen)
        self.booster = booster_of(self.text)

    def _predict(self, X):
        return self.booster.predict(self.filling.matrix(X), num_threads=1)

    def _dump(self):
        return super()._dump() | {"trees.txt": self.text.encode()}

    def _restore(self, files):
        super()._restore(files)
        self.text = files["trees.txt"].decode()
        self.booster = booster_of(whole_trees(files["trees.txt"]))
