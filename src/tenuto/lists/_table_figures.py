"""How good the lists of a plain table would have been, beside what needs no learning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._judge import Future, judge

#: What is told of each length of list.
FIGURES: dict[int, tuple[str, ...]] = {10: ("ndcg", "recall", "coverage"), 100: ("ndcg",)}
_COLUMNS = ("target", "recommender", "metric", "k", "value", "low", "high", "n_users")
_AGAINST = ("against", "difference", "difference_low", "difference_high", "verdict")


def figures_of(
    model: Recommender, known: Interactions, future: pd.DataFrame, has_repeats: bool, seed: int
) -> pd.DataFrame:
    """`FIGURES` of ``model`` and of the baselines, on what was held out.

    ``target`` is "new" (lists hide what was heard) and, where listeners come back to items, "all"
    (lists may repeat). Of those whose lists are alike one is kept: without repeats "personal then
    global" is popularity.

    Raises
    ------
    NotEnoughData : if nobody with a history is in ``future``
    """
    rng = np.random.default_rng([seed, 42])
    came = Future.of(known, future[["user_id", "item_id"]], rng)
    targets = ("all", "new") if has_repeats else ("new",)
    name = model.name()
    records: list[dict[str, Any]] = []
    for k, metrics in FIGURES.items():
        made = judge(known, came, {name: model.rank}, rng, k=k, only={name: targets})
        records += [one for one in made if one["metric"] in metrics and _is_told(one, targets)]
    table = pd.DataFrame(records, columns=[*_COLUMNS, *_AGAINST])
    table["recommender"] = table["recommender"].str.replace("_", " ")
    order = {one: place for place, one in enumerate((*targets,))}
    return table.sort_values("target", key=lambda column: column.map(order), kind="stable")


def _is_told(record: dict[str, Any], targets: tuple[str, ...]) -> bool:
    if record["target"] not in targets:
        return False
    # Where what was heard is hidden, own items are no list, and what follows them is popularity.
    return record["target"] != "new" or not record["recommender"].startswith("personal")


def in_rows(figures: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per target and recommender, figures side by side, with NDCG@100's interval."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for record in figures.to_dict("records"):
        key = (record["target"], record["recommender"])
        row = rows.setdefault(key, {"target": key[0], "recommender": key[1]})
        row[f"{record['metric']}@{record['k']}"] = record["value"]
        row["n_users"] = record["n_users"]
        if (record["metric"], record["k"]) == ("ndcg", 100):
            row |= {"low": record["low"], "high": record["high"], "verdict": record["verdict"]}
    return list(rows.values())
