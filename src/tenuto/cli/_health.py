"""What there is to say about a workspace: settings, logs, ledger, lake, sums and leftovers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tenuto import engines, sources, warehouse
from tenuto.cli._findings import Finding
from tenuto.errors import TenutoError
from tenuto.events.lake import Lake
from tenuto.ingest import Ledger
from tenuto.workspace import Workspace

_SHOWN = 3


def health(folder: Path) -> list[Finding]:
    """Findings about the workspace in ``folder``; nothing is changed."""
    try:
        workspace = Workspace(folder)
    except TenutoError as mistake:
        return [Finding("settings", mistake.message, "fault", mistake.mend)]
    entries = Ledger(workspace.audit / "ledger").entries()
    findings = [_settings(workspace), _logs(workspace, entries)]
    if entries:
        findings += [_lake(workspace, entries), _days(workspace), _sums(workspace)]
    return [*findings, _leftovers(workspace)]


def _settings(workspace: Workspace) -> Finding:
    """Whether the names in them mean anything: those of sections that only a later step reads."""
    daily, engine = workspace.settings.daily, workspace.settings.engine
    try:
        engines.CATALOGUE.get(engine.name)
        if daily.export_to:
            warehouse.check(daily.export_to, daily.export_tables)
    except TenutoError as mistake:
        return Finding("settings", mistake.message, "fault", mistake.mend or _edit(workspace))
    return Finding("settings", str(workspace.settings_file))


def _edit(workspace: Workspace) -> str:
    return f"edit {workspace.settings_file}"


def _logs(workspace: Workspace, entries: list[dict[str, Any]]) -> Finding:
    try:
        source = sources.opened(workspace.settings.source)
        files, _ = sources.find(source, workspace.logs)
    except TenutoError as mistake:
        return Finding("logs", mistake.message, "fault", mistake.mend)
    known = {entry["key"] for entry in entries}
    unread = [file for file in files if file.key not in known]
    if not unread:
        return Finding("logs", f"{len(files):,} files, all read")
    found = f"{len(unread):,} of {len(files):,} files not read yet"
    return Finding("logs", found, "note", f"tenuto ingest {workspace.root}")


def _lake(workspace: Workspace, entries: list[dict[str, Any]]) -> Finding:
    """Whether the lake holds the rows that the ledger says were kept, file by file."""
    lake = Lake(workspace.lake)
    bad = [entry["key"] for entry in entries if _rows_in(lake, entry) != entry["kept"]]
    if not bad:
        n_kept = sum(entry["kept"] for entry in entries)
        return Finding("lake", f"{n_kept:,} events, as many as the ledger says were kept")
    ledger = workspace.audit / "ledger"
    files = " ".join(str(ledger / f"{key}.json") for key in bad[:_SHOWN])
    return Finding(
        "lake",
        f"the events of {len(bad):,} log files are not what the ledger says ({bad[0]})",
        "fault",
        f"rm {files if len(bad) <= _SHOWN else f'-r {ledger}'} && tenuto ingest {workspace.root}",
    )


def _rows_in(lake: Lake, entry: dict[str, Any]) -> int | None:
    """Events in the lake from one log file; None where a file is lost or cannot be read."""
    fragments = (fragment.split("/") for fragment in entry["fragments"])
    files = [lake.path("events", date.fromisoformat(day), name) for day, name in fragments]
    try:
        return sum(pq.read_metadata(file).num_rows for file in files)
    except (OSError, pa.ArrowInvalid):
        return None


def _days(workspace: Workspace) -> Finding:
    days = Lake(workspace.lake).days("events")
    if not days:
        return Finding("days", "none", "note")
    span = [days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)]
    lost = sorted(set(span) - set(days))
    found = f"{len(days):,} from {days[0]} to {days[-1]}"
    if not lost:
        return Finding("days", found)
    mend = f"ask for the logs of {_some(lost)}; a lost day reads like listeners leaving"
    return Finding("days", f"{found}, {len(lost):,} days between are lost", "note", mend)


def _sums(workspace: Workspace) -> Finding:
    events, sums = Lake(workspace.lake).days("events"), Lake(workspace.rollups).days("user_days")
    if events == sums:
        return Finding("sums by day", f"of all {len(sums):,} days")
    found = f"not those of the lake on {_some(sorted(set(events) ^ set(sums)))}"
    return Finding("sums by day", found, "fault", f"tenuto ingest {workspace.root}")


def _leftovers(workspace: Workspace) -> Finding:
    found = sorted(workspace.root.rglob("*.aside"))
    if not found:
        return Finding("leftovers", "none")
    words = f"{len(found):,} from a run that was stopped ({found[0].name})"
    return Finding("leftovers", words, "note", f"tenuto run {workspace.root}")


def _some(days: list[date]) -> str:
    shown = ", ".join(day.isoformat() for day in days[:_SHOWN])
    return shown if len(days) <= _SHOWN else f"{shown} and {len(days) - _SHOWN:,} more"
