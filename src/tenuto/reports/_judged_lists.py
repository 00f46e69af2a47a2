"""How good lists would have been, in a sentence and in a table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.catalogue import Catalogue
from tenuto.reports._parts import Column, Notice, Part, Table
from tenuto.reports._words import (
    UNKNOWN,
    count,
    figure,
    gap,
    interval,
    percent,
    spoken,
    without_references,
)

_RECOMMENDERS = Catalogue("tenuto.recommenders")
_LISTS = Catalogue("tenuto.lists")
#: What every list is held against, in words.
_BASELINES = {
    "popularity": "The songs that most listeners played",
    "personal": "The listener's own songs, the most played first",
    "personal_then_global": "The listener's own songs, then the most popular ones",
}
TARGETS = {
    "all": "What listeners play next, old loves included",
    "repeat": "Old loves that come back",
    "new": "What listeners hear for the first time",
}
_VERDICTS = {"better": "better", "worse": "worse", "undecided": "cannot be told apart"}


def answer(metrics: pd.DataFrame) -> Notice:
    """Which does best at what, in a sentence each."""
    rows = metrics[(metrics["metric"] == "ndcg") & ~metrics["recommender"].isin(_BASELINES)]
    said, tone = [], "plain"
    for target, words in TARGETS.items():
        of_target = rows[rows["target"] == target]
        better = of_target[of_target["verdict"] == "better"]
        best = better.sort_values(["value", "recommender"], ascending=[False, True]).head(1)
        if len(best):
            tone = "good"
            name = called(str(best["recommender"].iloc[0]))
            against = spoken(str(best["against"].iloc[0]))
            said.append(f"{words}: {name} does best, and better than {against}.")
        elif len(of_target):
            against = spoken(str(of_target["against"].iloc[0]))
            said.append(f"{words}: nothing beats {against}.")
    return Notice(" ".join(said) or "Only the baselines were tried.", tone)


def judged_table(metrics: pd.DataFrame, made: str) -> Table:
    """Every list and recommender by target, the best first; ``made`` says when and against what."""
    columns = [
        Column("Recommender"),
        Column("NDCG [95%]", is_number=True),
        Column("Recall", is_number=True),
        Column("Hit rate", is_number=True),
        Column("Songs used", is_number=True),
        Column("NDCG over the baseline [95%]", is_number=True),
        Column("Verdict"),
    ]
    rows: list[list[str] | str] = []
    for target, of_target in metrics.groupby("target", sort=False):
        n_users = count(of_target["n_users"].iloc[0])
        against = spoken(str(of_target["against"].iloc[0]))
        words = TARGETS.get(str(target), str(target))
        rows.append(f"{words}: {n_users} listeners; baseline {against}")
        by_model = {
            str(name): part.set_index("metric") for name, part in of_target.groupby("recommender")
        }
        ranked = sorted(by_model, key=lambda name: (-_number(by_model[name], "ndcg"), name))
        rows += [_model_row(name, by_model[name]) for name in ranked]
    note = (
        f"{made} NDCG: right songs count more near the top. Recall: share of what was heard that "
        "the list had. Hit rate: share of listeners with at least one right song. Songs used: "
        "share of the catalogue that appears on any list. Means over listeners, 95% intervals "
        "from a bootstrap over them."
    )
    return Table("How good the lists would have been", columns, rows, note)


def _model_row(name: str, rows: pd.DataFrame) -> list[str]:
    ndcg = rows.loc["ndcg"]
    return [
        called(name),
        interval(ndcg),
        figure(_number(rows, "recall")),
        percent(_number(rows, "hit_rate")),
        percent(_number(rows, "coverage"), 2),
        gap(ndcg),
        _VERDICTS.get(str(ndcg["verdict"]), UNKNOWN),
    ]


def _number(rows: pd.DataFrame, metric: str) -> float:
    values: dict[Any, Any] = rows["value"].to_dict()
    return float(values.get(metric, float("nan")))


def who(metrics: pd.DataFrame) -> list[Part]:
    """What each of them is, in a line."""
    rows = [[called(name), _in_a_line(name)] for name in sorted(set(metrics["recommender"]))]
    columns = [Column("Recommender"), Column("In a line", wraps=True)]
    return [Table("What the lists and recommenders are", columns, rows)] if rows else []


def called(name: str) -> str:
    """A list by its label, a recommender by its name."""
    return str(_LISTS.get(name).LABEL) if name in _LISTS.names() else spoken(name)


def _in_a_line(name: str) -> str:
    for room in (_LISTS, _RECOMMENDERS):
        if name in room.names() and name not in _BASELINES:
            return without_references(room.describe(name))
    return _BASELINES.get(name, "")
