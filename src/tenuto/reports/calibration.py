"""Whether a probability of the call list can be taken at its word, before and after calibration."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._monitored import monitored, records
from tenuto.reports._palette import colour
from tenuto.reports._parts import Column, Figure, Notice, Part, Table
from tenuto.reports._results import HEADLINE, Results
from tenuto.reports._words import UNKNOWN, count, figure, interval, percent, spoken, text

TITLE = "Calibration"
ORDER = 65
STEP = "monitoring"

_STAGES = {"before": "as the model says it", "after": "as the list says it"}
_PAINT = {"before": "rival", "after": "main"}
_METRICS = {
    "ece": "calibration error (ECE)",
    "ece_of_truth": "ECE that chance alone shows",
    "calibration_slope": "slope (1 is perfect)",
    "calibration_intercept": "intercept (0 is perfect)",
    "log_loss": "log loss",
    "brier": "Brier score",
    "brier_reliability": "of it: miscalibration",
    "brier_resolution": "of it, gained: resolution",
    "brier_uncertainty": "of it: uncertainty",
    "brier_within_bins": "of it: hidden by bins",
}
#: The bootstrap interval of an ECE lies above it: the range of the next row says more.
_NO_INTERVAL = ("ece",)
_LINE = ("slope", "intercept")
_GOOD_ECE, _GOOD_SLOPE = 0.03, (0.9, 1.1)


def section(results: Results) -> list[Part]:
    """The answer, the curve, its figures, and what was tried."""
    figures = monitored(results, "calibration")
    if figures.empty:
        return []
    headline = figures[figures["population"] == HEADLINE]
    curves = monitored(results, "reliability")
    curves = curves[curves["population"] == HEADLINE] if len(curves) else curves
    stages = ["after"] if _are_equal(curves) else list(_STAGES)
    return [
        *_answer(headline),
        *([_curve(results, curves, stages)] if len(curves) else []),
        _figures(results, headline, stages),
        *_tried(results),
    ]


def _answer(headline: pd.DataFrame) -> list[Part]:
    rows = {(row["stage"], row["metric"]): row for row in records(headline)}
    ece, truth = rows.get(("after", "ece")), rows.get(("after", "ece_of_truth"))
    slope, intercept = (rows.get(("after", f"calibration_{name}")) for name in _LINE)
    if not (ece and truth and slope and intercept) or slope["value"] is None:
        return []
    is_straight = slope["low"] <= 1 <= slope["high"] and intercept["low"] <= 0 <= intercept["high"]
    is_true = ece["value"] <= truth["high"] and is_straight
    said = (
        f"Calibration error {figure(ece['value'])}, where probabilities that are all true would "
        f"show {figure(truth['low'])} to {figure(truth['high'])}; slope {interval(slope, 2)}, "
        f"intercept {interval(intercept, 2)}."
    )
    if is_true:
        return [Notice(f"The probabilities can be taken at their word. {said}", "good")]
    is_near = ece["value"] <= max(_GOOD_ECE, truth["high"])
    if is_near and _GOOD_SLOPE[0] <= slope["value"] <= _GOOD_SLOPE[1]:
        way = "high" if intercept["value"] < 0 else "low"
        return [Notice(f"The probabilities are nearly true, and a little {way} as a whole. {said}")]
    return [
        Notice(
            f"The probabilities are off: use the order of the list, not its percentages. {said}",
            "warning",
        )
    ]


def _curve(results: Results, curves: pd.DataFrame, stages: list[str]) -> Figure:
    shown = curves[curves["stage"].isin(stages)]
    paint = [colour(_PAINT[stage]) for stage in shown["stage"]]
    base = alt.Chart(_charts.data(shown.assign(colour=paint)))
    unit = alt.Scale(domain=[0, float(min(1.0, shown[["predicted", "high"]].max().max() + 0.02))])
    axis = alt.Axis(format=".0%", tickCount=5)
    x = alt.X("predicted:Q", title="probability said", axis=axis, scale=unit)
    y_title = f"share of {results.label.who}"
    painted = alt.Color("colour:N", scale=None, legend=None)
    bars = base.mark_rule(strokeWidth=1.2).encode(x=x, y="low:Q", y2="high:Q", color=painted)
    dots = base.mark_point(filled=True, size=38, opacity=1).encode(
        x=x, y=alt.Y("observed:Q", title=y_title, axis=axis, scale=unit), color=painted
    )
    title = "What was said, and what came"
    says = "On the diagonal a probability can be taken at its word."
    layers = alt.layer(_diagonal(unit), bars, dots)
    return Figure(
        "calibration",
        title,
        _charts.drawn(layers, "calibration", f"{title}. {says}", width=_charts.SMALL, height=300),
        says,
        f"Listeners active in the last 14 days at {results.churn['test_cutoff']}, model "
        f"{spoken(results.model)}; ten bins of equal size with 95% Wilson intervals.",
        [(_PAINT[stage], _STAGES[stage]) for stage in stages],
        is_wide=False,
    )


def _are_equal(curves: pd.DataFrame) -> bool:
    """Whether calibration left everything as it was."""
    if curves.empty:
        return False
    columns = ["predicted", "observed"]
    before, after = (curves.loc[curves["stage"] == stage, columns].to_numpy() for stage in _STAGES)
    return before.shape == after.shape and bool((before == after).all())


def _diagonal(unit: alt.Scale) -> alt.Chart:
    end = unit["domain"][1]
    ends = alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": end, "y": end}]))
    line = ends.mark_line(color=colour("axis"), strokeDash=[4, 3], strokeWidth=1)
    return line.encode(x="x:Q", y="y:Q")


def _figures(results: Results, headline: pd.DataFrame, stages: list[str]) -> Table:
    rows = {(row["stage"], row["metric"]): row for row in records(headline)}
    body = [
        [words, *(_cell(metric, rows.get((stage, metric))) for stage in stages)]
        for metric, words in _METRICS.items()
    ]
    n_rows = headline["n_rows"].max()
    columns = [Column("Figure"), *(Column(_STAGES[stage], is_number=True) for stage in stages)]
    note = (
        f"{count(n_rows)} listeners active in the last 14 days at {results.churn['test_cutoff']}. "
        "Below 1 the slope means too extreme, above too timid. Brier score = miscalibration − "
        "resolution + uncertainty + what bins hide. Intervals: 95%, bootstrap over listeners."
    )
    return Table("Calibration of the call list", columns, body, note)


def _cell(metric: str, row: dict[str, Any] | None) -> str:
    if row is None:
        return UNKNOWN
    return figure(row["value"]) if metric in _NO_INTERVAL else interval(row)


def _tried(results: Results) -> list[Part]:
    table = results.churn_table("calibration", is_needed=False)
    if table.empty or "name" not in table:
        return []
    wanted = {
        "name": "Calibrator",
        "log_loss": "Log loss",
        "difference": "Gain or loss",
        "ece": "ECE",
        "slope": "Slope",
        "is_chosen": "Chosen",
        "why": "Why",
    }
    names = {column: title for column, title in wanted.items() if column in table}
    texts = ("name", "is_chosen", "why")
    columns = [
        Column(title, is_number=name not in texts, wraps=name == "why")
        for name, title in names.items()
    ]
    rows = [[_tried_cell(name, row[name]) for name in names] for row in records(table)]
    when = sorted({str(day) for day in table.get("learned_at", pd.Series(dtype=str)).dropna()})
    learned = f" at {', '.join(when)}" if when else ""
    note = (
        f"Learned{learned}, at a closed cutoff after those trained on, from other users. What "
        "models say is left as it is unless a calibrator lowers the log loss beyond chance."
    )
    share = table.get("n_rows")
    of = "" if share is None else f" {count(share.max())} listeners."
    return [Table("Calibrators tried", columns, rows, note + of)]


def _tried_cell(name: str, value: Any) -> str:
    if name == "is_chosen":
        return "yes" if str(value) == "True" else "no"
    if name in ("name", "why"):
        return text(value)
    return percent(None) if value is None else figure(value, 4 if name != "slope" else 2)
