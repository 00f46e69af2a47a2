"""What comes next: one model over {stays, upgrades, downgrades, cancels} (S4-W1, W5).

Several yes-or-no models give probabilities that do not add up to 1; one model over all that
can happen does. Gradient boosting with a softmax (LightGBM "multiclass"), out of time and out of
user like the others, and judged one outcome against the rest, beside the base rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from tenuto import saved
from tenuto.churn._dataset import CutoffData
from tenuto.churn._examples import Examples
from tenuto.churn._trees import booster_of, text_of
from tenuto.errors import NotEnoughData
from tenuto.evaluation.folds import user_fold
from tenuto.evaluation.intervals import interval

# Softer than the binary model: the rarest outcome has few examples in every small service.
_PARAMETERS = {
    "objective": "multiclass",
    "deterministic": True,
    "force_row_wise": True,
    "learning_rate": 0.03,
    "num_leaves": 6,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "max_bin": 127,
    "num_threads": 1,
    "verbose": -1,
}
_ROUNDS = 100
_JUDGED_BY = ("auc", "average_precision")
#: The columns of `judged`.
METRICS = ["outcome", "metric", "value", "low", "high", "base_rate", "n_with", "n_rows"]


@dataclass(frozen=True)
class NextStep:
    """A fitted model; ``outcomes`` in the order of its columns."""

    outcomes: tuple[str, ...]
    columns: tuple[str, ...]
    booster: lightgbm.Booster

    @classmethod
    def fit(cls, examples: Examples, *, random_state: int) -> NextStep:
        """Learn from examples with an ``outcome``.

        Raises
        ------
        NotEnoughData : if only one outcome ever came
        """
        ordered = examples.in_order()
        came = np.asarray([] if ordered.outcome is None else ordered.outcome)
        outcomes = tuple(sorted(set(came)))
        if len(outcomes) < 2:
            raise NotEnoughData(
                f"{len(outcomes)} kind of outcome: nothing to tell apart",
                mend="take an earlier cutoff, more listeners, or a longer horizon",
            )
        code = np.searchsorted(outcomes, came)
        least = int(np.clip(len(code) // 100, 5, 50))
        settings = _PARAMETERS | {
            "num_class": len(outcomes),
            "min_data_in_leaf": least,
            "seed": random_state,
        }
        # Columns go by position: LightGBM refuses some names.
        data = lightgbm.Dataset(ordered.X.to_numpy(), code, params={"verbose": -1, "max_bin": 127})
        booster = lightgbm.train(settings, data, _ROUNDS)
        return cls(outcomes, tuple(ordered.X.columns), booster)

    def predict(self, X: pd.DataFrame) -> pd.DataFrame:
        """One column per outcome; each row sums to 1."""
        matrix = X[list(self.columns)].to_numpy()
        p = self.booster.predict(matrix, num_threads=1) if len(matrix) else np.empty((0, 1))
        return pd.DataFrame(
            np.reshape(p, (len(matrix), len(self.outcomes))), columns=list(self.outcomes)
        )

    def save(self, folder: Path) -> str:
        """Write the model, as the others are written; the digest of its manifest."""
        card = {"model": "next_step", "columns": list(self.columns), "outcomes": self.outcomes}
        return saved.write_folder(folder, card, {"model.txt": text_of(self.booster)})

    @classmethod
    def load(cls, folder: Path) -> NextStep:
        """A saved model; nothing in the folder is executed."""
        card, files = saved.read_folder(folder, {"model", "columns", "outcomes"})
        booster = booster_of(files["model.txt"])
        return cls(tuple(card["outcomes"]), tuple(card["columns"]), booster)


def cross_fitted(
    training: Examples, test: Examples, *, n_folds: int, random_state: int
) -> pd.DataFrame:
    """Probabilities of every test row by a model that saw neither its user nor its days.

    An outcome that a fold has never seen has probability 0 there.
    """
    training_fold = user_fold(training.user_id, n_folds, "forward")
    test_fold = user_fold(test.user_id, n_folds, "forward")
    known = sorted(set(training.outcome if training.outcome is not None else ()))
    found = pd.DataFrame(0.0, index=range(len(test)), columns=known)
    for fold in range(n_folds):
        rows = test_fold == fold
        model = NextStep.fit(training.take(training_fold != fold), random_state=random_state + fold)
        found.loc[rows, list(model.outcomes)] = model.predict(test.X[rows]).to_numpy()
    return found


def judged(probabilities: pd.DataFrame, test: CutoffData, rng, n_draws: int) -> pd.DataFrame:
    """One row per outcome and metric, one against the rest, with interval and base rate."""
    outcome = test.examples.outcome
    assert outcome is not None
    rows = []
    for name in probabilities.columns:
        y = (outcome == name).astype(np.int8)
        table = interval(
            y, probabilities[name].to_numpy(), test.examples.user_id, rng=rng, n_draws=n_draws
        )
        for metric in _JUDGED_BY:
            value, low, high = table.loc[metric].to_numpy(dtype=np.float64)
            rows.append((name, metric, value, low, high, float(y.mean()), int(y.sum()), len(y)))
    return pd.DataFrame(rows, columns=METRICS)
