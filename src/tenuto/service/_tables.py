"""The tables of a run that may be asked for: sums alone, none with a row for a listener."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from tenuto.privacy import read_table
from tenuto.record import read_json
from tenuto.workspace import Workspace

#: Of tables that are read often, so many stay in memory.
_KEPT = 64


@dataclass(frozen=True)
class Topic:
    """Tables that belong together: a name for each, and where it is in the folder of a run."""

    question: str
    files: dict[str, str]


TOPICS = {
    "cohorts": Topic(
        "Do those who come stay?",
        {
            "cohorts": "insights/cohorts.csv",
            "cohorts_by_group": "insights/cohorts_by_group.csv",
        },
    ),
    "lifecycle": Topic(
        "Who is new, active, at risk, silent or gone?",
        {
            "lifecycle": "insights/lifecycle.csv",
            "lifecycle_flows": "insights/lifecycle_flows.csv",
            "lifecycle_week": "insights/lifecycle_week.csv",
        },
    ),
    "segments": Topic(
        "What kinds of listeners are there?",
        {
            "segments": "insights/segments.csv",
            "segments_traits": "insights/segments_traits.csv",
            "segments_taste": "insights/segments_taste.csv",
            "segments_choice": "insights/segments_choice.csv",
        },
    ),
    "metrics": Topic(
        "How good are scores and lists?",
        {
            "churn": "churn/metrics.csv",
            "calibration": "churn/calibration.csv",
            "recommend": "recommend/metrics.csv",
        },
    ),
    "profit": Topic(
        "How many should be contacted?",
        {"profit": "retention/profit.csv", "reasons": "retention/reasons/overview.csv"},
    ),
    "drift": Topic(
        "Is what comes in still what models learned from?",
        {"drift": "monitoring/drift.csv", "slices": "monitoring/slices.csv"},
    ),
    "activity": Topic(
        "How much is there, day by day?",
        {"activity": "data/activity.csv", "devices": "data/devices.csv"},
    ),
}


def tables_of(run: Path, topic: str) -> dict[str, Any] | None:
    """The tables of ``topic`` in the folder of a run, by name; None where there are none."""
    there = {name: run / file for name, file in TOPICS[topic].files.items()}
    tables = {name: _table(file) for name, file in there.items() if file.is_file()}
    return tables or None


def runs_of(workspace: Workspace) -> list[dict[str, Any]]:
    """The finished runs, the newest first: ``day``, the topics that each has, and how it went."""
    finished = sorted((workspace.root / "runs").glob("*/run.json"), reverse=True)
    return [run_of(file) for file in finished if _is_day(file.parent.name)]


def run_of(record: Path) -> dict[str, Any]:
    """A run in short, from its ``run.json``."""
    said = read_json(record)
    folder = record.parent
    return {
        "day": folder.name,
        "topics": [name for name in TOPICS if _has(folder, name)],
        "versions": said.get("versions", {}),
        "code": said.get("code"),
        "churn": said.get("churn", {}),
        "recommend": said.get("recommend", {}),
        "retention": said.get("retention", {}),
    }


def _has(run: Path, topic: str) -> bool:
    return any((run / file).is_file() for file in TOPICS[topic].files.values())


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _table(file: Path) -> dict[str, Any]:
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=_KEPT)
def _read(file: Path, _changed: int) -> dict[str, Any]:
    table = read_table(file)
    # As objects: whole numbers stay whole beside what is missing, which becomes None.
    rows = table.astype(object).where(table.notna(), None)
    return {"columns": list(table.columns), "rows": rows.to_dict("records")}
