"""The verdict: every figure with its interval, its base rate and the trivial opponent beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation.classification import HIGHER_IS_BETTER, threshold_for_share
from tenuto.evaluation.intervals import N_DRAWS, Bootstrap, bootstrap

OPPONENT = "recency_rule"
#: A list of a tenth: arbitrary, a budget should set it (churn.md §4.5). Never 0.5 (K12).
SHARE_CALLED = 0.10
#: With fewer of either class, drawing again repeats the same few: no verdict (K40).
MIN_OF_EACH_CLASS = 20


def judge(
    scores: pd.DataFrame,
    y,
    populations: Mapping[str, Any],
    rng: np.random.Generator,
    *,
    share_called: float = SHARE_CALLED,
    opponent: str = OPPONENT,
    n_draws: int = N_DRAWS,
) -> list[dict[str, Any]]:
    """One record per population, model and metric.

    Parameters
    ----------
    scores : as `forward` and `snapshot` return it, one cutoff at a time: several cutoffs
        are judged and shown one by one, never pooled as if independent
    y : label per scored row, in the order of the rows of each model
    populations : name -> bool mask per scored row, e.g. all, active_14d (the headline:
        only those can be saved, K2), active_7d
    share_called : the best scored share that is called, for accuracy, precision, recall, F1

    Returns
    -------
    list of dict: ``population``, ``model``, ``metric``, ``value``, ``low``, ``high``,
    ``base_rate``, ``n_rows``, ``n_users``, ``threshold``, ``against`` (the opponent; None for
    itself or when it was not scored), ``difference``, ``difference_low``,
    ``difference_high``, and ``verdict``: "better" or "worse" than the opponent when the
    paired interval leaves out 0 and there are 20 of either class, else "undecided"; None where
    there is no better or nothing to compare. Undefined figures are NaN; a population without
    rows has them all so.

    Raises
    ------
    ContractError : if models were not scored on the same rows, in the same order, as ``y``
    """
    probabilities, user_ids = _wide(scores, len(np.asarray(y)))
    labels, records = np.asarray(y), []
    for population, mask in populations.items():
        rows = _checked_mask(population, mask, len(labels))
        chosen = {name: p[rows] for name, p in probabilities.items()}
        cuts = {name: threshold_for_share(p, share_called) for name, p in chosen.items()}
        found = bootstrap(
            labels[rows], chosen, user_ids[rows], rng=rng, thresholds=cuts, n_draws=n_draws
        )
        facts = {
            "population": population,
            "n_rows": int(rows.sum()),
            "n_users": len(np.unique(user_ids[rows])),
        }
        for name in probabilities:
            records += _records(found, name, opponent, facts | {"threshold": cuts[name]})
    return records


def _records(found: Bootstrap, model: str, opponent: str, facts: dict) -> list[dict[str, Any]]:
    table = found.interval(model)
    is_compared = opponent in found.values and model != opponent
    gaps = found.difference(model, opponent) if is_compared else None
    base_rate = found.values[model]["base_rate"]
    n_rarer = round(min(base_rate, 1 - base_rate) * facts["n_rows"]) if facts["n_rows"] else 0
    records = []
    for metric in found.metrics:
        if metric in ("n", "base_rate"):
            continue
        row = dict(zip(table.columns, _figures(table, metric), strict=True))
        record = facts | {"model": model, "metric": metric, "base_rate": base_rate} | row
        records.append(record | _comparison(metric, opponent, gaps, n_rarer))
    return records


def _comparison(
    metric: str, opponent: str, gaps: pd.DataFrame | None, n_rarer: int
) -> dict[str, Any]:
    if gaps is None:
        nothing = dict.fromkeys(("difference", "difference_low", "difference_high"), float("nan"))
        return {"against": None, **nothing, "verdict": None}
    difference, low, high = _figures(gaps, metric)
    return {
        "against": opponent,
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
        "verdict": _verdict(metric, low, high, n_rarer),
    }


def _figures(table: pd.DataFrame, metric: str) -> list[float]:
    return [float(figure) for figure in table.loc[metric].to_numpy(dtype=np.float64)]


def _verdict(metric: str, low: float, high: float, n_rarer: int) -> str | None:
    if metric not in HIGHER_IS_BETTER or np.isnan(low):
        return None
    if low <= 0 <= high or n_rarer < MIN_OF_EACH_CLASS:
        return "undecided"
    return "better" if (low > 0) == HIGHER_IS_BETTER[metric] else "worse"


def _wide(scores: pd.DataFrame, n_rows: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Probabilities per model, and the user of each row, checked to be the same for all."""
    missing = {"user_id", "model", "probability", "fold"} - set(scores.columns)
    if missing:
        raise ContractError(
            f"scores lack {', '.join(sorted(missing))}",
            mend="pass the scores as forward or snapshot returned them",
        )
    probabilities: dict[str, np.ndarray] = {}
    user_ids = np.empty(0)
    for name, table in scores.groupby("model", sort=False):
        users = table["user_id"].to_numpy()
        if len(users) != n_rows or (probabilities and not np.array_equal(users, user_ids)):
            raise ContractError(
                f"'{name}' has {len(users)} scores for {n_rows} labels, or in another order",
                mend="pass the scores as forward or snapshot returned them, and test.y",
            )
        user_ids = users
        probabilities[str(name)] = levelled(table)
    return probabilities, user_ids


def levelled(table: pd.DataFrame) -> np.ndarray:
    """Probabilities; those of a model that is one constant per fold become one constant.

    Leavers left out of a fold's training lower its constant and raise the rate it is judged
    on. Pooled over folds, a coin then ranks backwards: AUC 0.49, not 0.50 (measured on
    20,000 listeners). Where a model tells listeners apart, the effect is lost in its spread.
    """
    p = table["probability"]
    by_fold = p.groupby(table["fold"])
    is_constant = bool((by_fold.max() == by_fold.min()).all())
    return np.full(len(p), p.mean()) if is_constant else p.to_numpy(dtype=np.float64)


def _checked_mask(population: str, mask, n_rows: int) -> np.ndarray:
    rows = np.asarray(mask)
    if rows.dtype != bool or rows.shape != (n_rows,):
        raise ContractError(
            f"population '{population}' is not one yes or no for each of {n_rows} rows",
            mend="pass a mask in the order of the test examples",
        )
    return rows
