"""The tables of ``insights`` as sections read them, and what their sentences have in common."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.privacy import read_table
from tenuto.record import read_json
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, is_known, percent


def insight(results: Results, name: str) -> pd.DataFrame:
    """A table of ``insights``; empty where the run has none."""
    return read_table(results.folder / "insights" / f"{name}.csv")


def asked_of(results: Results) -> dict[str, Any]:
    """What the insights are about: the first day of log, the cutoffs, the smallest cell."""
    return read_json(results.folder / "insights" / "summary.json")


def fewer_than(results: Results) -> str:
    """The small-cell rule as a footnote."""
    return f"Nothing is told of fewer than {asked_of(results)['min_listeners']} listeners."


def share_between(row: Any, value: str, low: str = "low", high: str = "high") -> str:
    """``38% [33%, 43%]``; a dash where it is unknown."""
    if not is_known(row[value]):
        return UNKNOWN
    if not is_known(row[low]):
        return percent(row[value], 0)
    digits = 0 if row[high] - row[low] > 0.04 else 1
    ends = f"{percent(row[low], digits)}, {percent(row[high], digits)}"
    return f"{percent(row[value], digits)} [{ends}]"
