"""Logistic regression on logged, scaled columns: fast, calm, readable."""

from __future__ import annotations

import pandas as pd
from sklearn.linear_model import LogisticRegression

from tenuto.churn import _estimators
from tenuto.churn._contract import ChurnModel
from tenuto.churn._preprocessing import scaler, signed_log1p

LABEL = "Logistic regression"
NEEDS: tuple[str, ...] = ()
#: From hardly any column used to hardly any held back.
SPACE = {"C": (1e-4, 10.0)}


class Model(ChurnModel):
    """S1-M1 and S2-M1 with the scaling they lacked (K15) and missing kept visible (K7).

    Parameters
    ----------
    C : inverse strength of the L2 penalty
    max_iter : of lbfgs; overlapping windows are collinear, so the last digits come slowly
    """

    needs = NEEDS

    def __init__(self, C: float = 1.0, max_iter: int = 300):
        super().__init__(C=C, max_iter=max_iter)

    def _fit(self, X, y, user_id, seed):
        rows = self.training_rows(X, y, seed)
        self.scaler = scaler()
        scaled = self.scaler.fit_transform(signed_log1p(rows.X))
        # tol: well below what moves a probability in its third decimal.
        regression = LogisticRegression(**self.settings, tol=1e-3)
        self.regression = regression.fit(scaled, rows.y, rows.weight)

    def _predict(self, X):
        return self.regression.predict_proba(self.scaler.transform(signed_log1p(X)))[:, 1]

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Coefficient times distance from the mean; a missing value counts for its column."""
        scaled = self.scaler.transform(signed_log1p(self._matrix(X)))
        terms = scaled * self.regression.coef_[0]
        own, indicators = terms[:, : len(self.columns)].copy(), terms[:, len(self.columns) :]
        with_indicator = self.scaler.named_steps["simpleimputer"].indicator_.features_
        own[:, with_indicator] += indicators
        table = pd.DataFrame(own, columns=list(self.columns))
        return table.assign(expected=float(self.regression.intercept_[0]) + self.shift)

    def _dump(self):
        return {
            "regression.skops": _estimators.to_bytes(self.regression),
            "scaler.skops": _estimators.to_bytes(self.scaler),
        }

    def _restore(self, files):
        self.regression = _estimators.from_bytes(files["regression.skops"])
        self.scaler = _estimators.from_bytes(files["scaler.skops"])
