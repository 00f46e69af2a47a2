"""What became of earlier predictions, run by run."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._monitored import matured
from tenuto.reports._palette import colour
from tenuto.reports._parts import Column, Figure, Part, Row, Table
from tenuto.reports._results import HEADLINE, Results
from tenuto.reports._words import POPULATIONS, count, figure, interval, percent, plural, spoken

TITLE = "Earlier predictions"
ORDER = 94
STEP = "matured"

_RUNS_SHOWN = 30
_FIGURES = ("auc", "log_loss", "calibration_slope", "lift_at_10")


def section(results: Results) -> list[Part]:
    """AUC and calibration in the large by run, and the table; nothing before a window closed."""
    table = matured(results)
    if table.empty:
        return []
    rows = table[table["population"] == HEADLINE]
    cutoffs = sorted(set(rows["cutoff"]))[-_RUNS_SHOWN:]
    rows = rows[rows["cutoff"].isin(cutoffs)]
    charts = [_aucs(results, rows), _rates(results, rows)] if len(cutoffs) > 1 else []
    return [*([Row(charts)] if charts else []), _table(results, rows, len(set(table["cutoff"])))]


def _aucs(results: Results, rows: pd.DataFrame) -> Figure:
    points = rows.loc[rows["metric"] == "auc", ["cutoff", "value", "low", "high"]].dropna()
    base = alt.Chart(_charts.data(points))
    x = _cutoffs()
    bars = base.mark_rule(color=colour("main"), strokeWidth=1.2).encode(
        x=x, y=alt.Y("low:Q", title="AUC", scale=alt.Scale(zero=False)), y2="high:Q"
    )
    dots = base.mark_point(color=colour("main"), filled=True, size=38, opacity=1).encode(
        x=x, y="value:Q"
    )
    ends = f"from {figure(points['value'].min())} to {figure(points['value'].max())}"
    says = f"{plural(len(points), 'run')}, AUC {ends}." if len(points) else "No run has an AUC."
    return _figure("matured_auc", "AUC of what was predicted", [bars, dots], says, [])


def _rates(results: Results, rows: pd.DataFrame) -> Figure:
    once = rows.drop_duplicates("cutoff")
    base = alt.Chart(_charts.data(once[["cutoff", "base_rate", "mean_prediction"]]))
    share = alt.Axis(format=".0%", tickCount=4)
    layers = [
        base.mark_line(color=colour(paint), point=alt.OverlayMarkDef(color=colour(paint))).encode(
            x=_cutoffs(), y=alt.Y(f"{name}:Q", title="share of listeners", axis=share)
        )
        for name, paint in (("base_rate", "ink"), ("mean_prediction", "main"))
    ]
    gaps = (once["mean_prediction"] - once["base_rate"]).abs()
    says = f"What was said and what came are {percent(gaps.mean())} apart on average."
    return _figure(
        "matured_rates",
        "What was said and what came",
        layers,
        says,
        [("ink", f"{results.label.who}, as it came"), ("main", "mean probability")],
    )


def _cutoffs() -> alt.X:
    return alt.X("cutoff:O", title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True))


def _figure(name: str, title: str, layers: list, says: str, key: list) -> Figure:
    svg = _charts.drawn(
        alt.layer(*layers), name, f"{title}. {says}", width=_charts.SMALL, height=260
    )
    note = (
        f"Listeners {POPULATIONS[HEADLINE]} at each cutoff; the probabilities as they were saved, "
        "the outcomes by the same label. Neighbouring cutoffs share listeners and days."
    )
    return Figure(name, title, svg, says, note, key, is_wide=False)


def _table(results: Results, rows: pd.DataFrame, n_runs: int) -> Table:
    body = [_cells(part) for _, part in rows.groupby("cutoff", sort=True)]
    note = (
        "Each run on its own, never pooled. Every probability is of what was known before the "
        "days that it is about, by a model that did not know the listener. Where a campaign ran, "
        "its hold-out alone is counted: contacted listeners would make a good model look bad. A "
        "slope below 1: too extreme; above: too timid. Intervals: 95%, bootstrap over listeners."
    )
    columns = [
        Column("Cutoff"),
        Column("Model", wraps=True),
        Column("Who"),
        Column("Listeners", is_number=True),
        Column(f"{results.label.rate.capitalize()}", is_number=True),
        Column("Mean said", is_number=True),
        Column("AUC [95%]", is_number=True),
        Column("Log loss", is_number=True),
        Column("Slope [95%]", is_number=True),
        Column("Lift at 10%", is_number=True),
    ]
    caption = f"What became of {plural(n_runs, 'earlier run')}: listeners {POPULATIONS[HEADLINE]}"
    return Table(caption, columns, body, note)


def _cells(part: pd.DataFrame) -> list[str]:
    facts = part.iloc[0]
    of = {str(row["metric"]): row for row in part.to_dict("records")}
    auc, log_loss, slope, lift = (of.get(name, _NOTHING) for name in _FIGURES)
    digest = str(facts["model_digest"])[:8]
    return [
        str(facts["cutoff"]),
        f"{spoken(str(facts['model']))} {digest}",
        str(facts["who"]),
        count(facts["n_rows"]),
        percent(facts["base_rate"]),
        percent(facts["mean_prediction"]),
        interval(auc),
        figure(log_loss["value"]),
        interval(slope, 2),
        figure(lift["value"], 2),
    ]


_NOTHING: dict[str, Any] = {"value": None, "low": None, "high": None}
