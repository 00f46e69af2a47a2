"""AUC of every model with its interval, honest and optimistic, side by side."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import Figure
from tenuto.reports._results import FLOOR, HEADLINE, Results
from tenuto.reports._words import POPULATIONS, spoken

_HARDER = (
    "The further down, the harder and the more useful: whoever has been silent for weeks is easily "
    "told, and cannot be kept."
)
_ALIKE = (
    "Where the bars of two models cover each other, take neither for better; the differences in "
    "pairs are in the tables."
)


def auc_figure(results: Results) -> Figure | None:
    """AUC of every model with its interval, by population, honest and optimistic."""
    rows = results.metrics[results.metrics["metric"] == "auc"].dropna(subset=["value"])
    rows = rows[rows["model"] != FLOOR]
    if rows.empty:
        return None
    table = pd.DataFrame(
        {
            "model": [spoken(name) for name in rows["model"]],
            "population": [POPULATIONS.get(name, name) for name in rows["population"]],
            "protocol": rows["protocol"],
            "value": rows["value"],
            "low": rows["low"],
            "high": rows["high"],
        }
    )
    svg = _charts.drawn_as_it_is(_dots(table), "auc", "AUC of every model with its interval")
    return Figure(
        "auc",
        "AUC by population and by protocol",
        svg,
        _HARDER if results.label.is_silence else _ALIKE,
        "Bars are 95% intervals from a bootstrap over listeners. Forward: trained on other users "
        "and earlier days. Snapshot: trained on the same days, as the earlier projects did; "
        "optimistic.",
        swatches=[("main", "forward"), ("other", "snapshot (optimistic)")],
    )


def _dots(table: pd.DataFrame) -> Any:
    paint = alt.Color(
        "protocol:N",
        legend=None,
        scale=alt.Scale(domain=["forward", "snapshot"], range=[colour("main"), colour("other")]),
    )
    shape = alt.Shape(
        "protocol:N",
        legend=None,
        scale=alt.Scale(domain=["forward", "snapshot"], range=["circle", "diamond"]),
    )
    low = min(0.5, float(table["low"].min()))
    x = alt.X(
        "value:Q",
        title="AUC",
        scale=alt.Scale(domain=[low, 1]),
        axis=alt.Axis(format=".2f", grid=True, tickCount=6),
    )
    y = alt.Y("model:N", title=None, sort=sorted(table["model"].unique()))
    offset = alt.YOffset("protocol:N", sort=["forward", "snapshot"])
    base = alt.Chart(_charts.data(table)).encode(y=y, yOffset=offset, color=paint)
    bars = base.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q", title="AUC"), x2="high:Q")
    dots = base.mark_point(filled=True, size=55, opacity=1).encode(x=x, shape=shape)
    order = [POPULATIONS[name] for name in ("all", HEADLINE, "active_7d")]
    known = [name for name in order if (table["population"] == name).any()]
    facet = alt.Row(
        "population:N",
        sort=known,
        header=alt.Header(labelOrient="top", labelAnchor="start", labelPadding=2, title=None),
    )
    layered = alt.layer(dots, bars).properties(width=680, height=alt.Step(13))
    return layered.facet(row=facet, spacing=14)
