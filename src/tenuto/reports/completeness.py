"""Which log files are missing, cut short, too large or copies, and what that touches (K37)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import Column, Figure, Notice, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._windows import faults, log_days
from tenuto.reports._words import count, listing, plural, text

TITLE = "Completeness"
ORDER = 30

# State -> colour and the letter that stands for it, so that no one has to tell colours apart.
_STATES = {
    "ok": ("present", ""),
    "missing": ("missing", "M"),
    "truncated": ("truncated", "T"),
    "oversized": ("oversized", "O"),
    "copied": ("copied", "C"),
}
_DAYS_DRAWN = 92
_STREAMS_DRAWN = 40
_FAULTS_LISTED = 40
_EMPTY_DAYS_SHOWN = 5
_ROW_HEIGHT = 19


def section(results: Results) -> list[Part]:
    """The strip of files, the list of faults and the windows that they fall in."""
    table, found = results.completeness, faults(results)
    if table.empty:
        return [Paragraph(_without_days_in_names(results))]
    if found.empty:
        said: Part = Paragraph(
            "No file is missing, cut short, unusually large or a copy of another day."
        )
        return [said, _strip(results, table)]
    touching = int((found["touches"] != "").sum())
    words = (
        f"{plural(len(found), 'file')} of {count(len(table))} should be asked for again. A lost "
        "file reads like listeners leaving: a fault in the features makes people look quieter "
        "than they are, one in the outcome makes them look gone. "
        f"{_how_many(touching, len(found))} in days that the models look at."
    )
    return [
        Notice(words, "warning" if touching else "plain"),
        _strip(results, table),
        _faults(found),
    ]


def _without_days_in_names(results: Results) -> str:
    """What can be said where no file is named for a day: which days hold nothing at all."""
    days = log_days(results)
    said = (
        "The names of these files tell no day, so no file can be found missing, cut short or "
        "copied. "
    )
    if not days:
        return f"{said}There is no day of log."
    span = (days[-1] - days[0]).days + 1
    empty = sorted({days[0] + timedelta(days=since) for since in range(span)} - set(days))
    if not empty:
        return f"{said}Every day from {days[0]} to {days[-1]} has events."
    shown = listing(str(day) for day in empty[:_EMPTY_DAYS_SHOWN])
    more = len(empty) - _EMPTY_DAYS_SHOWN
    return (
        f"{said}{plural(len(empty), 'day')} from {days[0]} to {days[-1]} "
        f"{'has' if len(empty) == 1 else 'have'} no event at all: {shown}"
        f"{f' and {more} more' if more > 0 else ''}. If these are lost logs, they read like "
        f"listeners leaving."
    )


def _how_many(touching: int, n_faults: int) -> str:
    if touching == n_faults:
        return "All of the faults lie" if n_faults > 1 else "The fault lies"
    return f"{count(touching)} of the faults lie{'s' if touching == 1 else ''}"


def _strip(results: Results, table: pd.DataFrame) -> Figure:
    drawn = _drawn_rows(table)
    n_bad = int((drawn["state"] != "ok").sum())
    label = f"Log files by day, kind and part: {count(len(drawn))} cells, {count(n_bad)} faulty"
    older = "" if len(drawn) == len(table) else f" Only the last {_DAYS_DRAWN} days are drawn."
    return Figure(
        "files_by_day",
        "Log files by day",
        _charts.drawn(
            _chart(results, drawn),
            "files_by_day",
            label,
            height=50 + _ROW_HEIGHT * drawn["stream"].nunique(),
        ),
        "Each cell is a file of one day. The line is the cutoff.",
        "Missing: no file of a day, kind and part that other days have. Truncated, oversized: "
        "the archive ends early, or the lines are under 75% or over 125% of what the days "
        "around it lead to expect. Copied: most lines are those of the day before." + older,
        swatches=[(name, f"{letter} {state}".strip()) for state, (name, letter) in _STATES.items()],
    )


def _drawn_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The last days, and where there are too many streams those with the most faults."""
    first = table["day"].max() - timedelta(days=_DAYS_DRAWN - 1)
    rows = table[table["day"] >= first]
    names = [_stream(kind, part) for kind, part in zip(rows["kind"], rows["part"], strict=True)]
    rows = rows.assign(stream=names, end=[day + timedelta(days=1) for day in rows["day"]])
    n_bad = (rows["state"] != "ok").groupby(rows["stream"]).sum().reset_index(name="n_bad")
    worst = n_bad.sort_values(["n_bad", "stream"], ascending=[False, True])["stream"]
    return rows[rows["stream"].isin(worst.head(_STREAMS_DRAWN))]


def _stream(kind: Any, part: Any) -> str:
    return f"{kind}, part {part}" if text(part) != "–" else str(kind)


def _chart(results: Results, rows: pd.DataFrame) -> Any:
    letters = {state: letter for state, (_, letter) in _STATES.items()}
    shown = rows[["day", "end", "stream", "state"]].assign(letter=rows["state"].map(letters))
    middle = [_charts.milliseconds(day) + 43_200_000 for day in shown["day"]]
    n_days = (rows["end"].max() - rows["day"].min()).days
    x = _charts.days_axis("day", (rows["day"].min(), rows["end"].max()))
    y = alt.Y("stream:N", title=None, sort=sorted(shown["stream"].unique()))
    states = list(_STATES)
    colours = [colour(_STATES[state][0]) for state in states]
    base = alt.Chart(_charts.data(shown.assign(middle=middle)))
    cells = base.mark_rect(stroke=colour("paper"), strokeWidth=1.5).encode(
        x=x,
        x2="end:T",
        y=y,
        color=alt.Color("state:N", legend=None, scale=alt.Scale(domain=states, range=colours)),
    )
    marks = (
        base.mark_text(color=colour("letter"), fontWeight="bold", fontSize=min(11, 560 // n_days))
        .transform_filter("datum.letter != ''")
        .encode(x="middle:T", y=y, text="letter:N")
    )
    cutoff = alt.Data(values=[{"day": _charts.milliseconds(results.cutoff)}])
    rule = alt.Chart(cutoff).mark_rule(color=colour("ink"), strokeWidth=2, clip=True)
    return alt.layer(cells, marks, rule.encode(x="day:T"))


def _faults(found: pd.DataFrame) -> Table:
    shown = pd.concat([found[found["touches"] != ""], found[found["touches"] == ""]])
    shown = shown.head(_FAULTS_LISTED)
    columns = [
        Column("Day"),
        Column("Kind"),
        Column("Part"),
        Column("State"),
        Column("Lines", is_number=True),
        Column("Expected", is_number=True),
        Column("Why", wraps=True),
        Column("Falls in", wraps=True),
    ]
    rows = [
        [
            str(row["day"]),
            text(row["kind"]),
            text(row["part"]),
            text(row["state"]),
            count(row["lines"]),
            count(row["expected_lines"]),
            text(row["note"]),
            row["touches"] or "no window",
        ]
        for row in shown.to_dict("records")
    ]
    more = len(found) - len(rows)
    note = "Falls in: the windows that hold the day (see Windows). "
    note += f"{count(more)} more in audit/completeness.csv." if more else ""
    return Table("Files with a fault", columns, rows, note.strip())
