"""Charts of the insights: a heat map of weeks, lines by group, areas of states, dots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
from markupsafe import Markup

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._words import as_date, percent

_ROW_HEIGHT, _CELL_HEIGHT = 30, 26
_SHARE = alt.Axis(format=".0%", tickCount=5)
# The strongest colour that dark letters (light ones in the dark theme) can still be read on.
_STRONGEST = 0.55


def heat_map(cells: pd.DataFrame, name: str, label: str) -> Markup:
    """``row``, ``week``, ``share_active`` and ``is_open``: the share of a row in each week.

    Strength of the colour is the share itself, from none to all; open cells are grey.
    """
    is_open = cells["is_open"].astype(bool)
    shown = pd.DataFrame(
        {
            "row": cells["row"],
            "week": cells["week"],
            "words": [percent(share, 0) for share in cells["share_active"]],
            "fill": [colour("other" if open_ else "main") for open_ in is_open],
            "strength": 0.04
            + (_STRONGEST - 0.04) * cells["share_active"].astype(float).fillna(0.0),
        }
    )
    shown.loc[is_open, "strength"] = 0.35
    rows = list(dict.fromkeys(cells["row"]))
    base = alt.Chart(_charts.data(shown)).encode(
        x=alt.X(
            "week:O",
            title="weeks since the first event",
            axis=alt.Axis(labelAngle=0, domain=False, ticks=False),
            scale=alt.Scale(paddingInner=0.04),
        ),
        y=alt.Y(
            "row:N",
            title=None,
            sort=rows,
            axis=alt.Axis(labelLimit=260),
            scale=alt.Scale(paddingInner=0.08),
        ),
    )
    squares = base.mark_rect().encode(
        color=alt.Color("fill:N", scale=None, legend=None),
        opacity=alt.Opacity("strength:Q", scale=None, legend=None),
    )
    words = base.mark_text(fontSize=11, color=colour("ink")).encode(text="words:N")
    height = 64 + _CELL_HEIGHT * len(rows)
    return _charts.drawn(alt.layer(squares, words), name, label, height=height)


def lines_by_group(rows: pd.DataFrame, colours: Mapping[str, str], name: str, label: str) -> Markup:
    """``group``, ``week``, ``share_active``, ``low``, ``high``: a line and a band per group."""
    shown = rows[["group", "week", "share_active", "low", "high"]].assign(
        colour=[colour(colours[group]) for group in rows["group"]]
    )
    paint = alt.Color("colour:N", scale=None, legend=None)
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart(_charts.data(shown)).encode(
        x=alt.X("week:Q", title="weeks since the first event", axis=alt.Axis(tickMinStep=1)),
        color=paint,
        detail="group:N",
    )
    bands = base.mark_area(opacity=0.16).encode(
        y=alt.Y("low:Q", title="still active", axis=_SHARE, scale=scale), y2="high:Q"
    )
    lines = base.mark_line(point=alt.OverlayMarkDef(size=22)).encode(
        y=alt.Y("share_active:Q", title="still active", axis=_SHARE, scale=scale)
    )
    return _charts.drawn(alt.layer(bands, lines), name, label, width=_charts.SMALL, height=250)


def areas_of_states(
    days: pd.DataFrame, colours: Mapping[str, str], name: str, label: str
) -> Markup:
    """``day``, ``state``, ``n_listeners``: one area per state, in the order of ``colours``."""
    order = list(colours)
    shown = pd.DataFrame(
        {
            "day": [as_date(day) for day in days["day"]],
            "n": days["n_listeners"].fillna(0).astype(int),
            "place": [order.index(state) for state in days["state"]],
            "colour": [colour(colours[state]) for state in days["state"]],
        }
    )
    # A line from 0 to 0 would be drawn, and say that there is somebody.
    span = (shown["day"].min(), shown["day"].max())
    areas = (
        alt.Chart(_charts.data(shown))
        .mark_area(opacity=0.85, stroke=colour("paper"), strokeWidth=0.6)
        .encode(
            x=_charts.days_axis("day", span),
            y=alt.Y("n:Q", title="listeners", stack="zero", axis=_charts.counts_axis()),
            color=alt.Color("colour:N", scale=None, legend=None),
            order=alt.Order("place:Q"),
        )
    )
    return _charts.drawn(areas, name, label, height=280)


def dots(
    rows: pd.DataFrame,
    name: str,
    label: str,
    *,
    x_title: str,
    domain: Sequence[float],
    is_share: bool = True,
    zero: float | None = None,
    width: int = _charts.WIDE,
) -> Markup:
    """One line per ``row``: ``value`` with ``low`` to ``high``; perhaps a ``second`` value.

    ``zero`` draws a line where there is no difference.
    """
    order = list(dict.fromkeys(rows["row"]))
    base = alt.Chart(_charts.data(rows))
    y = alt.Y("row:N", title=None, sort=order, axis=alt.Axis(labelLimit=260, labelPadding=9))
    axis = alt.Axis(grid=True, tickCount=6, format=".0%" if is_share else ".1f")
    scale = alt.Scale(domain=list(domain), nice=False, clamp=True)

    def at(field: str) -> Any:
        return alt.X(f"{field}:Q", title=x_title, scale=scale, axis=axis)

    lines = base.mark_rule(color=colour("main"), strokeWidth=1.8).encode(
        x=at("low"), x2="high:Q", y=y
    )
    points = base.mark_point(filled=True, size=60, opacity=1, color=colour("main"))
    layers = [lines, points.encode(x=at("value"), y=y)]
    if "second" in rows.columns and rows["second"].notna().any():
        seconds = base.mark_point(
            shape="diamond", filled=True, size=76, opacity=1, color=colour("rival")
        )
        layers.append(seconds.encode(x=at("second"), y=y))
    if zero is not None:
        none = alt.Chart(alt.Data(values=[{"level": zero}]))
        layers.insert(0, none.mark_rule(color=colour("axis")).encode(x=at("level")))
    return _charts.drawn(
        alt.layer(*layers), name, label, width=width, height=70 + _ROW_HEIGHT * len(order)
    )
