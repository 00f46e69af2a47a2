"""Do the probabilities of the call list mean what they say, before and after calibration?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.evaluation.brier import brier_decomposition
from tenuto.evaluation.calibration import errors_of_truth
from tenuto.evaluation.curves import reliability
from tenuto.evaluation.intervals import interval
from tenuto.timeline import POPULATIONS

#: Stage -> prefix of the columns of ``test_scores`` that hold what was said.
STAGES = {"before": "score", "after": "probability"}
_FIGURES = ("ece", "calibration_slope", "calibration_intercept", "log_loss", "brier")
_N_TRUTHS = 200
_PARTS = ("reliability", "resolution", "uncertainty", "within_bins")


def reliability_curves(test: pd.DataFrame, model: str) -> pd.DataFrame:
    """Points per ``stage`` and ``population``: ``n``, ``predicted``, ``observed``, interval."""
    parts = [
        reliability(y, p).assign(stage=stage, population=population)
        for stage, population, y, p, _ in _each(test, model)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def calibration_figures(
    test: pd.DataFrame, model: str, random_state: int, n_draws: int
) -> pd.DataFrame:
    """One row per stage, population and metric: ``value``, ``low``, ``high``, ``n_rows``.

    The parts of the Brier score have no interval: they are read together, not alone.
    """
    records = []
    for stage, population, y, p, users in _each(test, model):
        facts = {"stage": stage, "population": population, "n_rows": len(y)}
        # The same draws before and after, so that the two intervals can be laid side by side.
        rng = np.random.default_rng([random_state, 19])
        table = interval(y, p, users, rng=rng, n_draws=n_draws)
        for metric in _FIGURES:
            figures = {name: table.at[metric, name] for name in table.columns}
            records.append(facts | {"metric": metric} | figures)
        records.append(facts | {"metric": "ece_of_truth"} | _ece_of_truth(p, random_state))
        found = brier_decomposition(y, p)
        nothing = {"low": float("nan"), "high": float("nan")}
        for part in _PARTS:
            name = f"brier_{part}"
            records.append(facts | {"metric": name, "value": found[part]} | nothing)
    return pd.DataFrame(records)


def _ece_of_truth(p: np.ndarray, random_state: int) -> dict[str, float]:
    """The calibration error that so many rows show where every probability is true.

    Mean and 95 % range: the error is never 0, and its bootstrap interval lies too high.
    """
    rng = np.random.default_rng([random_state, 23])
    errors = errors_of_truth(p, _N_TRUTHS, rng)
    low, high = np.quantile(errors, [0.025, 0.975])
    return {"value": float(np.mean(errors)), "low": float(low), "high": float(high)}


def _each(test: pd.DataFrame, model: str):
    for stage, prefix in STAGES.items():
        column = f"{prefix}_{model}"
        if column not in test:
            continue
        for population in POPULATIONS:
            name = f"is_{population}"
            rows = test if name not in test else test[test[name].astype(bool)]
            if len(rows):
                p = np.clip(rows[column].to_numpy(dtype=np.float64), 0.0, 1.0)
                yield stage, population, rows["y"].to_numpy(), p, rows["user_id"].to_numpy()
