"""Random forest: many deep trees on parts of the rows, averaged."""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier

from tenuto.churn import _estimators
from tenuto.churn._contract import ChurnModel

LABEL = "Random forest"
NEEDS: tuple[str, ...] = ()
#: Wider than the grids of S1-M5 and S2-M4, whose best lay at their edges; more trees only calm.
SPACE = {
    "max_depth": (4, 30),
    "min_samples_leaf": (2, 200),
    "max_rows_per_tree": (2_500, 40_000),
}


class Model(ChurnModel):
    """About the best forests of S1-M5 and S2-M4: depth 15, leaves of 20; NaN goes its own way.

    Parameters
    ----------
    n_estimators : trees; 200 instead of 100 moved the AUC from 0.7778 to 0.7783 and
        doubled the time (48,000 made rows, 80 columns, seed 0)
    max_rows_per_tree : each tree draws at most so many rows, which bounds time and size; all
        48,000 gave 0.7752 in 21 s, 10,000 gave 0.7778 in 6 s (same data)
    n_jobs : cores
    """

    needs = NEEDS

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 15,
        min_samples_leaf: int = 20,
        max_rows_per_tree: int = 10_000,
        n_jobs: int = 1,
    ):
        super().__init__(
            n_estimators=n_estimators,
            max_depth=max_depth,
            min_samples_leaf=min_samples_leaf,
            max_rows_per_tree=max_rows_per_tree,
            n_jobs=n_jobs,
        )

    def _fit(self, X, y, user_id, seed):
        settings = dict(self.settings)
        rows = self.training_rows(X, y, seed)
        max_samples = min(settings.pop("max_rows_per_tree"), len(rows.y))
        forest = RandomForestClassifier(**settings, max_samples=max_samples, random_state=seed)
        self.forest = forest.fit(rows.X, rows.y, rows.weight)

    def _predict(self, X):
        return self.forest.predict_proba(X)[:, 1]

    def _dump(self):
        return {"forest.skops": _estimators.to_bytes(self.forest)}

    def _restore(self, files):
        self.forest = _estimators.from_bytes(files["forest.skops"])
