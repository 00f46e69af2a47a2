"""Gradient-boosted trees trained by Spark, for data that outgrow one machine."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from tenuto.churn._spark_ensemble import SparkTrees
from tenuto.churn._spark_grid import Grid
from tenuto.churn._spark_trees import LOG_ODDS

LABEL = "Gradient boosting (Spark)"
NEEDS: tuple[str, ...] = ()
COST = "17 s for 4,900 rows of 88 columns on one busy core; most of it is Spark's own, tree by tree"
ON_REQUEST = True
NEEDS_SPARK = True
#: About the grid of S1-M8, and shallower trees.
SPACE = {"max_depth": (2, 6), "n_estimators": (15, 60), "learning_rate": (0.03, 0.3)}


class Model(SparkTrees):
    """Shallow trees, each on some rows and columns: many features say nearly the same.

    S1-M7 is ``n_estimators=20, max_depth=5, min_samples_leaf=1, subsample=1.0,
    share_of_columns="all"``, which learns a few thousand rows by heart. S1-M8 is that with
    ``grid={"max_depth": [4, 5, 6], "n_estimators": [20, 30, 40, 60], "learning_rate": [0.0333,
    0.005, 0.0667, 0.1]}``: 145 fits, so start with less.

    Parameters
    ----------
    min_samples_leaf : rows that a leaf must have
    subsample : the share of rows that each tree sees
    share_of_columns : how many each split may choose among: "all", a share such as "0.4", "sqrt"
    max_bins : values of a column between which a split is looked for
    grid : tried first by Spark's CrossValidator in ``n_folds`` folds of listeners
    """

    needs = NEEDS
    PARAMETERS: ClassVar = {
        "n_estimators": "maxIter",
        "max_depth": "maxDepth",
        "learning_rate": "stepSize",
        "min_samples_leaf": "minInstancesPerNode",
        "subsample": "subsamplingRate",
        "share_of_columns": "featureSubsetStrategy",
        "max_bins": "maxBins",
    }
    HEADER = LOG_ODDS
    # Spark's loss is of labels -1 and 1: P = 1 / (1 + exp(-2 F)).
    TIMES = 2.0

    def __init__(
        self,
        n_estimators: int = 30,
        max_depth: int = 3,
        learning_rate: float = 0.1,
        min_samples_leaf: int = 20,
        subsample: float = 0.6,
        share_of_columns: str = "0.4",
        max_bins: int = 32,
        grid: Grid | None = None,
        n_folds: int = 3,
    ):
        super().__init__(
            n_estimators=n_estimators,
            max_depth=max_depth,
            learning_rate=learning_rate,
            min_samples_leaf=min_samples_leaf,
            subsample=subsample,
            share_of_columns=share_of_columns,
            max_bins=max_bins,
            grid=grid,
            n_folds=n_folds,
        )

    def _estimator(self, ml: Any, parameters: dict[str, Any], seed: int) -> Any:
        return ml.classification.GBTClassifier(**parameters, seed=seed)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Exact SHAP values of the trees, in log-odds; a hole counts for its column."""
        matrix = self._matrix(X)
        if len(matrix) == 0:
            return pd.DataFrame(columns=[*self.columns, "expected"], dtype=np.float64)
        filled = self.filling.matrix(matrix)
        parts = np.asarray(self.booster.predict(filled, pred_contrib=True, num_threads=1))
        table = pd.DataFrame(self.filling.joined(parts[:, :-1]), columns=list(self.columns))
        return table.assign(expected=parts[:, -1] + self.shift)
