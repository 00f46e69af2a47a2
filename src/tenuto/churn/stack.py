"""Several models in one, each with the weight that it earns on listeners it has not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from tenuto.calibration import fit_logistic
from tenuto.churn import blend
from tenuto.churn._inner_split import MIN_OF_EACH_CLASS
from tenuto.evaluation.folds import user_fold
from tenuto.saved import as_json, from_json

LABEL = "Stack"
NEEDS: tuple[str, ...] = ()
ON_REQUEST = True

_LEAST = 1e-6


class Model(blend.Model):
    """A logistic curve over the log-odds of its parts, no weight below 0.

    The weights are learned from what each part says of a fold of listeners after training on the
    others; then the parts learn from everybody. With fewer than 50 listeners of either kind all
    weigh the same, as in a blend. Wolpert, "Stacked generalization", Neural Networks 1992; weights
    of at least 0 after Breiman, "Stacked regressions", Machine Learning 1996.

    Parameters
    ----------
    parts : members of the room without needs; if all that have weight give reasons, so does it.
        "forest" as a third part gives none and took three times as long for an AUC of 0.8253
        instead of 0.8242, far within noise (1,732 made listeners, seed 0)
    n_folds : inner folds of listeners; the parts are trained once more than that

    Raises
    ------
    ContractError : if there is no part, one twice, or one with needs
    """

    needs = NEEDS

    def __init__(self, parts=("boosting", "logistic"), n_folds: int = 5):
        super().__init__(parts=parts)
        self.settings["n_folds"] = n_folds

    def _fit(self, X, y, user_id, seed):
        fold = user_fold(user_id, self.settings["n_folds"], "stack")
        self.intercept, self.weights = 0.0, np.full(len(self.parts), 1 / len(self.parts))
        if _has_enough(y, fold):
            said = np.empty((len(y), len(self.parts)))
            for held_out in np.unique(fold):
                rows = fold == held_out
                super()._fit(X[~rows], y[~rows], user_id[~rows], seed)
                said[rows] = self._log_odds(X[rows])
            self.intercept, self.weights = fit_logistic(said, y)
        super()._fit(X, y, user_id, seed)

    def _predict(self, X):
        return expit(self.intercept + self._log_odds(X) @ self.weights)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What the column adds in each part, times the part's weight.

        Raises
        ------
        ContractError : if a part that has weight cannot say
        """
        columns = [*self.columns, "expected"]
        total = np.zeros((len(X), len(columns)))
        for part, weight in zip(self.parts, self.weights, strict=True):
            if weight > 0:
                total += weight * part.contributions(X)[columns].to_numpy()
        table = pd.DataFrame(total, columns=columns)
        return table.assign(expected=table["expected"] + self.intercept)

    def _log_odds(self, X: np.ndarray) -> np.ndarray:
        p = np.column_stack([part.probability(X) for part in self.parts])
        # No part is so sure that it outvotes the others whatever they say.
        return logit(np.clip(p, _LEAST, 1 - _LEAST))

    def _dump(self):
        learned = {"intercept": self.intercept, "weights": self.weights.tolist()}
        return super()._dump() | {"stack.json": as_json(learned)}

    def _restore(self, files):
        learned = from_json(files["stack.json"])
        self.intercept = float(learned["intercept"])
        self.weights = np.asarray(learned["weights"], dtype=np.float64)
        if len(self.weights) != len(self.parts):
            raise ValueError("not one weight per part")
        super()._restore(files)


def _has_enough(y: np.ndarray, fold: np.ndarray) -> bool:
    """Whether there are enough of either kind, some of each beside every fold."""
    n_left = int(y.sum())
    if min(n_left, len(y) - n_left) < MIN_OF_EACH_CLASS:
        return False
    return all(0 < y[fold != each].mean() < 1 for each in np.unique(fold))
