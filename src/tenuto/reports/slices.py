"""Whether the call list is as good for every kind of listener."""

from __future__ import annotations

from typing import Any

from tenuto.reports._monitored import monitored, records
from tenuto.reports._parts import Column, Notice, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import count, figure, is_known, listing, percent, signed, spoken

TITLE = "Slices"
ORDER = 72
STEP = "monitoring"

_MIN_LISTENERS = 200
_OFF = ("says too much", "says too little")


def section(results: Results) -> list[Part]:
    """Where the probabilities are off, and the table."""
    rows = records(monitored(results, "slices"))
    if not rows:
        return []
    return [_answer(rows), _table(results, rows)]


def _answer(rows: list[dict[str, Any]]) -> Notice:
    parts = [row for row in rows if row["slice"] != "all"]
    off = [f"{row['slice']} {row['value']} ({row['verdict']})" for row in parts if _is_off(row)]
    judged = [row for row in parts if row["n"] >= _MIN_LISTENERS]
    if not off and any(_is_off(row) for row in rows):
        verdict = next(row["verdict"] for row in rows if _is_off(row))
        return Notice(
            f"Of all listeners together the list {verdict}; no kind of listener differs from the "
            "others beyond chance."
        )
    if off:
        return Notice(
            f"The probabilities are off for {listing(off)}. The order of the list is not touched "
            "by that within a slice, but slices are held against each other unfairly.",
            "warning",
        )
    if not judged:
        return Notice(f"No kind of listener has {_MIN_LISTENERS} of them: no verdict.")
    return Notice("The probabilities hold for every kind of listener that can be judged.", "good")


def _is_off(row: dict[str, Any]) -> bool:
    return row["verdict"] in _OFF


def _table(results: Results, rows: list[dict[str, Any]]) -> Table:
    body: list[list[str] | str] = []
    heading = None
    for row in rows:
        if row["slice"] != heading:
            heading = row["slice"]
            body.append("all listeners" if heading == "all" else f"by {heading}")
        body.append(_cells(row))
    who = results.label.who
    note = (
        f"Listeners active in the last 14 days at {results.churn['test_cutoff']}, model "
        f"{spoken(results.model)}, out of time and out of user. Gap: mean probability minus what "
        f"came; found: of {who}, the share on the best tenth of the whole list. Intervals: 95% "
        f"(Wilson; normal for the gap; Newcombe for the AUC, which needs 20 of each). No verdict "
        f"below {_MIN_LISTENERS} listeners; verdicts allow for how many are given, and a gap "
        "below two points is none. Gender and place are no features of the model. Offers differ by "
        "design where actions do: who decided that is written in the settings."
    )
    columns = [
        Column("Value", wraps=True),
        Column("Listeners", is_number=True),
        Column("Share [95%]", is_number=True),
        Column("Mean said", is_number=True),
        Column("Gap [95%]", is_number=True),
        Column("Found at 10% [95%]", is_number=True),
        Column("AUC [95%]", is_number=True),
        Column("Verdict"),
    ]
    return Table(f"Share of {who}, and how well they are told, by slice", columns, body, note)


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        str(row["value"]),
        count(row["n"]),
        _percents(row, "base_rate"),
        percent(row["mean_score"]),
        _signed(row, "calibration_gap"),
        _percents(row, "recall_at_10"),
        _figures(row, "auc"),
        str(row["verdict"]),
    ]


def _percents(row: dict[str, Any], name: str) -> str:
    low, high = percent(row[f"{name}_low"]), percent(row[f"{name}_high"])
    return f"{percent(row[name])} [{low}, {high}]" if is_known(row[name]) else percent(None)


def _figures(row: dict[str, Any], name: str) -> str:
    low, high = figure(row[f"{name}_low"]), figure(row[f"{name}_high"])
    return f"{figure(row[name])} [{low}, {high}]" if is_known(row[name]) else figure(None)


def _signed(row: dict[str, Any], name: str) -> str:
    low, high = signed(row[f"{name}_low"]), signed(row[f"{name}_high"])
    return f"{signed(row[name])} [{low}, {high}]" if is_known(row[name]) else signed(None)
