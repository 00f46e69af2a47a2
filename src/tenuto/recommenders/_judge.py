"""The forward judge: lists made before a cutoff against what was heard from it on.

Three questions, never mixed (recommenders.md §0, §3.4):

    all      what the listener plays next, old loves included; lists may repeat
    repeat   which of the old loves come back; the same lists
    new      what the listener hears for the first time in the window; lists hide what was heard

Popularity is always there: what does not beat it is not worth running.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tenuto.errors import NotEnoughData
from tenuto.evaluation.ranking import N_DRAWS, bootstrap_mean, coverage_at_k, metrics_per_user
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._interactions import Interactions

BASELINE = "popularity"
TARGETS = ("all", "repeat", "new")


def judge(
    interactions: Interactions,
    future: pd.DataFrame,
    recommenders: Sequence[str],
    rng: np.random.Generator,
    *,
    k: int = 20,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    n_draws: int = N_DRAWS,
) -> list[dict[str, Any]]:
    """One record per target, recommender and metric; popularity first.

    Parameters
    ----------
    interactions : what was known before the cutoff
    future : ``user_id`` and ``item_id`` of what was played in [cutoff, cutoff + 14 days), or
        another horizon; repeated rows count once
    settings : recommender -> keywords for its ``Model``

    Returns
    -------
    list of dict: ``target``, ``recommender``, ``metric``, ``k``, ``value``, ``low``, ``high``,
    ``n_users``, ``n_relevant`` (pairs to be found), ``baseline`` (popularity's value),
    ``difference``, ``difference_low``, ``difference_high`` (paired, over users) and
    ``verdict``: "better", "worse" or "undecided" against popularity, None for itself and for
    coverage, which has no interval (NaN). A target that nobody meets has n_users 0 and NaN.

    Raises
    ------
    NotEnoughData : if nobody with a history in the window was heard from afterwards

    Notes
    -----
    Judged are listeners with a history in the window. Whoever came later could not be
    known, and is left out of every recommender's figures alike.
    """
    targets = _targets(interactions, future)
    users = targets["all"]["user_id"].unique()
    if len(users) == 0:
        raise NotEnoughData(
            f"no listener of the {interactions.window_days} days before {interactions.cutoff} "
            "played anything afterwards",
            mend="take an earlier cutoff, so that the days after it are in the log",
        )
    names = list(dict.fromkeys([BASELINE, *recommenders]))
    records: list[dict[str, Any]] = []
    base: dict[str, pd.DataFrame] = {}
    seed = int(rng.integers(2**32))
    for name in names:
        model = CATALOGUE.get(name).Model(**(settings or {}).get(name, {})).fit(interactions)
        for target in TARGETS:
            lists = model.recommend(users, k, exclude_heard=target == "new")
            figures = metrics_per_user(lists, targets[target], k)
            base.setdefault(target, figures)
            facts = {"target": target, "recommender": name, "k": k}
            facts |= {"n_users": len(figures), "n_relevant": len(targets[target])}
            for metric in map(str, figures.columns):
                ours, theirs = figures[metric], base[target][metric]
                records.append(facts | _record(name, metric, ours, theirs, seed, n_draws))
            coverage = coverage_at_k(lists, interactions.item_ids, k)
            records.append(facts | _without_interval("coverage", coverage))
    return sorted(records, key=lambda record: TARGETS.index(record["target"]))


def _targets(interactions: Interactions, future: pd.DataFrame) -> dict[str, pd.DataFrame]:
    pairs = future[["user_id", "item_id"]].drop_duplicates()
    user = interactions.user_ids.get_indexer(pd.Index(pairs["user_id"]))
    pairs, user = pairs[user >= 0], user[user >= 0]
    item = interactions.item_ids.get_indexer(pd.Index(pairs["item_id"]))
    histories, n_items = interactions.histories, len(interactions.item_ids)
    heard = histories.row_of_entry() * n_items + histories.item
    is_repeat = (item >= 0) & np.isin(user.astype(np.int64) * n_items + item, heard)
    return {"all": pairs, "repeat": pairs[is_repeat], "new": pairs[~is_repeat]}


def _record(
    name: str, metric: str, ours: pd.Series, theirs: pd.Series, seed: int, n: int
) -> dict[str, Any]:
    # The same draws of users for every figure: one recommender's never depend on the others.
    value, low, high = bootstrap_mean(ours, np.random.default_rng(seed), n_draws=n)
    record = _without_interval(metric, value) | {"low": low, "high": high}
    record["baseline"] = float(theirs.mean())
    if name == BASELINE:
        return record
    difference, low, high = bootstrap_mean(ours - theirs, np.random.default_rng(seed), n_draws=n)
    gap = {"difference": difference, "difference_low": low, "difference_high": high}
    return record | gap | {"verdict": _verdict(low, high)}


def _without_interval(metric: str, value: float) -> dict[str, Any]:
    unknown = ("low", "high", "baseline", "difference", "difference_low", "difference_high")
    return (
        {"metric": metric, "value": value}
        | dict.fromkeys(unknown, float("nan"))
        | {"verdict": None}
    )


def _verdict(low: float, high: float) -> str | None:
    if np.isnan(low):
        return None
    if low <= 0 <= high:
        return "undecided"
    return "better" if low > 0 else "worse"
