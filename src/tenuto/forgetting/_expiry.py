"""What is older than the settings allow: days of log, what hangs on them, and listeners gone since.

Age is counted from the latest day of log, or from today where the log claims the future: a wrong
clock, of a log or of the machine, then removes nothing that is not old.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.events.lake import Lake
from tenuto.forgetting._forget import remove
from tenuto.forgetting._listeners import Listeners
from tenuto.ingest import Ledger
from tenuto.rollups import build_rollups
from tenuto.workspace import Workspace

# Titles name no listener, and usual lengths of songs are learned from all of them.
_OF_LISTENERS = ("events", "profiles", "queries")


@dataclass(frozen=True)
class Expired:
    """What was removed: days before ``limit``, runs up to it, and listeners only seen before."""

    limit: date
    n_days: int
    n_runs: int
    n_listeners: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"limit": self.limit.isoformat()}


def expire(workspace: Workspace, today: date | None = None) -> Expired | None:
    """Remove what is older than ``privacy.keep_days``; None where everything is kept.

    Whoever was seen before the limit alone is removed everywhere. Call it after each ingest.
    """
    lake, keep_days = Lake(workspace.lake), workspace.settings.privacy.keep_days
    days = lake.days("events")
    if not keep_days or not days:
        return None
    newest = min(days[-1], today or datetime.now(UTC).date())
    limit = newest - timedelta(days=keep_days - 1)
    old = [day for day in days if day < limit]
    with workspace.lock():
        gone = _listeners(lake, before=limit) - _listeners(lake, since=limit) if old else set()
        _remove_days(workspace, lake, limit)
        n_runs = _remove_runs(workspace, limit)
        if gone:
            remove(workspace, Listeners(tuple(sorted(gone))))
    if old:
        build_rollups(workspace)
    return Expired(limit, len(old), n_runs, len(gone))


def _listeners(lake: Lake, *, before: date | None = None, since: date | None = None) -> set[Any]:
    found: set[Any] = set()
    for file in lake.files("events", since=since, before=before):
        ids = pq.ParquetFile(file).read(columns=["user_id"])["user_id"]
        found.update(pc.unique(ids).to_pylist())
    return found - {None}


def _remove_days(workspace: Workspace, lake: Lake, limit: date) -> None:
    # Lines set aside have no day of their own: they go with the last day of their file.
    last: dict[str, str] = {}
    for entry in Ledger(workspace.audit / "ledger").entries():
        for fragment in entry["fragments"]:
            day, _, name = fragment.partition("/")
            last[name] = max(last.get(name, ""), day)
    for name, day in last.items():
        if day < limit.isoformat():
            (workspace.audit / "set_aside" / f"{name}.parquet").unlink(missing_ok=True)
    for table in _OF_LISTENERS:
        lake.keep_only(table, lake.files(table, since=limit))


def _remove_runs(workspace: Workspace, limit: date) -> int:
    runs = [folder for folder in _run_folders(workspace) if folder.name <= limit.isoformat()]
    for folder in runs:
        shutil.rmtree(folder)
    return len(runs)


def _run_folders(workspace: Workspace) -> list[Path]:
    folders = (workspace.root / "runs").glob("????-??-??")
    return sorted(path for path in folders if path.is_dir() and not path.is_symlink())
