"""When somebody should look: what was in breach in this run and in the one before.

One breach is a holiday or an outage; two in a row are a change (churn.md §4.6).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.monitoring._psi import ALERTED
from tenuto.record import read_json, write_json

DRIFT_FILE, ALARMS_FILE = "drift.csv", "alarms.json"


@dataclass(frozen=True)
class Alarm:
    """One thing in breach twice running, with how far it was off each time.

    measure : what ``distance`` is: "PSI", "squared shift" or "ratio"
    """

    kind: str
    name: str
    measure: str
    distance: float
    distance_before: float

    def in_words(self) -> str:
        of = f"{self.kind} {self.name}" if self.kind != self.name else self.name
        return f"{of}: {self.measure} {self.distance:.2f}, {self.distance_before:.2f} before"


def alarms_of(now: pd.DataFrame, before: pd.DataFrame) -> list[Alarm]:
    """What both tables of drift have in breach and may alarm, in the order of ``now``."""
    if now.empty or before.empty:
        return []
    breached = {(row["kind"], row["name"]): row for row in _breaches(before)}
    return [
        Alarm(
            row["kind"],
            row["name"],
            row["measure"],
            float(row["distance"]),
            float(breached[row["kind"], row["name"]]["distance"]),
        )
        for row in _breaches(now)
        if (row["kind"], row["name"]) in breached
    ]


def set_alarms(runs: Path, cutoff: date | str) -> list[Alarm]:
    """Write ``alarms.json`` of the run at ``cutoff``, and of the one after it where there is one.

    The run before is the latest earlier one with drift and a model of the same label: a
    back-fill may come from either end, so each run's alarms are set again when its neighbour
    comes.
    """
    days = sorted(file.parent.parent.name for file in runs.glob(f"*/monitoring/{DRIFT_FILE}"))
    later = [day for day in days if day > str(cutoff)][:1]
    for day in [str(cutoff), *later]:
        if day in days:
            _set_one(runs, days, day)
    return read_alarms(runs / str(cutoff))


def read_alarms(run_folder: Path) -> list[Alarm]:
    """The alarms of a run; none where it was not monitored."""
    file = run_folder / "monitoring" / ALARMS_FILE
    return [Alarm(**alarm) for alarm in read_json(file)["alarms"]] if file.exists() else []


def _set_one(runs: Path, days: list[str], day: str) -> None:
    folder = runs / day / "monitoring"
    watched = _watched(runs, day)
    before = [other for other in days if other < day and _watched(runs, other) == watched]
    previous = before[-1] if before else None
    now = _drift(runs / day)
    then = _drift(runs / previous) if previous else pd.DataFrame()
    found: dict[str, Any] = {
        "cutoff": day,
        "run_before": previous,
        "alarms": [asdict(alarm) for alarm in alarms_of(now, then)],
    }
    file = folder / ALARMS_FILE
    if not file.exists() or read_json(file) != found:
        write_json(file, found)


def _drift(run_folder: Path) -> pd.DataFrame:
    return pd.read_csv(run_folder / "monitoring" / DRIFT_FILE)


def _watched(runs: Path, day: str) -> tuple[Any, Any]:
    """What is foretold, and by which model: drift of another is not the same drift."""
    file = runs / day / "churn" / "summary.json"
    summary = read_json(file) if file.exists() else {}
    return summary.get("label"), summary.get("model")


def _breaches(drift: pd.DataFrame) -> list[dict[str, Any]]:
    rows = drift[(drift["level"] == ALERTED) & drift["may_alarm"].astype(bool)]
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
