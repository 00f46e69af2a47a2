"""The tables that a study leaves: metrics, curves, importances, funnel, features, call list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.churn._calibrated import Calibration
from tenuto.churn._dataset import CutoffData
from tenuto.churn._judging import judge
from tenuto.churn._protocols import Scored
from tenuto.evaluation import curves
from tenuto.evaluation.folds import some_of, user_fold
from tenuto.evaluation.importance import permutation_importance
from tenuto.evaluation.leaks import single_feature_aucs
from tenuto.timeline import HEADLINE

_CURVES = {
    "roc": curves.roc,
    "precision_recall": curves.precision_recall,
    "gains": curves.gains,
    "reliability": curves.reliability,
}
_IMPORTANCE_REPEATS = 5
#: Shuffled and scored for each repeat and family: with more rows nothing changes but the time.
_IMPORTANCE_ROWS = 50_000
# What the list shows beside the probability, where the source has it.
_SHOWN = ("days_since_last_play", "n_plays_14d", "n_active_days_14d", "played_s_14d")


def metrics(
    honest: Scored,
    flattering: Scored,
    test: CutoffData,
    whole: CutoffData,
    random_state: int,
    n_draws: int,
) -> pd.DataFrame:
    """One row per protocol, population, model and metric, with interval and opponent."""
    held_out = np.isin(whole.examples.user_id, flattering.test.user_id)
    of_held_out = {name: mask[held_out] for name, mask in whole.populations().items()}
    records = []
    for scored, populations in ((honest, test.populations()), (flattering, of_held_out)):
        rng = np.random.default_rng([random_state, len(scored.protocol)])
        judged = judge(scored.scores, scored.test.y, populations, rng, n_draws=n_draws)
        records += [{"protocol": scored.protocol, **record} for record in judged]
    return pd.DataFrame(records)


def curves_of(honest: Scored, test: CutoffData) -> pd.DataFrame:
    """Points of every curve: ``curve``, ``population``, ``model`` and the curve's own columns."""
    parts = []
    for population, rows in test.populations().items():
        labels = test.examples.y[rows] if test.examples.y is not None else np.empty(0)
        if len(np.unique(labels)) < 2:
            continue
        for model in honest.models:
            for name, curve in _CURVES.items():
                points = curve(labels, honest.probability(model)[rows])
                parts.append(points.assign(curve=name, population=population, model=model))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def importances(
    honest: Scored, test: CutoffData, model: str, random_state: int, n_threads: int
) -> pd.DataFrame:
    """What the call list's model leans on, by family of features, among the headline listeners."""
    rows = some_of(
        test.populations()[HEADLINE], test.examples.user_id, _IMPORTANCE_ROWS, "importances"
    )
    fold = user_fold(test.examples.user_id, len(honest.models[model]), "forward")[rows]
    families: dict[str, list[str]] = {}
    for feature in test.features:
        families.setdefault(feature.family, []).append(feature.name)

    def predict(X: pd.DataFrame) -> np.ndarray:
        probability = np.empty(len(X))
        for number, fitted in enumerate(honest.models[model]):
            probability[fold == number] = fitted.predict(X[fold == number])
        return probability

    labels = test.examples.y
    assert labels is not None
    return permutation_importance(
        predict,
        test.examples.X[rows].reset_index(drop=True),
        labels[rows],
        families,
        rng=np.random.default_rng([random_state, 7]),
        n_repeats=_IMPORTANCE_REPEATS,
        n_threads=n_threads,
    )


def funnel(latest: CutoffData, test: CutoffData) -> pd.DataFrame:
    """Who is scored and who can still be kept, at the cutoff of the list and of the test."""
    rows = []
    for data in (test, latest) if latest is not test else (test,):
        seen = len(data.people) + data.n_robots + data.n_gone + data.n_immune
        labels = data.examples.y
        steps = {"seen before the cutoff": np.ones(seen, dtype=bool), **data.populations()}
        for step, mask in steps.items():
            rate = None if labels is None or len(mask) != len(labels) else labels[mask].mean()
            rows.append((data.cutoff, step, int(mask.sum()), rate))
        rows.append((data.cutoff, "robots left out", data.n_robots, None))
        if data.n_gone:
            rows.append((data.cutoff, "had cancelled before", data.n_gone, None))
        if data.n_immune:
            rows.append((data.cutoff, "to whom it cannot happen", data.n_immune, None))
    return pd.DataFrame(rows, columns=["cutoff", "step", "n_users", "churn_rate"])


def feature_card(whole: CutoffData, test: CutoffData) -> pd.DataFrame:
    """One row per feature: what it is, how often it is NULL, its AUC alone (headline)."""
    rows = some_of(
        whole.populations()[HEADLINE], whole.examples.user_id, _IMPORTANCE_ROWS, "feature_card"
    )
    labels = whole.examples.y
    assert labels is not None
    alone = single_feature_aucs(whole.examples.X[rows], labels[rows])
    used = {feature.name for feature in test.features}
    return pd.DataFrame(
        {
            "feature": feature.name,
            "family": feature.family,
            "unit": feature.unit,
            "description": feature.description,
            "seeds": feature.seeds,
            "share_null": float(whole.examples.X[feature.name].isna().mean()),
            "auc_alone": float(alone[feature.name]),
            "is_used_forward": feature.name in used,
        }
        for feature in whole.features
    )


def call_list(latest: CutoffData, scores: pd.DataFrame, next_step: pd.DataFrame) -> pd.DataFrame:
    """Every listener, most likely to leave first; a tie goes to the smaller id.

    ``scores`` has the ``probability`` of each, the model's own ``score`` that it comes from, and
    the ``fold`` whose model gave it, which is the one to ask for reasons. ``next_step`` has a
    probability for each thing that can come, or no column. ``rank`` is among everybody,
    ``rank_active_14d`` among those who can still be kept (NULL for the others, who are for a
    win-back list).
    """
    active = latest.populations()[HEADLINE]
    shown = [name for name in _SHOWN if name in latest.examples.X]
    # Who has cancelled is not here, and a source may not tell who pays.
    known = latest.people.drop(columns="days_since_cancelled").dropna(axis="columns", how="all")
    table = known.assign(
        **{name: scores[name].to_numpy() for name in ("probability", "score", "fold")},
        is_active_14d=active,
        is_active_7d=latest.populations()["active_7d"],
        **{name: latest.examples.X[name].to_numpy() for name in shown},
        **{f"probability_{name}": next_step[name].to_numpy() for name in next_step},
    ).sort_values(
        # A calibrator may make a plateau: within it the model's own order stands.
        ["probability", "score", "user_id"],
        ascending=[False, False, True],
        ignore_index=True,
    )
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    among_active = table["is_active_14d"].cumsum().where(table["is_active_14d"])
    table.insert(1, "rank_active_14d", among_active.astype("Int64"))
    return table


def features_at(latest: CutoffData) -> pd.DataFrame:
    """What the models saw of every listener on the call list, by ``user_id``."""
    table = latest.examples.X.copy()
    table.insert(0, "user_id", latest.examples.user_id)
    return table.sort_values("user_id", ignore_index=True)


def test_scores(test: CutoffData, honest: Scored) -> pd.DataFrame:
    """What every model said of every listener of the test, and what came: one row a listener.

    A model has two columns, ``probability_NAME`` and, before calibration, ``score_NAME``.
    """
    known = test.people.drop(columns="days_since_cancelled").dropna(axis="columns", how="all")
    active = {f"is_{name}": mask for name, mask in test.populations().items() if name != "all"}
    said: dict[str, np.ndarray] = {}
    for name in honest.models:
        rows = honest.of(name)
        said[f"probability_{name}"] = rows["probability"].to_numpy()
        said[f"score_{name}"] = rows["score"].to_numpy()
    fold = honest.of(next(iter(honest.models)))["fold"].to_numpy()
    return known.assign(y=test.examples.y, fold=fold, **active, **said)


def calibrations(of_test: Calibration, of_list: Calibration) -> pd.DataFrame:
    """What was tried to calibrate the scores of the test and of the list, and what was chosen.

    A use without rows had no closed cutoff to learn from; its scores stand as they are.
    """
    both = {"list": of_list} if of_test is of_list else {"test": of_test, "list": of_list}
    parts = [found.tried.assign(used_for=use) for use, found in both.items()]
    return pd.concat(parts, ignore_index=True)
