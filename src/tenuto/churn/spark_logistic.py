"""Logistic regression trained by Spark, for data that outgrow one machine."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import expit

from tenuto import saved
from tenuto.churn._spark_grid import Grid
from tenuto.churn._spark_model import SparkModel

LABEL = "Logistic regression (Spark)"
NEEDS: tuple[str, ...] = ()
COST = "12 s for 4,900 rows of 88 columns on one busy core; most of it is Spark's own, step by step"
ON_REQUEST = True
NEEDS_SPARK = True
#: From hardly any column held back to hardly any used.
SPACE = {"regularization": (1e-5, 1.0)}


class Model(SparkModel):
    """S1-M6, with large counts tamed and missing kept visible (K7, K15).

    Columns are brought to one standard deviation by Spark. S1-M6 itself is ``max_iter=5,
    log_counts=False``.

    Parameters
    ----------
    regularization : of the mean loss, so that it does not depend on the number of rows
    l1_share : 0 holds all columns back a little (L2), 1 leaves some out (L1)
    max_iter : of lbfgs (OWL-QN with L1)
    log_counts : sign(x) * log(1 + |x|) of each column first
    grid : tried first by Spark's CrossValidator in ``n_folds`` folds of listeners
    """

    needs = NEEDS
    PARAMETERS: ClassVar = {
        "regularization": "regParam",
        "l1_share": "elasticNetParam",
        "max_iter": "maxIter",
    }

    def __init__(
        self,
        regularization: float = 0.01,
        l1_share: float = 0.0,
        max_iter: int = 100,
        log_counts: bool = True,
        grid: Grid | None = None,
        n_folds: int = 3,
    ):
        self.is_logged = log_counts
        super().__init__(
            regularization=regularization,
            l1_share=l1_share,
            max_iter=max_iter,
            log_counts=log_counts,
            grid=grid,
            n_folds=n_folds,
        )

    def _estimator(self, ml: Any, parameters: dict[str, Any], seed: int) -> Any:
        return ml.classification.LogisticRegression(**parameters, standardization=True)

    def _learned(self, model: Any, seen: np.ndarray) -> None:
        self.coefficients = np.asarray(model.coefficients.toArray(), dtype=np.float64)
        self.mean = seen.mean(axis=0)
        # From an average row on: what a column adds is then told by how far it is from that.
        self.intercept = float(model.intercept) + float(self.coefficients @ self.mean)

    def _predict(self, X):
        return expit((self.filling.matrix(X) - self.mean) @ self.coefficients + self.intercept)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Coefficient times distance from the mean; a missing value counts for its column."""
        parts = (self.filling.matrix(self._matrix(X)) - self.mean) * self.coefficients
        table = pd.DataFrame(self.filling.joined(parts), columns=list(self.columns))
        return table.assign(expected=self.intercept + self.shift)

    def _dump(self):
        learned = {
            "coefficients": self.coefficients.tolist(),
            "mean": self.mean.tolist(),
            "intercept": self.intercept,
        }
        return super()._dump() | {"regression.json": saved.as_json(learned)}

    def _restore(self, files):
        super()._restore(files)
        learned = saved.from_json(files["regression.json"])
        self.coefficients = np.asarray(learned["coefficients"], dtype=np.float64)
        self.mean = np.asarray(learned["mean"], dtype=np.float64)
        self.intercept = float(learned["intercept"])
