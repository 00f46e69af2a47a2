"""How many are likely to upgrade, downgrade or cancel in the horizon, by plan."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.reports._insight_charts import dots
from tenuto.reports._insights import asked_of, fewer_than, insight, share_between
from tenuto.reports._parts import Column, Figure, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, count, figure, is_known, listing

TITLE = "Outlook"
ORDER = 46
STEP = "insights"


def section(results: Results) -> list[Part]:
    """What is foretold for each plan beside what came before; nothing without plans."""
    outlook = insight(results, "outlook")
    if outlook.empty:
        return []
    return [_table(results, outlook), *_drawing(results, outlook)]


def _table(results: Results, outlook: pd.DataFrame) -> Table:
    days = asked_of(results)["horizon_days"]
    columns = [
        Column("Plan, and what comes"),
        Column("Listeners", is_number=True),
        Column(f"Expected in {days} days", is_number=True),
        Column("Share", is_number=True),
        Column(f"In the {days} days before [95%]", is_number=True),
    ]
    rows = [
        [
            f"{row['plan']}: {row['outcome']}",
            count(row["n_listeners"]),
            f"{figure(row['expected'], 0)} [{figure(row['low'], 0)}, {figure(row['high'], 0)}]",
            share_between({"value": row["mean_probability"], "low": None}, "value"),
            _before(row),
        ]
        for row in outlook.to_dict("records")
    ]
    note = (
        f"Sums of the probabilities of what comes next for each listener of a plan at "
        f"{results.cutoff}; in brackets how far chance alone moves the number in 95 of 100 cases "
        "if the probabilities are true. Before: of those on the plan one horizon earlier, counted "
        "in the same way; of several changes in one horizon the gravest counts. "
        f"{fewer_than(results)}"
    )
    return Table("What is likely to become of the plans", columns, rows, note)


def _before(row: Any) -> str:
    if not is_known(row["share_before"]):
        return UNKNOWN
    return (
        f"{count(row['n_before'])} of {count(row['n_listeners_before'])}: "
        f"{share_between(row, 'share_before', 'low_before', 'high_before')}"
    )


def _drawing(results: Results, outlook: pd.DataFrame) -> list[Part]:
    known = outlook.dropna(subset=["share_before"])
    if known.empty:
        return []
    rows = pd.DataFrame(
        {
            "row": [f"{row['plan']}: {row['outcome']}" for row in known.to_dict("records")],
            "value": known["share_before"],
            "low": known["low_before"],
            "high": known["high_before"],
            "second": known["mean_probability"],
        }
    )
    says = _says(known)
    top = 1.1 * float(rows[["high", "second"]].max().max())
    days = asked_of(results)["horizon_days"]
    svg = dots(
        rows,
        "outlook",
        f"Outlook by plan. {says}",
        x_title=f"share of the plan in {days} days",
        domain=[0, min(1.0, top)],
    )
    note = (
        f"Bars: what came in the {days} days before {results.cutoff}, with 95% Wilson intervals. "
        "Diamonds: the mean probability for the next as many. Numbers as in the table above."
    )
    key = [("main", "came before"), ("rival", "expected next")]
    return [Figure("outlook", "Next to what came before", svg, says, note, swatches=key)]


def _says(known: pd.DataFrame) -> str:
    off = [
        f"{row['outcome']} of {row['plan']} listeners"
        for row in known.to_dict("records")
        if row["low"] > row["high_before"] * row["n_listeners"]
        or row["high"] < row["low_before"] * row["n_listeners"]
    ]
    if not off:
        return "What is expected is what came before, as far as the intervals can tell."
    return (
        f"The intervals of what is expected and of what came before do not overlap for "
        f"{listing(off)}. Either something "
        "changes, or these probabilities are off; the log will tell."
    )
