"""Charts of profit and lift over the list: the plan's model and the trivial rule."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
from markupsafe import Markup

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._results import RULE, Results

_HEIGHT = 300
_CONTACTED = "listeners contacted"


def profit_chart(results: Results, curves: pd.DataFrame, capacity: int, label: str) -> Markup:
    """Profit against how many are contacted, with the maximum as a dot, and the capacity."""
    layers: list[Any] = [_level(0)]
    if capacity:
        layers.append(_capacity(capacity, int(curves["n_contacted"].max())))
    for name in [name for name in (RULE, results.model) if (curves["ranking"] == name).any()]:
        rows = curves[curves["ranking"] == name]
        paint = colour("main" if name == results.model else "rival")
        layers += [_line(rows, "profit", paint), _dot(rows[rows["is_maximum"]], paint)]
    return _drawn(layers, "profit", label)


def lift_chart(results: Results, curves: pd.DataFrame, label: str) -> Markup:
    """Lift against how many are contacted, below its cap."""
    shown = curves[(curves["n_contacted"] > 0) & curves["lift"].notna()]
    ours = shown[shown["ranking"] == results.model]
    cap = alt.Chart(_charts.data(ours[["n_contacted", "lift_cap"]])).mark_line(
        color=colour("axis"), strokeDash=[2, 3], strokeWidth=1.5
    )
    layers: list[Any] = [_level(1), cap.encode(x=_x(), y="lift_cap:Q")]
    for name in [name for name in (RULE, results.model) if (shown["ranking"] == name).any()]:
        paint = colour("main" if name == results.model else "rival")
        layers.append(_line(shown[shown["ranking"] == name], "lift", paint))
    return _drawn(layers, "profit_lift", label)


def _line(rows: pd.DataFrame, column: str, paint: str) -> alt.Chart:
    base = alt.Chart(_charts.data(rows[["n_contacted", column]]))
    line = base.mark_line(color=paint, strokeWidth=2.2)
    return line.encode(x=_x(), y=alt.Y(f"{column}:Q", title=column), order="n_contacted:Q")


def _dot(row: pd.DataFrame, paint: str) -> alt.Chart:
    base = alt.Chart(_charts.data(row[["n_contacted", "profit"]]))
    dot = base.mark_point(filled=True, size=70, opacity=1, color=paint)
    return dot.encode(x=_x(), y="profit:Q")


def _level(value: float) -> alt.Chart:
    rule = alt.Chart(alt.Data(values=[{"level": value}])).mark_rule(color=colour("axis"))
    return rule.encode(y="level:Q")


def _capacity(capacity: int, n_listeners: int) -> alt.Chart:
    """An upright line where the capacity ends; at the edge, if it is above the list."""
    values = [{"n_contacted": min(capacity, n_listeners)}]
    rule = alt.Chart(alt.Data(values=values)).mark_rule(
        color=colour("ink"), strokeDash=[4, 3], strokeWidth=1.2
    )
    return rule.encode(x=_x())


def _x() -> alt.X:
    return alt.X("n_contacted:Q", title=_CONTACTED, axis=_charts.counts_axis())


def _drawn(layers: list[Any], name: str, label: str) -> Markup:
    chart = alt.layer(*layers)
    return _charts.drawn(chart, name, label, width=_charts.SMALL, height=_HEIGHT)
