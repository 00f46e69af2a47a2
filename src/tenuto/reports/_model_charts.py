"""Curves of the models: the call list's model and the trivial rule in colour, the rest in grey."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import Figure
from tenuto.reports._results import FLOOR, HEADLINE, RULE, Results
from tenuto.reports._words import POPULATIONS, count, figure, percent, spoken

_HEIGHT = 300
_SHARE = alt.Axis(format=".0%", tickCount=5)


def curve_figures(results: Results, names: list[str]) -> list[Figure]:
    """Charts of curves among the headline listeners, in the order asked for.

    ``names`` are of "roc", "precision_recall", "gains" and "reliability". No charts where the
    test has one outcome only.
    """
    curves = results.churn_table("curves")
    if curves.empty:
        return []
    curves = curves[(curves["population"] == HEADLINE) & (curves["model"] != FLOOR)]
    if curves.empty:
        return []
    rows = results.metric("auc", results.model) or {}
    note = (
        f"{count(rows.get('n_rows'))} listeners {POPULATIONS[HEADLINE]}, tested from "
        f"{results.churn['test_cutoff']}; no model trained on them or on those days."
    )
    draw = {
        "roc": _roc,
        "precision_recall": _precision_recall,
        "gains": _gains,
        "reliability": _reliability,
    }
    return [draw[name](results, curves, note) for name in names]


def key(results: Results, *, with_others: bool = True) -> list[tuple[str, str]]:
    """The colours of the models, as they are in every chart of them."""
    swatches = [("main", spoken(results.model))]
    if results.model != RULE:
        swatches.append(("rival", spoken(RULE)))
    return [*swatches, ("other", "other models")] if with_others else swatches


def _roc(results: Results, curves: pd.DataFrame, note: str) -> Figure:
    x, y = "false_positive_rate", "true_positive_rate"
    who = results.label.who
    lines = _lines(results, _points(curves, "roc", x, y), x, y, "others called", f"{who} called")
    ours, rule = (results.metric("auc", name) for name in (results.model, RULE))
    says = f"Area {_value(ours)} against {_value(rule)} by recency alone; a coin has 0.500."
    return _figure(
        results,
        "roc",
        f"ROC: {who} called, and others disturbed",
        [_diagonal(), *lines],
        says,
        note,
    )


def _precision_recall(results: Results, curves: pd.DataFrame, note: str) -> Figure:
    points = _points(curves, "precision_recall", "recall", "precision")
    who = results.label.who
    lines = _lines(results, points, "recall", "precision", f"{who} found", f"{who} among called")
    ours = results.metric("average_precision", results.model)
    base = None if ours is None else ours["base_rate"]
    level = alt.Chart(alt.Data(values=[{"level": base}]))
    rule = level.mark_rule(color=colour("axis"), strokeDash=[4, 3]).encode(y="level:Q")
    says = f"PR-AUC {_value(ours)}; calling at random has {percent(base)}, the dashed line."
    return _figure(results, "precision_recall", "Precision and recall", [rule, *lines], says, note)


def _gains(results: Results, curves: pd.DataFrame, note: str) -> Figure:
    x, y = "share_called", "share_found"
    who = results.label.who
    points = _points(curves, "gains", x, y)
    lines = _lines(results, points, x, y, "share of the list called", f"{who} found")
    ours = curves[(curves["curve"] == "gains") & (curves["model"] == results.model)]
    perfect = alt.Chart(_charts.data(ours[[x, "perfect"]])).mark_line(
        color=colour("axis"), strokeDash=[2, 3], strokeWidth=1.5
    )
    layers = [_diagonal(), perfect.encode(x=f"{x}:Q", y="perfect:Q"), *lines]
    tenth = ours[ours[x] <= 0.1].iloc[-1] if len(ours) else None
    says = (
        f"The first tenth of the list holds {percent(None if tenth is None else tenth[y], 0)} of "
        f"{_the(who)}; the dotted line is a list without a mistake."
    )
    return _figure(results, "gains", "How much of the list to call", layers, says, note)


def _reliability(results: Results, curves: pd.DataFrame, note: str) -> Figure:
    shown = _points(curves, "reliability", "predicted", "observed", "low", "high")
    shown = shown[shown["model"].isin([results.model, RULE])]
    base = alt.Chart(_charts.data(shown.assign(colour=_colours(results, shown))))
    paint = alt.Color("colour:N", scale=None, legend=None)
    x = alt.X("predicted:Q", title="probability said", axis=_SHARE, scale=_unit())
    bars = base.mark_rule(strokeWidth=1.2).encode(x=x, y="low:Q", y2="high:Q", color=paint)
    dots = base.mark_point(filled=True, size=38, opacity=1).encode(
        x=x,
        y=alt.Y("observed:Q", title=f"share of {results.label.who}", axis=_SHARE, scale=_unit()),
        color=paint,
    )
    says = "On the diagonal, a probability can be taken at its word: of ten said 0.7, "
    says += f"seven {results.label.verb}."
    return _figure(
        results,
        "reliability",
        "Are the probabilities true?",
        [_diagonal(), dots, bars],
        says,
        note + " Bins of equal size, with 95% Wilson intervals.",
        with_others=False,
    )


def _points(curves: pd.DataFrame, name: str, *columns: str) -> pd.DataFrame:
    return curves.loc[curves["curve"] == name, ["model", *columns]]


def _lines(
    results: Results, points: pd.DataFrame, x: str, y: str, x_title: str, y_title: str
) -> list[Any]:
    """One line per model, the two that matter on top."""
    last = [name for name in (RULE, results.model) if (points["model"] == name).any()]
    names = [*sorted(set(points["model"]) - set(last)), *dict.fromkeys(last)]
    return [
        alt.Chart(_charts.data(rows[[x, y]].assign(step=range(len(rows)))))
        .mark_line(
            color=_colour(results, name), strokeWidth=2.2 if name in last else 1.1, clip=True
        )
        .encode(
            x=alt.X(f"{x}:Q", title=x_title, axis=_SHARE, scale=_unit()),
            y=alt.Y(f"{y}:Q", title=y_title, axis=_SHARE, scale=_unit()),
            order="step:Q",
        )
        for name in names
        for rows in [points[points["model"] == name]]
    ]


def _figure(
    results: Results, name: str, title: str, layers: list, says: str, note: str, **options: bool
) -> Figure:
    svg = _charts.drawn(
        alt.layer(*layers), name, f"{title}. {says}", width=_charts.SMALL, height=_HEIGHT
    )
    return Figure(name, title, svg, says, note, key(results, **options), is_wide=False)


def _diagonal() -> alt.Chart:
    ends = alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    line = ends.mark_line(color=colour("axis"), strokeDash=[4, 3], strokeWidth=1)
    return line.encode(x="x:Q", y="y:Q")


def _colours(results: Results, rows: pd.DataFrame) -> list[str]:
    return [_colour(results, name) for name in rows["model"]]


def _colour(results: Results, name: str) -> str:
    if name == results.model:
        return colour("main")
    return colour("rival" if name == RULE else "other")


def _the(who: str) -> str:
    return who if who.startswith("those ") else f"the {who}"


def _unit() -> alt.Scale:
    return alt.Scale(domain=[0, 1])


def _value(row: dict | None) -> str:
    return figure(None if row is None else row["value"])
