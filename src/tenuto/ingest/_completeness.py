"""Which files are missing, cut short, too large or copies, per day, part and kind (K37).

A lost file reads like listeners leaving. Each file is held against what its neighbours lead
one to expect: the median of the same part and kind over the seven days around it.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

_KEYS = ["day", "part", "kind"]
_DAYS_AROUND = 7
# Real faults are cuts to 0.72 and less and a file of 1.33 times its neighbours (seeds.md §2.3);
# the first days of a cohort fall by up to 0.4 a day, so a file is judged against both sides.
_TRUNCATED_BELOW = 0.75
_OVERSIZED_ABOVE = 1.25
_COPY_ABOVE = 0.5
# A small service varies more from day to day: a fault is what is also unusual for the stream.
_UNUSUAL_DEVIATIONS = 4
_FEWEST_LINES = 200
# Below that a weekday cannot be told from a fault.
_FEWEST_WEEKS = 3


def completeness(entries: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per day, part and kind that there is or should be.

    Columns: ``lines``, ``expected_lines`` (NULL where there are no neighbours), ``state``
    ("ok", "missing", "truncated", "oversized", "copied") and ``note``, which says why.
    """
    dated = [entry for entry in entries if entry["day"] is not None]
    if not dated:
        return pd.DataFrame(columns=[*_KEYS, "file", "lines", "expected_lines", "state", "note"])
    found = pd.DataFrame(
        {
            "day": [pd.Timestamp(entry["day"]) for entry in dated],
            "part": [entry["part"] for entry in dated],
            "kind": [entry["kind"] for entry in dated],
            "file": [entry["file"] for entry in dated],
            "lines": [entry["read"] for entry in dated],
            "damage": [entry["damage"] for entry in dated],
        }
    )
    table = _grid(found).merge(found, on=_KEYS, how="left").sort_values(_KEYS, ignore_index=True)
    streams = table.groupby(["part", "kind"])["lines"]
    table["expected_lines"] = (streams.transform(_expected) * _rhythm(table)).round()
    table["usual_deviation"] = streams.transform(_usual_deviation)
    verdicts = [_verdict(row) for row in table.itertuples()]
    table["state"], table["note"] = zip(*verdicts, strict=True)
    for at, note in _copies(table, dated):
        table.loc[at, ["state", "note"]] = ["copied", note]
    table["day"] = table["day"].dt.date
    return table.drop(columns=["damage", "usual_deviation"])


def _grid(found: pd.DataFrame) -> pd.DataFrame:
    """Every day between the first and the last, for every part and kind that was ever seen."""
    days = pd.date_range(found["day"].min(), found["day"].max())
    streams = found[["part", "kind"]].drop_duplicates().itertuples(index=False)
    rows = [(day, *stream) for day, stream in product(days, streams)]
    return pd.DataFrame(rows, columns=_KEYS)


def _expected(lines: pd.Series) -> pd.Series:
    """What the three days before and after lead one to expect, on the trend between them."""
    logs = np.log(lines.where(lines > 0))
    reach = range(1, _DAYS_AROUND // 2 + 1)
    before = pd.concat([logs.shift(shift) for shift in reach], axis=1).median(axis=1)
    after = pd.concat([logs.shift(-shift) for shift in reach], axis=1).median(axis=1)
    # At either end there is one side only; a young cohort falls fast, so nothing is expected there.
    return np.exp((before + after) / 2)


def _rhythm(table: pd.DataFrame) -> pd.Series:
    """How many times more lines the weekday of each row usually has than the days around it."""
    lines, streams = table["lines"], table.groupby(["part", "kind"])["lines"]
    off = (lines.where(lines > 0) / streams.transform(_expected)).map(np.log)
    weekdays = off.groupby([table["part"], table["kind"], table["day"].dt.day_of_week])
    is_known = weekdays.transform("count") >= _FEWEST_WEEKS
    return np.exp(weekdays.transform("median").where(is_known, 0.0))


def _usual_deviation(lines: pd.Series) -> float:
    """How far the log of the lines is usually off, in standard deviations of a robust kind."""
    off = (lines.where(lines > 0) / _expected(lines)).map(np.log).dropna()
    return 0.0 if off.empty else float(1.4826 * (off - off.median()).abs().median())


def _verdict(row: Any) -> tuple[str, str]:
    if pd.isna(row.lines):
        return "missing", "no file of this day, part and kind"
    if isinstance(row.damage, str):
        return "truncated", f"the archive ends early ({row.damage})"
    if pd.isna(row.expected_lines) or row.expected_lines < _FEWEST_LINES:
        return "ok", ""
    share = row.lines / row.expected_lines
    if abs(np.log(max(share, 1e-9))) < _UNUSUAL_DEVIATIONS * row.usual_deviation:
        return "ok", ""
    if share < _TRUNCATED_BELOW:
        return "truncated", f"{share:.0%} of the lines that the days around it lead to expect"
    if share > _OVERSIZED_ABOVE:
        return "oversized", f"{share:.0%} of the lines that the days around it lead to expect"
    return "ok", ""


def _copies(table: pd.DataFrame, entries: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Rows whose lines are mostly those of the same part and kind on an earlier day."""
    sketches = {entry["file"]: set(entry["sketch"]) for entry in entries if entry["read"] > 1}
    found = []
    for _, stream in table.dropna(subset="file").groupby(["part", "kind"]):
        for earlier, later in pairwise(stream.itertuples()):
            shared = _similarity(sketches.get(str(earlier.file)), sketches.get(str(later.file)))
            if shared > _COPY_ABOVE:
                note = f"{shared:.0%} of its lines are those of {earlier.file}"
                found.append((int(str(later.Index)), note))
    return found


def _similarity(left: set[int] | None, right: set[int] | None) -> float:
    """Jaccard similarity, estimated from the smallest hashes (Broder 1997)."""
    if not left or not right:
        return 0.0
    smallest = sorted(left | right)[: max(len(left), len(right))]
    return sum(value in left and value in right for value in smallest) / len(smallest)
