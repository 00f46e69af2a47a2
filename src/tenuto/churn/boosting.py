"""Gradient-boosted trees (LightGBM): the main model, with exact reasons per listener."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd

from tenuto.churn._contract import ChurnModel
from tenuto.churn._inner_split import validation_rows
from tenuto.churn._trees import PARAMETERS, booster_of, parameters, text_of
from tenuto.sampling import Rows

LABEL = "Gradient boosting"
NEEDS: tuple[str, ...] = ()
#: What `tenuto churn train` tries (see ``search/space.py``).
SPACE = {
    "learning_rate": (0.01, 0.1),
    "num_leaves": (4, 64),
    "rounds_when_few": (40, 400),
}


class Model(ChurnModel):
    """Small steps, stopped early on a fifth of the users; a fixed number when users are few.

    Class weights only when asked for, and put back afterwards: they spoil the probabilities
    (churn.md §2.1, row 8). NaN is a direction of its own at every split.

    Parameters
    ----------
    max_rounds : trees at most
    rounds_when_few : trees when there are too few users to hold some out
    n_jobs : threads; on busy cores two were slower than one
    """

    needs = NEEDS

    def __init__(
        self,
        learning_rate: float = 0.03,
        num_leaves: int = 12,
        max_rounds: int = 600,
        patience: int = 50,
        rounds_when_few: int = 120,
        n_jobs: int = 1,
    ):
        super().__init__(
            learning_rate=learning_rate,
            num_leaves=num_leaves,
            max_rounds=max_rounds,
            patience=patience,
            rounds_when_few=rounds_when_few,
            n_jobs=n_jobs,
        )

    def _fit(self, X, y, user_id, seed):
        held_out = validation_rows(user_id, y, "boosting")
        if held_out is None:
            rounds = self.settings["rounds_when_few"]
            training = self._data(self.training_rows(X, y, seed))
            self.booster = lightgbm.train(parameters(self.settings, len(y), seed), training, rounds)
            return
        rows = self.training_rows(X[~held_out], y[~held_out], seed)
        training, weight = self._data(rows), self.held_out_weights(y[held_out], rows)
        self.booster = lightgbm.train(
            parameters(self.settings, len(y), seed),
            training,
            self.settings["max_rounds"],
            valid_sets=[training.create_valid(X[held_out], y[held_out], weight)],
            callbacks=[lightgbm.early_stopping(self.settings["patience"], verbose=False)],
        )

    def _predict(self, X):
        return self.booster.predict(X, num_threads=self.settings["n_jobs"])

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Exact SHAP values of the trees, in log-odds."""
        matrix = self._matrix(X)
        names = [*self.columns, "expected"]
        if len(matrix) == 0:
            return pd.DataFrame(columns=names, dtype=np.float64)
        threads = self.settings["n_jobs"]
        parts = self.booster.predict(matrix, pred_contrib=True, num_threads=threads)
        table = pd.DataFrame(np.asarray(parts), columns=names)
        return table.assign(expected=table["expected"] + self.shift)

    def _dump(self):
        # Up to the best round only, so that the file holds no tree that is not used.
        return {"model.txt": text_of(self.booster)}

    def _restore(self, files):
        self.booster = booster_of(files["model.txt"])

    def _data(self, rows: Rows) -> lightgbm.Dataset:
        # Columns go by position: LightGBM refuses some names, and the manifest keeps them.
        quiet = {"max_bin": PARAMETERS["max_bin"], "verbose": -1}
        return lightgbm.Dataset(rows.X, rows.y, weight=rows.weight, params=quiet)
