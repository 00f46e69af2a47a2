"""Ingest: every raw file that is new or changed, several at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from tenuto import cleaning, engines, privacy, sources
from tenuto.events.lake import Lake
from tenuto.ingest._completeness import completeness
from tenuto.ingest._file import Porter
from tenuto.ingest._ledger import Ledger
from tenuto.record import digest_of, digest_of_file, versions, write_aside, write_json
from tenuto.sources import Ignored, RawFile
from tenuto.workspace import Workspace

TABLES = ("events", "titles", "profiles", "queries")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class IngestSummary:
    """What an ingest did; lines are those of all files, also of earlier ingests.

    ``actions`` counts the records of each action, "kept" and "set_aside".
    """

    n_files: int
    n_files_read: int
    n_lines: int
    n_kept: int
    n_absorbed: int
    n_set_aside: int
    rules: dict[str, int]
    actions: dict[str, dict[str, int]]
    ignored: list[Ignored]
    days: list[date]

    def to_dict(self) -> dict[str, Any]:
        ignored = {item.path.name: item.reason for item in self.ignored}
        return {**asdict(self), "ignored": ignored, "days": [day.isoformat() for day in self.days]}


def ingest(workspace: Workspace, progress: Progress | None = None) -> IngestSummary:
    """Read what is new in the folder of raw logs into the lake.

    Idempotent: a file that was read and has not changed is left alone. ``progress`` gets
    the bytes done and the bytes to do.

    Raises
    ------
    SourceError : if the folder holds no log of the source, or a file cannot be opened
    """
    source = sources.opened(workspace.settings.source)
    files, ignored = sources.find(source, workspace.logs)
    lake, ledger = Lake(workspace.lake), Ledger(workspace.audit / "ledger")
    with workspace.lock():
        digests = _digests(workspace, files)
        todo = [file for file in files if not _is_done(ledger.entry(file.key), digests[file.key])]
        for file in todo:
            ledger.forget(file.key)
        _carry_all(workspace, source, ledger, todo, digests, progress)
        _sweep(lake, ledger, workspace.audit / "set_aside")
        _write_completeness(workspace, ledger, ignored)
    return _summary(ledger, lake, len(todo), ignored)


def _digests(workspace: Workspace, files: list[RawFile]) -> dict[str, str]:
    """What each file's fragments depend on: its bytes, the settings and the code that reads it."""
    folders = [Path(room.__file__ or "").parent for room in (sources, cleaning)]
    recipe = {
        "source": workspace.settings.source.model_dump(exclude={"logs"}),
        "settings": workspace.settings.ingest.model_dump(),
        "privacy": privacy.recipe(workspace),
        "tenuto": versions()["tenuto"],
        "code": [
            digest_of_file(file) for folder in folders for file in sorted(folder.rglob("*.py"))
        ],
    }
    return {file.key: digest_of([recipe, file.digest()]) for file in files}


def _is_done(entry: dict | None, digest: str) -> bool:
    return entry is not None and entry["digest"] == digest


def _carry_all(
    workspace: Workspace,
    source: Any,
    ledger: Ledger,
    todo: list[RawFile],
    digests: dict[str, str],
    progress: Progress | None,
) -> None:
    veil = privacy.Veil.of(workspace)

    def open_porter() -> Porter:
        settings = workspace.settings
        engine = engines.open_engine(settings.engine, workspace.scratch)
        set_aside = workspace.audit / "set_aside"
        return Porter(engine, source, Lake(workspace.lake), set_aside, settings.ingest, veil)

    def carry(porter: Porter, file: RawFile) -> int:
        ledger.write(porter.carry(file, digests[file.key]))
        return file.size_bytes()

    done, total = 0, sum(file.size_bytes() for file in todo)
    n_threads = workspace.settings.engine.n_threads()
    for size in engines.run_side_by_side(open_porter, carry, todo, n_threads):
        done += size
        if progress is not None:
            progress(done, total)


def _sweep(lake: Lake, ledger: Ledger, set_aside: Path) -> None:
    """Remove what a killed ingest or an older version of a file left behind."""
    entries = ledger.entries()
    names = [fragment.split("/") for entry in entries for fragment in entry["fragments"]]
    for table in TABLES:
        wanted = (lake.path(table, date.fromisoformat(day), name) for day, name in names)
        lake.keep_only(table, wanted)
    known = {name for _, name in names} | {entry["key"] for entry in entries}
    for file in set_aside.glob("*"):
        if file.suffix != ".parquet" or file.stem not in known:
            file.unlink()


def _write_completeness(workspace: Workspace, ledger: Ledger, ignored: list[Ignored]) -> None:
    table = completeness(ledger.entries())
    logs = Path(workspace.logs)
    unread = {item.path.relative_to(logs).as_posix(): item.reason for item in ignored}
    write_aside(workspace.audit / "completeness.csv", partial(privacy.write_table, table))
    write_json(workspace.audit / "ignored_files.json", unread)


def _summary(ledger: Ledger, lake: Lake, n_read: int, ignored: list[Ignored]) -> IngestSummary:
    files = ledger.files()
    return IngestSummary(
        n_files=len(files),
        n_files_read=n_read,
        n_lines=int(files["read"].sum()),
        n_kept=int(files["kept"].sum()),
        n_absorbed=int(files["absorbed"].sum()),
        n_set_aside=int(files["set_aside"].sum()),
        rules=dict(sorted(ledger.rules().items())),
        actions=ledger.actions(),
        ignored=ignored,
        days=lake.days("events"),
    )
