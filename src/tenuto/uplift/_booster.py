"""The small booster under the uplift models: few, shallow trees with large leaves.

What sets listeners apart in uplift is weak beside what sets them apart in risk; a booster as
fine as the one that foretells leaving would learn mostly noise.
"""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np

_PARAMETERS = {
    "deterministic": True,
    "force_row_wise": True,
    "learning_rate": 0.05,
    "num_leaves": 6,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 63,
    "num_threads": 1,
    "verbose": -1,
}
ROUNDS = 80


def chances(X: np.ndarray, y: np.ndarray, seed: int) -> lightgbm.Booster:
    """Trees for the chance of a 1."""
    return _trained(X, y, seed, "binary")


def amounts(X: np.ndarray, amount: np.ndarray, seed: int) -> lightgbm.Booster:
    """Trees for the mean of an amount."""
    return _trained(X, amount, seed, "regression")


def predicted(booster: lightgbm.Booster, X: np.ndarray) -> np.ndarray:
    """One figure per row."""
    if not len(X):
        return np.empty(0)
    return np.asarray(booster.predict(X, num_threads=1), dtype=np.float64)


def _trained(X: np.ndarray, target: np.ndarray, seed: int, objective: str) -> lightgbm.Booster:
    parameters: dict[str, Any] = _PARAMETERS | {
        "objective": objective,
        "seed": seed,
        "min_data_in_leaf": int(np.clip(len(target) // 40, 20, 200)),
    }
    quiet = {"max_bin": _PARAMETERS["max_bin"], "verbose": -1}
    return lightgbm.train(parameters, lightgbm.Dataset(X, target, params=quiet), ROUNDS)
