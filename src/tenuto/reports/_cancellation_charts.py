"""Charts of cancellations: bars of steps and of weeks, and rates as dots with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import altair as alt
import pandas as pd
from markupsafe import Markup

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._words import as_date

_ROW_HEIGHT = 30


def bars_of_steps(steps: pd.DataFrame, name: str, label: str) -> Markup:
    """Horizontal bars in the order of the rows: ``step``, ``n_users`` and ``label`` beside it."""
    base = alt.Chart(_charts.data(steps[["step", "n_users", "label"]]))
    y = alt.Y("step:N", title=None, sort=list(steps["step"]), axis=alt.Axis(labelLimit=220))
    # Room for the label of the longest bar.
    ends = [0, float(max(steps["n_users"].max(), 1)) * 1.18]
    x = alt.X("n_users:Q", title="listeners", axis=_charts.counts_axis(), scale=_within(ends))
    bars = base.mark_bar(color=colour("main"), height=18).encode(x=x, y=y)
    words = base.mark_text(align="left", dx=6, fontSize=11, color=colour("ink"))
    layers = alt.layer(bars, words.encode(x=x, y=y, text="label:N"))
    return _charts.drawn(layers, name, label, height=60 + _ROW_HEIGHT * len(steps))


def bars_of_weeks(
    weeks: pd.DataFrame, kinds: Mapping[str, tuple[str, str]], name: str, label: str
) -> Markup:
    """What came in a week above the line (the first of ``kinds``), what went below it."""
    rows = []
    for week in weeks.to_dict("records"):
        start = as_date(week["week"])
        below = 0
        for place, (column, (token, _)) in enumerate(kinds.items()):
            n = int(week[column])
            low, high = (0, n) if place == 0 else (below - n, below)
            below = below if place == 0 else low
            ends = (start + timedelta(days=1), start + timedelta(days=6))
            rows.append((*ends, low, high, colour(token)))
    table = pd.DataFrame(rows, columns=["start", "end", "low", "high", "colour"])
    span = (as_date(weeks["week"].iloc[0]), as_date(weeks["week"].iloc[-1]) + timedelta(days=7))
    axis = alt.Axis(tickCount=5, tickMinStep=1, labelExpr="abs(datum.value)")
    bars = (
        alt.Chart(_charts.data(table))
        .mark_rect()
        .encode(
            x=_charts.days_axis("start", span, n_labels=len(weeks) if len(weeks) <= 11 else 11),
            x2="end:T",
            y=alt.Y("low:Q", title="out of a plan · into paid", axis=axis),
            y2="high:Q",
            color=alt.Color("colour:N", scale=None, legend=None),
        )
    )
    zero = alt.Chart(alt.Data(values=[{"level": 0}])).mark_rule(color=colour("axis"))
    return _charts.drawn(alt.layer(bars, zero.encode(y="level:Q")), name, label, height=240)


def dots_with_bars(rows: pd.DataFrame, name: str, label: str, *, x_title: str) -> Markup:
    """One row per ``name`` with ``value``, ``low`` and ``high``, in the order given.

    The scale is that of square roots: intervals of small counts are wide, and would press the
    others against the axis.
    """
    base = alt.Chart(_charts.data(rows[["name", "value", "low", "high"]]))
    y = alt.Y(
        "name:N", title=None, sort=list(rows["name"]), axis=alt.Axis(labelLimit=150, labelPadding=9)
    )
    scale = alt.Scale(type="sqrt", domain=[0, float(rows["high"].max())], nice=False)
    ticks = _ticks(float(rows["high"].max()))
    axis = alt.Axis(grid=True, values=ticks, labelOverlap="greedy", labelExpr="datum.value")
    lines = base.mark_rule(color=colour("main"), strokeWidth=1.8).encode(
        x=alt.X("low:Q", title=x_title, scale=scale, axis=axis), x2="high:Q", y=y
    )
    dots = base.mark_point(filled=True, size=60, opacity=1, color=colour("main")).encode(
        x=alt.X("value:Q", title=x_title, scale=scale, axis=axis), y=y
    )
    height = 70 + _ROW_HEIGHT * len(rows)
    return _charts.drawn(alt.layer(lines, dots), name, label, width=_charts.SMALL, height=height)


def _ticks(highest: float) -> list[float]:
    """Round values that a scale of roots spreads evenly enough."""
    ladder = (0, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
    # Steps far below the end crowd at the axis.
    return [value for value in ladder if value == 0 or highest / 60 <= value <= highest]


def _within(ends: list[float]) -> Any:
    return alt.Scale(domain=ends, nice=False)
