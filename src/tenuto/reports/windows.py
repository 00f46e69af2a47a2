"""Which days the models learn from and are tested on, who is in, how long silence lasts.

The funnel answers K2 (most of a young service has left already), the return curve K51.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import Column, Figure, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._windows import Window, faults, log_days, log_end, windows_of
from tenuto.reports._words import POPULATIONS, count, percent, plural, text

TITLE = "Windows"
ORDER = 50

# The usual level below which a silent listener counts as gone.
_GONE_BELOW = 0.10
_ROW_HEIGHT = 34


def section(results: Results) -> list[Part]:
    """The windows on the axis of days, the funnel and the return curve."""
    return [
        Paragraph(
            "A cutoff is a wall. Features see only days before it, the outcome only days from it "
            "on; and a model is trained only at cutoffs whose outcome was over when the test "
            "began."
        ),
        _drawing(results),
        *_funnel(results),
        *_return_curve(results),
    ]


def _drawing(results: Results) -> Figure:
    windows = windows_of(results)
    table = pd.DataFrame(
        {
            "row": [f"{window.role}, {window.cutoff}" for window in windows],
            "start": [window.start for window in windows],
            "end": [window.end for window in windows],
            "cutoff": [window.cutoff for window in windows],
            "colour": [_fill(window.side, window.is_known) for window in windows],
        }
    )
    days = log_days(results)
    first = min([*days[:1], *table["start"]])
    span = (first, max(log_end(results), *table["end"]))
    order = list(dict.fromkeys(table["row"]))
    chart = _windows_chart(results, table, span, order)
    n_training = sum("training" in row for row in order)
    says = (
        f"{plural(n_training, 'training cutoff')}; each bar to the left of a wall is what the "
        f"models saw, each to the right what they had to foretell ({results.horizon_days} days)."
        if n_training
        else "No cutoff before this one has its outcome in the log, so nothing can be trained."
    )
    label = "Windows of features and outcomes: " + "; ".join(
        f"{window.role} {window.cutoff}, {window.side} {window.start} to {window.end}"
        for window in windows
    )
    height = 60 + _ROW_HEIGHT * (len(order) + 1)
    return Figure(
        "windows_by_cutoff",
        "What was known when",
        _charts.drawn(chart, "windows_by_cutoff", label, height=height),
        says,
        "The features' bar is the longest window that the honest models use "
        "(churn.min_history_days); a few habits look at everything before the wall.",
        swatches=_key(windows, is_faulty=not faults(results).empty),
    )


def _key(windows: list[Window], *, is_faulty: bool) -> list[tuple[str, str]]:
    """Only what is drawn."""
    outcomes = {window.is_known for window in windows if window.side == "outcome"}
    key = [("main", "features")]
    key += [("rival", "outcome")] if True in outcomes else []
    key += [("other", "outcome not over yet")] if False in outcomes else []
    return [*key, ("missing", "day with a faulty file")] if is_faulty else key


def _fill(side: str, is_known: bool) -> str:
    if side == "features":
        return colour("main")
    return colour("rival") if is_known else colour("other")


def _windows_chart(
    results: Results, table: pd.DataFrame, span: tuple[date, date], order: list[str]
) -> Any:
    faulty = faults(results)
    bottom = "faulty files"
    rows = order if faulty.empty else [*order, bottom]
    y = alt.Y(
        "row:N",
        title=None,
        sort=rows,
        scale=alt.Scale(domain=rows),
        axis=alt.Axis(labelLimit=240),
    )
    base = alt.Chart(_charts.data(table))
    bars = base.mark_bar(height=15).encode(
        x=_charts.days_axis("start", span),
        x2="end:T",
        y=y,
        color=alt.Color("colour:N", scale=None, legend=None),
    )
    walls = base.mark_tick(color=colour("ink"), thickness=2.5, height=26).encode(x="cutoff:T", y=y)
    if faulty.empty:
        return alt.layer(bars, walls)
    middle = [
        _charts.milliseconds(day) + 43_200_000
        for day in sorted(set(faulty["day"]))
        if span[0] <= day < span[1]
    ]
    marks = alt.Chart(alt.Data(values=[{"day": at, "row": bottom} for at in middle]))
    ticks = marks.mark_point(
        shape="triangle-up", filled=True, size=50, opacity=1, color=colour("missing")
    )
    return alt.layer(bars, walls, ticks.encode(x="day:T", y=y))


def _funnel(results: Results) -> list[Part]:
    funnel = results.churn_table("funnel") if results.has_model else pd.DataFrame()
    if funnel.empty:
        return []
    tested = str(results.churn["test_cutoff"])
    rows: list[list[str] | str] = []
    for cutoff, steps in funnel.groupby("cutoff", sort=False):
        role = "test" if str(cutoff) == tested else "call list"
        role = "test and call list" if tested == str(results.cutoff) else role
        rows.append(f"{role}, {cutoff}")
        rows += [
            [
                POPULATIONS_IN_FUNNEL.get(str(row["step"]), text(row["step"])),
                count(row["n_users"]),
                percent(row["churn_rate"]),
            ]
            for row in steps.to_dict("records")
        ]
    columns = [
        Column("Listeners"),
        Column("How many", is_number=True),
        Column("Left", is_number=True),
    ]
    note = (
        f"Left: no event in the {results.horizon_days} days from the cutoff. Who has been silent "
        "for more than 14 days has mostly left already and is for a win-back list; the figures "
        "that count are for those active in the last 14 days."
    )
    return [Table("Who is scored, and who can still be kept", columns, rows, note)]


POPULATIONS_IN_FUNNEL = {**POPULATIONS, "all": "scored: people, not robots"}


def _return_curve(results: Results) -> list[Part]:
    curve = results.data("return_curve")
    curve = curve.dropna(subset=["share_returned"]) if len(curve) else curve
    if curve.empty:
        return [
            Paragraph(
                "The log is too short to see how often silent listeners come back within "
                f"{plural(results.horizon_days, 'day')}."
            )
        ]
    gone = curve.loc[curve["share_returned"] < _GONE_BELOW, "idle_days"]
    advised = None if gone.empty else int(gone.iloc[0])
    says = _advice(advised, results.horizon_days)
    svg = _charts.drawn(_return_chart(curve, advised), "return_curve", says, height=240)
    note = (
        f"Of the spells of silence that lasted so many days, the share that ended within the next "
        f"{results.horizon_days} days; n from {count(curve['n_silent'].iloc[0])} spells at "
        f"{plural(curve['idle_days'].iloc[0], 'day')} to {count(curve['n_silent'].iloc[-1])} at "
        f"{plural(curve['idle_days'].iloc[-1], 'day')}. Spells whose next days are not all in the "
        "log are left out, not counted as lost."
    )
    return [Figure("return_curve", "How often silent listeners come back", svg, says, note)]


def _advice(advised: int | None, horizon_days: int) -> str:
    if advised is None:
        return (
            "Even after the longest silence that this log can judge, more than 10% come back: "
            "a longer log is needed to say when a listener is gone."
        )
    start = f"After {plural(advised, 'idle day')} fewer than 10% come back. "
    if horizon_days >= advised:
        return start + f"The horizon of {horizon_days} days is long enough to call it leaving."
    return start + f"The horizon of {horizon_days} days is shorter: some who are away will return."


def _return_chart(curve: pd.DataFrame, advised: int | None) -> Any:
    columns = curve[["idle_days", "share_returned"]]
    base = alt.Chart(_charts.data(columns)).encode(
        x=alt.X("idle_days:Q", title="idle days", axis=alt.Axis(tickMinStep=1)),
        y=alt.Y(
            "share_returned:Q",
            title="come back",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=".0%", tickCount=5),
        ),
    )
    line = base.mark_line(color=colour("main"), point=alt.OverlayMarkDef(color=colour("main")))
    level = alt.Chart(alt.Data(values=[{"level": _GONE_BELOW}]))
    layers = [level.mark_rule(color=colour("axis"), strokeDash=[4, 3]).encode(y="level:Q"), line]
    if advised is not None:
        at = alt.Chart(alt.Data(values=[{"at": advised}]))
        layers.append(at.mark_rule(color=colour("rival"), strokeWidth=1.5).encode(x="at:Q"))
    return alt.layer(*layers)
