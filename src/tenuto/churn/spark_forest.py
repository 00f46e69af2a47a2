"""Random forest trained by Spark, for data that outgrow one machine."""

from __future__ import annotations

from typing import Any, ClassVar

from tenuto.churn._spark_ensemble import SparkTrees
from tenuto.churn._spark_grid import Grid
from tenuto.churn._spark_trees import MEAN

LABEL = "Random forest (Spark)"
NEEDS: tuple[str, ...] = ()
COST = (
    "20 s for 4,900 rows of 88 columns on one busy core; most of it is Spark's own, level by level"
)
ON_REQUEST = True
NEEDS_SPARK = True
#: As far as that of ``forest``; Spark grows no tree deeper than 30.
SPACE = {"max_depth": (4, 15), "min_samples_leaf": (2, 200), "subsample": (0.1, 1.0)}


class Model(SparkTrees):
    """Trees of averages of 0 and 1, which is a probability (Malley et al., "Probability
    machines", Methods of Information in Medicine 2012).

    Splits are those of Gini's impurity, which is twice the variance. Spark's forest for classes
    merges neighbouring leaves that vote alike, however different their shares are (SPARK-3159):
    that is smaller and spoils probabilities.

    Parameters
    ----------
    min_samples_leaf : rows that a leaf must have
    subsample : the share of rows that each tree draws, with replacement
    max_bins : values of a column between which a split is looked for
    grid : tried first by Spark's CrossValidator in ``n_folds`` folds of listeners
    """

    needs = NEEDS
    PARAMETERS: ClassVar = {
        "n_estimators": "numTrees",
        "max_depth": "maxDepth",
        "min_samples_leaf": "minInstancesPerNode",
        "subsample": "subsamplingRate",
        "max_bins": "maxBins",
    }
    HEADER = MEAN
    RANKED_BY = "prediction"

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 12,
        min_samples_leaf: int = 20,
        subsample: float = 0.5,
        max_bins: int = 32,
        grid: Grid | None = None,
        n_folds: int = 3,
    ):
        super().__init__(
            n_estimators=n_estimators,
            max_depth=max_depth,
            min_samples_leaf=min_samples_leaf,
            subsample=subsample,
            max_bins=max_bins,
            grid=grid,
            n_folds=n_folds,
        )

    def _estimator(self, ml: Any, parameters: dict[str, Any], seed: int) -> Any:
        # Of a regression Spark would try a third of the columns at each split.
        return ml.regression.RandomForestRegressor(
            **parameters, featureSubsetStrategy="sqrt", seed=seed
        )
