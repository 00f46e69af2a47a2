"""What is hot, what each listener is told to hear next, and how good such lists would have been."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.catalogue import Catalogue
from tenuto.reports._parts import Column, Notice, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import (
    UNKNOWN,
    count,
    figure,
    gap,
    interval,
    listing,
    percent,
    plural,
    spoken,
    text,
    without_references,
)

TITLE = "Songs"
ORDER = 90

_RECOMMENDERS = Catalogue("tenuto.recommenders")
_BASELINE = "popularity"
_CHARTS = {"week": "Hot this week", "month": "Hot this month"}
_TARGETS = {
    "all": "What listeners play next, old loves included",
    "repeat": "Old loves that come back",
    "new": "What listeners hear for the first time",
}
_VERDICTS = {"better": "better", "worse": "worse", "undecided": "cannot be told apart"}


def section(results: Results) -> list[Part]:
    """Lists for everyone in a sentence, the charts, and the judgement."""
    return [_lists(results), *_charts(results), *_judgement(results)]


def _lists(results: Results) -> Paragraph:
    summary = results.recommend
    rungs = [f"{count(n)} from {spoken(name)}" for name, n in sorted(summary["rungs"].items())]
    words = (
        f"{plural(summary['n_listeners'], 'listener')} have a list: "
        f"{plural(summary['n_rows'], 'row')} in recommend/recommendations.csv, with reasons."
    )
    words += f" Listeners reached by each reason: {listing(rungs)}." if rungs else ""
    return Paragraph(words)


def _charts(results: Results) -> list[Part]:
    hot = results.recommend_table("hot")
    if hot.empty:
        return [Paragraph("Nothing was played in the last days, so nothing is hot.")]
    has_downloads = bool(hot["n_downloads"].any())
    columns = [
        Column("Rank", is_number=True),
        Column("Title", wraps=True),
        Column("Artist", wraps=True),
        Column("Listeners", is_number=True),
        Column("Plays", is_number=True),
        *([Column("Downloads", is_number=True)] if has_downloads else []),
        Column("Score", is_number=True),
    ]
    counted = ["played", *(["downloaded and searched for"] if has_downloads else [])]
    note = (
        f"Score: how much its listeners like it, and how often it was {', '.join(counted)}, "
        "each brought to one size and added up. Songs whose id no catalogue knows are left out."
    )
    tables = []
    for name, rows in hot.groupby("list", sort=False):
        cells = [_song(row, has_downloads) for row in rows.sort_values("rank").to_dict("records")]
        tables.append(Table(_CHARTS.get(str(name), str(name)), columns, cells, note))
        note = ""
    return [*tables]


def _song(row: dict, has_downloads: bool) -> list[str]:
    title = text(row["title"])
    return [
        count(row["rank"]),
        f"item {row['item_id']}" if title == UNKNOWN else title,
        text(row["artist"]),
        count(row["n_listeners"]),
        count(row["n_plays"]),
        *([count(row["n_downloads"])] if has_downloads else []),
        figure(row["score"], 2),
    ]


def _judgement(results: Results) -> list[Part]:
    metrics = results.recommend_table("metrics", is_needed=False)
    judged_at = results.recommend.get("judged_at")
    if metrics.empty:
        why = (
            "nobody came back who had a list"
            if judged_at
            else f"the log does not reach {plural(results.horizon_days, 'day')} past any cutoff"
        )
        return [Paragraph(f"How good the lists are cannot be said yet: {why}.")]
    return [_answer(metrics), _metrics_table(results, metrics, str(judged_at)), *_who(metrics)]


def _answer(metrics: pd.DataFrame) -> Notice:
    rows = metrics[(metrics["metric"] == "ndcg") & (metrics["recommender"] != _BASELINE)]
    said, tone = [], "plain"
    for target, words in _TARGETS.items():
        of_target = rows[rows["target"] == target]
        better = of_target[of_target["verdict"] == "better"]
        best = better.sort_values(["value", "recommender"], ascending=[False, True]).head(1)
        if len(best):
            tone = "good"
            name = spoken(str(best["recommender"].iloc[0]))
            said.append(f"{words}: {name} does best, and better than popularity.")
        elif len(of_target):
            said.append(f"{words}: nothing beats the list of the most popular songs.")
    return Notice(" ".join(said) or "Only the popular songs were tried.", tone)


def _metrics_table(results: Results, metrics: pd.DataFrame, judged_at: str) -> Table:
    k = int(metrics["k"].iloc[0])
    columns = [
        Column("Recommender"),
        Column("NDCG [95%]", is_number=True),
        Column("Recall", is_number=True),
        Column("Hit rate", is_number=True),
        Column("Songs used", is_number=True),
        Column("NDCG over popularity [95%]", is_number=True),
        Column("Verdict"),
    ]
    rows: list[list[str] | str] = []
    for target, of_target in metrics.groupby("target", sort=False):
        n_users = count(of_target["n_users"].iloc[0])
        rows.append(f"{_TARGETS.get(str(target), str(target))}: {n_users} listeners")
        by_model = {
            str(name): part.set_index("metric") for name, part in of_target.groupby("recommender")
        }
        ranked = sorted(by_model, key=lambda name: (-_number(by_model[name], "ndcg"), name))
        rows += [_model_row(name, by_model[name]) for name in ranked]
    note = (
        f"Lists of {k} made before {judged_at}, held against the {results.horizon_days} days from "
        "it on. NDCG: right songs count more near the top. Recall: share of what was heard that "
        "the list had. Hit rate: share of listeners with at least one right song. Songs used: "
        "share of the catalogue that appears on any list. Means over listeners, 95% intervals "
        "from a bootstrap over them."
    )
    return Table("How good the lists would have been", columns, rows, note)


def _model_row(name: str, rows: pd.DataFrame) -> list[str]:
    ndcg = rows.loc["ndcg"]
    return [
        spoken(name),
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


def _who(metrics: pd.DataFrame) -> list[Part]:
    known = _RECOMMENDERS.names()
    rows = [
        [spoken(name), without_references(_RECOMMENDERS.describe(name))]
        for name in sorted(set(metrics["recommender"]))
        if name in known
    ]
    columns = [Column("Recommender"), Column("In a line", wraps=True)]
    return [Table("What the recommenders are", columns, rows)] if rows else []
