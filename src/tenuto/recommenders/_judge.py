"""The forward judge: lists made before a cutoff against what was heard from it on.

Three questions, never mixed (recommenders.md §0, §3.4):

    all      what the listener plays next, old loves included; lists may repeat
    repeat   which of the old loves come back; the same lists
    new      what the listener hears for the first time; lists hide what was heard

Who stands beside the contestants is always the same: the most popular songs, the listener's own
most played ones, and those and then the popular ones. What does not beat them is not worth
running.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenuto.errors import NotEnoughData
from tenuto.evaluation.draws import N_DRAWS, bootstrap_means
from tenuto.evaluation.ranking import coverage_at_k, metrics_per_user
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._baselines import Contestant, personal, personal_then_global
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import lists_of

#: Target -> what all others are held against there.
BASELINES = {"all": "personal_then_global", "repeat": "personal", "new": "popularity"}
TARGETS = tuple(BASELINES)
#: Target -> recommender -> lists, as tables.
Lists = dict[str, dict[str, pd.DataFrame]]
#: Whether lists hide what was heard -> the targets that are judged by them.
_ASKED = {False: ("all", "repeat"), True: ("new",)}
#: Listeners that figures are made of, drawn by chance where there are more. Arbitrary: at
#: 5,000 the interval of an NDCG is about 0.01 wide.
MAX_USERS = 5_000


@dataclass(frozen=True)
class Future:
    """What listeners with a history played afterwards, each pair once.

    pairs : target -> ``user_id`` and ``item_id``
    users : who played anything, in ascending order
    """

    pairs: dict[str, pd.DataFrame]
    users: pd.Index

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        future: pd.DataFrame,
        rng: np.random.Generator,
        max_users: int = MAX_USERS,
    ) -> Future:
        """``future`` has ``user_id`` and ``item_id`` of what was played from the cutoff on.

        Raises
        ------
        NotEnoughData : if nobody with a history was heard from afterwards
        """
        targets = _targets(interactions, future)
        users = pd.Index(targets["all"]["user_id"].unique()).sort_values()
        if len(users) == 0:
            raise NotEnoughData(
                f"no listener of the days before {interactions.cutoff} played anything afterwards",
                mend="take an earlier cutoff, so that the days after it are in the log",
            )
        if len(users) > max_users:
            users = users[np.sort(rng.choice(len(users), max_users, replace=False))]
            targets = {name: rows[rows["user_id"].isin(users)] for name, rows in targets.items()}
        return cls(targets, users)


def judge(
    interactions: Interactions,
    future: Future,
    contestants: Mapping[str, Contestant],
    rng: np.random.Generator,
    *,
    k: int = 20,
    only: Mapping[str, tuple[str, ...]] | None = None,
    n_draws: int = N_DRAWS,
) -> list[dict[str, Any]]:
    """One record per target, recommender and metric; the baselines first.

    Parameters
    ----------
    interactions : what was known before the cutoff
    contestants : name -> a fitted recommender's `rank`, or anything that ranks like it
    only : name -> the targets that it is judged by; by default all

    Returns
    -------
    list of dict: ``target``, ``recommender``, ``metric``, ``k``, ``value``, ``low``, ``high``,
    ``n_users``, ``n_relevant`` (pairs to be found), ``against`` (see `BASELINES`), ``baseline``
    (its value), ``difference``, ``difference_low``, ``difference_high`` (paired, over users)
    and ``verdict``: "better", "worse" or "undecided", None for the baseline itself and for
    coverage, which has no interval (NaN). A target that nobody meets has n_users 0 and NaN.

    Notes
    -----
    Judged are listeners with a history. Whoever came later could not be known, and is left out
    of every recommender's figures alike.
    """
    lists = lists_by_target(interactions, future, contestants, k=k, only=only)
    return judge_lists(interactions, future, lists, rng, k=k, n_draws=n_draws)


def lists_by_target(
    interactions: Interactions,
    future: Future,
    contestants: Mapping[str, Contestant],
    *,
    k: int = 20,
    only: Mapping[str, tuple[str, ...]] | None = None,
) -> Lists:
    """The lists that `judge` judges, each made once; those of the baselines come first."""
    everybody = {**baselines(interactions), **contestants}
    histories = interactions.histories.take(interactions.user_ids.get_indexer(future.users))
    found: Lists = {target: {} for target in TARGETS}
    for name, rank in everybody.items():
        targets = (only or {}).get(name, TARGETS)
        for hides, asked in _ASKED.items():
            wanted = [target for target in asked if target in targets]
            if wanted:
                item, score = rank(histories, k, hides)
                table = lists_of(future.users, interactions.item_ids, item, score)
                for target in wanted:
                    found[target][name] = table
    return found


def judge_lists(
    interactions: Interactions,
    future: Future,
    lists: Lists,
    rng: np.random.Generator,
    *,
    k: int = 20,
    n_draws: int = N_DRAWS,
) -> list[dict[str, Any]]:
    """As `judge`, of lists that have been made."""
    seed = int(rng.integers(2**32))
    records: list[dict[str, Any]] = []
    for target, baseline in BASELINES.items():
        ordered = {baseline: lists[target][baseline]} | lists[target]
        records += _records(target, baseline, ordered, interactions, future, k, (seed, n_draws))
    return records


def baselines(interactions: Interactions) -> dict[str, Contestant]:
    """Those that are always there."""
    return {
        "popularity": CATALOGUE.get("popularity").Model().fit(interactions).rank,
        "personal": personal(interactions),
        "personal_then_global": personal_then_global(interactions),
    }


def _targets(interactions: Interactions, future: pd.DataFrame) -> dict[str, pd.DataFrame]:
    pairs = future[["user_id", "item_id"]].drop_duplicates()
    user = interactions.user_ids.get_indexer(pd.Index(pairs["user_id"]))
    pairs, user = pairs[user >= 0], user[user >= 0]
    item = interactions.item_ids.get_indexer(pd.Index(pairs["item_id"]))
    histories, n_items = interactions.histories, len(interactions.item_ids)
    heard = histories.row_of_entry() * n_items + histories.item
    is_repeat = (item >= 0) & np.isin(user.astype(np.int64) * n_items + item, heard)
    return {"all": pairs, "repeat": pairs[is_repeat], "new": pairs[~is_repeat]}


def _records(
    target: str,
    baseline: str,
    lists: Mapping[str, pd.DataFrame],
    interactions: Interactions,
    future: Future,
    k: int,
    draws: tuple[int, int],
) -> list[dict[str, Any]]:
    """The records of one target; all figures on the same draws of listeners."""
    relevant, (seed, n_draws) = future.pairs[target], draws
    figures = {name: metrics_per_user(table, relevant, k) for name, table in lists.items()}
    columns = {(name, metric): table[metric] for name, table in figures.items() for metric in table}
    gaps = {
        (name, f"{metric} over {baseline}"): column - columns[baseline, metric]
        for (name, metric), column in columns.items()
        if name != baseline
    }
    drawn = bootstrap_means(
        pd.DataFrame(columns | gaps), np.random.default_rng(seed), n_draws=n_draws
    )
    told: dict[Any, dict[Any, Any]] = dict(zip(drawn.index, drawn.to_dict("records"), strict=True))
    records: list[dict[str, Any]] = []
    for name, table in lists.items():
        facts = {"target": target, "recommender": name, "k": k, "against": baseline}
        facts |= {"n_users": len(figures[name]), "n_relevant": len(relevant)}
        for metric in map(str, figures[name]):
            record = dict(UNKNOWN) | facts | {"metric": metric}
            record |= told[name, metric]
            record["baseline"] = float(told[baseline, metric]["value"])
            if name != baseline:
                gap = told[name, f"{metric} over {baseline}"]
                record |= {"difference": gap["value"], "verdict": _verdict(gap["low"], gap["high"])}
                record |= {"difference_low": gap["low"], "difference_high": gap["high"]}
            records.append(record)
        coverage = coverage_at_k(table, interactions.item_ids, k)
        records.append(dict(UNKNOWN) | facts | {"metric": "coverage", "value": coverage})
    return records


_NUMBERS = ("value", "low", "high", "baseline", "difference", "difference_low", "difference_high")
#: What a record says where there is nothing to say, and the order of its fields.
UNKNOWN: dict[str, Any] = (
    dict.fromkeys(("target", "recommender", "metric", "k", "n_users", "n_relevant", "against"))
    | dict.fromkeys(_NUMBERS, float("nan"))
    | {"verdict": None}
)


def _verdict(low: float, high: float) -> str | None:
    if np.isnan(low):
        return None
    if low <= 0 <= high:
        return "undecided"
    return "better" if low > 0 else "worse"
