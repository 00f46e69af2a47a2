"""Charts of measured campaigns: effects with intervals, and what lists would keep or earn."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
from markupsafe import Markup

from tenuto.reports import _charts
from tenuto.reports._palette import colour

_ROW_HEIGHT = 30


def effects(rows: pd.DataFrame, name: str, label: str) -> Markup:
    """A dot per row: ``part``; ``effect``, ``low`` and ``high`` in points, about a line at 0."""
    base = alt.Chart(_charts.data(rows[["part", "effect", "low", "high"]]))
    y = alt.Y("part:N", title=None, sort=list(rows["part"]), axis=alt.Axis(labelLimit=240))
    ends = [min(0.0, float(rows["low"].min())), max(0.0, float(rows["high"].max()))]
    room = 0.04 * (ends[1] - ends[0])
    scale = alt.Scale(domain=[ends[0] - room, ends[1] + room], nice=False)
    title = "fewer left among those to be contacted, points"
    lines = base.mark_rule(color=colour("main"), strokeWidth=1.8).encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=alt.Axis(grid=True)), x2="high:Q", y=y
    )
    dots = base.mark_point(filled=True, size=60, opacity=1, color=colour("main")).encode(
        x=alt.X("effect:Q", title=title, scale=scale), y=y
    )
    zero = alt.Chart(alt.Data(values=[{"effect": 0}])).mark_rule(color=colour("ink"))
    layers = alt.layer(zero.encode(x="effect:Q"), lines, dots)
    return _charts.drawn(layers, name, label, height=64 + _ROW_HEIGHT * len(rows))


def lists(
    curves: pd.DataFrame, column: str, title: str, colours: Mapping[str, str], name: str, label: str
) -> Markup:
    """``column`` against ``share`` contacted: a line for each ``ranking`` in ``colours``."""
    shown = curves[curves["ranking"].isin(list(colours))]
    shown = shown[["ranking", "share", column]].assign(
        colour=[colour(colours[ranking]) for ranking in shown["ranking"]]
    )
    axis = alt.Axis(format="%", tickCount=5)
    lines = (
        alt.Chart(_charts.data(shown))
        .mark_line()
        .encode(
            x=alt.X("share:Q", title="share of the list contacted", axis=axis),
            y=alt.Y(f"{column}:Q", title=title, axis=alt.Axis(tickCount=5)),
            color=alt.Color("colour:N", scale=None, legend=None),
            detail="ranking:N",
        )
    )
    zero = alt.Chart(alt.Data(values=[{column: 0}])).mark_rule(color=colour("axis"))
    layers = alt.layer(zero.encode(y=f"{column}:Q"), lines)
    return _charts.drawn(layers, name, label, width=_charts.SMALL, height=250)
