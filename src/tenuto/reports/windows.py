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
from tenuto.reports._parts import Column, Figure, Notice, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._return_curve import return_curve
from tenuto.reports._windows import Window, faults, log_days, log_end, windows_of
from tenuto.reports._words import POPULATIONS, count, percent, plural, text

TITLE = "Windows"
ORDER = 50

_OWN_CLOCKS = (
    " Every user has an own clock and so an own wall: drawn is a user whose bin ends on that day, "
    "the walls of others lie up to a bin earlier."
)
_DETECTION = (
    "The outcome of this label reaches into the days that the features see: a good score says that "
    "leaving leaves traces while it happens, not that it can be foretold."
)
_ROW_HEIGHT = 34


def section(results: Results) -> list[Part]:
    """The windows on the axis of days, the funnel and the return curve."""
    return [
        Paragraph(
            "A cutoff is a wall. Features see only days before it, the outcome only days from it "
            "on; and a model is trained only at cutoffs whose outcome was over when the test "
            "began."
        ),
        *([Notice(_DETECTION, "warning")] if results.label.is_detection else []),
        _drawing(results),
        *_funnel(results),
        *return_curve(results),
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
            "height": [
                7 if results.label.is_detection and window.side == "outcome" else 15
                for window in windows
            ],
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
        f"models saw, each to the right what they had to foretell ({results.label.span})."
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
        "(churn.min_history_days); a few habits look at everything before the wall."
        + (_OWN_CLOCKS if results.label.bins else ""),
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
    # What lies over the features must leave them to be seen.
    sized = alt.Size("height:Q", scale=None, legend=None)
    bars = base.mark_bar().encode(
        size=sized,
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
            for row in _from_seen_to_scored(steps)
        ]
    rate = results.label.rate.capitalize()
    columns = [
        Column("Listeners"),
        Column("How many", is_number=True),
        Column(rate, is_number=True),
    ]
    silent = "has mostly left already and is" if results.label.is_silence else "is"
    note = (
        f"{rate}: {results.label.measured_from('the cutoff')}. Who has been silent "
        f"for more than 14 days {silent} for a win-back list; the figures "
        "that count are for those active in the last 14 days."
    )
    return [Table("Who is scored, and who can still be kept", columns, rows, note)]


POPULATIONS_IN_FUNNEL = {
    **POPULATIONS,
    "all": "scored",
    "robots left out": "left out: robots",
    "had cancelled before": "left out: had cancelled before",
    "to whom it cannot happen": "left out: cannot happen to them",
}


def _from_seen_to_scored(steps: pd.DataFrame) -> list[dict[str, Any]]:
    """Who was seen, then who of them was left out and why, then who was scored."""
    rows = steps.to_dict("records")
    scored = [row for row in rows if row["step"] in POPULATIONS]
    others = [row for row in rows if row["step"] not in POPULATIONS and row["n_users"]]
    return [{str(key): value for key, value in row.items()} for row in [*others, *scored]]
