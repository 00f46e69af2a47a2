"""The page of `tenuto recommend compare`: accuracy, breadth, overlap, and what each hides."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd

from tenuto.evaluation import breadth, overlap, ranking
from tenuto.lists._compare import ListComparison
from tenuto.record import versions
from tenuto.reports._charts import data, drawn_as_it_is
from tenuto.reports._judged_lists import TARGETS, answer, called, judged_table, who
from tenuto.reports._page import Section, put
from tenuto.reports._page import drawn as page_drawn
from tenuto.reports._palette import colour
from tenuto.reports._parts import Column, Figure, Paragraph, Part, Table
from tenuto.reports._words import day, figure, percent, plural

_BROAD = {
    "coverage": ("Songs used", percent),
    "gini": ("Gini", figure),
    "popularity_share": ("Places of the top 1 %", percent),
    "novelty": ("Novelty, bits", figure),
    "artist_share": ("Different artists", percent),
    "popularity_deviation": ("Popularity shift, bits", figure),
    "repeat_share": ("Heard before", percent),
    "ndcg_niche": ("NDCG, niche", figure),
    "ndcg_middle": ("middle", figure),
    "ndcg_mainstream": ("mainstream", figure),
}
_TARGETS = {"all": "Lists that may repeat", "new": "Lists of new songs only"}


def write_page(found: ListComparison, path: Path) -> Path:
    """One self-contained page."""
    page = page_drawn(
        [
            Section("accuracy", "What was played next", _accuracy(found)),
            Section("breadth", "What the lists show of the catalogue", _breadth(found)),
            Section("overlap", "How alike the lists are", _overlap(found)),
            Section("hides", "What each figure hides", [_hides()]),
        ],
        title=f"lists compared, {found.cutoff}",
        heading="Which lists would have been played",
        when=f"Lists made at {day(found.cutoff)}, for {plural(found.n_users, 'listener')}",
        version=versions()["tenuto"],
    )
    return put(page, path)


def _accuracy(found: ListComparison) -> list[Part]:
    metrics = found.accuracy
    return [
        answer(metrics),
        _chart(metrics),
        judged_table(metrics, f"Lists of {found.k} made before {found.cutoff}."),
        *who(metrics),
    ]


def _chart(metrics: pd.DataFrame) -> Part:
    rows = metrics[metrics["metric"] == "ndcg"].dropna(subset=["value"])
    table = pd.DataFrame(
        {
            "list": [called(name) for name in rows["recommender"]],
            "target": [TARGETS[name] for name in rows["target"]],
            **{name: rows[name].to_numpy() for name in ("value", "low", "high")},
        }
    )
    order = alt.EncodingSortField("value", op="max", order="descending")
    base = alt.Chart(data(table)).encode(y=alt.Y("list:N", sort=order, title=None))
    bars = base.mark_rule(color=colour("main")).encode(
        x=alt.X("low:Q", title="NDCG", axis=alt.Axis(tickCount=6)), x2=alt.X2("high:Q")
    )
    dots = base.mark_circle(color=colour("main"), size=45, opacity=1).encode(x="value:Q")
    chart = (
        (bars + dots)
        .properties(width=420)
        .facet(row=alt.Row("target:N", title=None, sort=list(TARGETS.values()), header=_HEADER))
        .resolve_scale(y="independent", x="independent")
    )
    return Figure(
        "ndcg",
        "NDCG of every list",
        drawn_as_it_is(chart, "ndcg", "NDCG of every list with its interval, by target"),
        "Where two bars cover each other, take neither list for better; the differences in pairs "
        "are in the table.",
        "Bars are 95% intervals from a bootstrap over listeners.",
    )


_HEADER = alt.Header(labelOrient="top", labelAnchor="start", labelFontWeight="bold")


def _breadth(found: ListComparison) -> list[Part]:
    parts: list[Part] = []
    for target, rows in found.breadth.groupby("target", sort=False):
        wide = rows.pivot(index="recommender", columns="metric", values="value")
        shown = [name for name in _BROAD if name in wide]
        columns = [Column("List"), *(Column(_BROAD[name][0], is_number=True) for name in shown)]
        cells = [
            [called(str(name)), *(_BROAD[metric][1](row[metric]) for metric in shown)]
            for name, row in wide.iterrows()
        ]
        note = f"Lists of {found.k}, for the same listeners as above."
        parts.append(Table(_TARGETS[str(target)], columns, cells, note))
    return parts


def _overlap(found: ListComparison) -> list[Part]:
    parts: list[Part] = []
    for target, rows in found.overlap.groupby("target", sort=False):
        cells = [
            [
                called(row["first"]),
                called(row["second"]),
                percent(row["shared"]),
                figure(row["jaccard"]),
            ]
            for row in rows.sort_values("shared", ascending=False).to_dict("records")
        ]
        columns = [Column("One"), Column("Other"), *_NUMBERS]
        note = f"Of the {found.k} songs of two lists, those on both; the mean over listeners."
        parts.append(Table(_TARGETS[str(target)], columns, cells, note))
    return parts or [Paragraph("Only one recommender has lists.")]


_NUMBERS = [Column("In common", is_number=True), Column("Jaccard", is_number=True)]


def _hides() -> Part:
    said = ranking.HIDES | breadth.HIDES | overlap.HIDES
    cells = [[name.replace("_", " "), sentence] for name, sentence in said.items()]
    return Table("In a sentence each", [Column("Figure"), Column("Hides", wraps=True)], cells)
