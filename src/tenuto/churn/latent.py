"""Logistic regression on latent features: the page vector turned into a few components.

What a listener does on the pages of a service goes together: who plays more also likes, adds and
sees more of everything. A principal component analysis finds the few directions in which
listeners differ (S4-W3). It is fitted on training rows alone, so it is a model and no feature.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from tenuto.churn import _estimators
from tenuto.churn._contract import ChurnModel
from tenuto.churn._preprocessing import scaler, signed_log1p

LABEL = "Latent features"
NEEDS: tuple[str, ...] = ()
ON_REQUEST = True
# The columns that count something: plays, thumbs, visits to pages.
_COUNTS = "n_"


class Model(ChurnModel):
    """Logged, scaled counts -> a few components; with all other columns -> logistic regression.

    With fewer counts, or fewer listeners, than ``components`` there are as many as there can
    be; without any count it is the plain regression.

    Parameters
    ----------
    components : how many directions stand for the counts; arbitrary, as a handful
    C : inverse strength of the L2 penalty
    max_iter : of lbfgs
    """

    needs = NEEDS

    def __init__(self, components: int = 8, C: float = 1.0, max_iter: int = 300):
        super().__init__(components=components, C=C, max_iter=max_iter)

    def _fit(self, X, y, user_id, seed):
        rows = self.training_rows(X, y, seed)
        self.scaler = scaler()
        scaled = self.scaler.fit_transform(signed_log1p(rows.X))
        counts = scaled[:, self._counts()]
        n_components = min(self.settings["components"], *counts.shape)
        # The whole decomposition, with scikit-learn's rule for signs: the same every time.
        self.pca = PCA(n_components, svd_solver="full").fit(counts) if n_components else None
        regression = LogisticRegression(
            C=self.settings["C"], max_iter=self.settings["max_iter"], tol=1e-3
        )
        self.regression = regression.fit(self._latent(scaled), rows.y, rows.weight)

    def _predict(self, X):
        scaled = self.scaler.transform(signed_log1p(X))
        return self.regression.predict_proba(self._latent(scaled))[:, 1]

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Each column's share of the log-odds, by way of the components: all of it is linear."""
        scaled = self.scaler.transform(signed_log1p(self._matrix(X)))
        terms = scaled * self._weights(scaled.shape[1])
        own, indicators = terms[:, : len(self.columns)].copy(), terms[:, len(self.columns) :]
        own[:, self.scaler.named_steps["simpleimputer"].indicator_.features_] += indicators
        table = pd.DataFrame(own, columns=list(self.columns))
        return table.assign(expected=self._intercept() + self.shift)

    def _counts(self) -> np.ndarray:
        """Where the counts are among the columns."""
        return np.flatnonzero([column.startswith(_COUNTS) for column in self.columns])

    def _latent(self, scaled: np.ndarray) -> np.ndarray:
        """Components first, then the columns that count nothing and the indicators."""
        if self.pca is None:
            return scaled
        counts = self._counts()
        others = np.delete(scaled, counts, axis=1)
        return np.hstack([self.pca.transform(scaled[:, counts]), others])

    def _weights(self, n_columns: int) -> np.ndarray:
        """The coefficient of every scaled column and indicator."""
        coefficients = self.regression.coef_[0]
        if self.pca is None:
            return coefficients
        counts, n_components = self._counts(), len(self.pca.components_)
        weights = np.empty(n_columns)
        weights[counts] = coefficients[:n_components] @ self.pca.components_
        weights[np.delete(np.arange(n_columns), counts)] = coefficients[n_components:]
        return weights

    def _intercept(self) -> float:
        """The log-odds of an average training row: the components' means are taken off."""
        intercept = float(self.regression.intercept_[0])
        if self.pca is None:
            return intercept
        weights = self.regression.coef_[0][: len(self.pca.components_)] @ self.pca.components_
        return intercept - float(weights @ self.pca.mean_)

    def _dump(self):
        files = {
            "regression.skops": _estimators.to_bytes(self.regression),
            "scaler.skops": _estimators.to_bytes(self.scaler),
        }
        return files if self.pca is None else files | {"pca.skops": _estimators.to_bytes(self.pca)}

    def _restore(self, files):
        self.regression = _estimators.from_bytes(files["regression.skops"])
        self.scaler = _estimators.from_bytes(files["scaler.skops"])
        self.pca = _estimators.from_bytes(files["pca.skops"]) if "pca.skops" in files else None
