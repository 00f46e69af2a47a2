"""Where publications lie, which of them is served, and which are taken away.

    WORKSPACE/serving/current.json                  the name of the one that is served
    WORKSPACE/serving/publications/000007-2017-05-13/
        manifest.json      format, day, what it was made of, SHA-256 of every file
        answers.sqlite     what there is to look up
        fold/              what is needed to make a list anew for one listener

A publication appears whole, by renaming its folder, and is never changed. ``current.json`` is
replaced in one step after that: a reader sees the old answers or the new ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import filelock

from tenuto.errors import WorkspaceError
from tenuto.record import read_json, write_json
from tenuto.shapes import Publication
from tenuto.workspace import Workspace

FORMAT = 1
MANIFEST, CURRENT = "manifest.json", "current.json"
_PATIENCE_S = 60.0


class Shelf:
    """The publications of one workspace."""

    def __init__(self, workspace: Workspace | Path | str):
        root = workspace.root if isinstance(workspace, Workspace) else Path(workspace)
        self.root = root / "serving"
        self.pointer = self.root / CURRENT

    def folder(self, name: str) -> Path:
        return self.root / "publications" / name

    def names(self) -> list[str]:
        """Newest first; whatever is still being made is not among them."""
        found = (self.root / "publications").glob("[0-9]*-????-??-??/" + MANIFEST)
        return sorted((file.parent.name for file in found), reverse=True)

    def current(self) -> str | None:
        """The one that is to be served; None where nothing was published.

        Where the pointer is damaged it is the newest one.
        """
        names = self.names()
        try:
            said = str(read_json(self.pointer)["publication"])
        except (OSError, ValueError, KeyError, TypeError):
            said = ""
        return said if said in names else next(iter(names), None)

    def candidates(self) -> list[str]:
        """The current one, then those before it, then those after: what to fall back on."""
        names, current = self.names(), self.current()
        if current is None:
            return []
        at = names.index(current)
        return [*names[at:], *reversed(names[:at])]

    def mark(self) -> tuple[int, int, int] | None:
        """Something that changes whenever the pointer does; cheap to ask for."""
        try:
            found = os.stat(self.pointer)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def point_at(self, name: str) -> None:
        """Serve ``name`` from now on."""
        self.root.mkdir(parents=True, exist_ok=True)
        write_json(self.pointer, {"publication": name})
        synced(self.root)

    def next_name(self, day: date) -> str:
        """A name after all that there were, also those that are taken away by now."""
        last = max((int(name.partition("-")[0]) for name in self.names()), default=0)
        return f"{last + 1:06d}-{day.isoformat()}"

    def next_name_after(self, name: str) -> str:
        """Another name for the day of ``name``, newer than all there are."""
        return self.next_name(date.fromisoformat(name.partition("-")[2]))

    def put(self, name: str, aside: Path) -> None:
        """Take in the folder ``aside``, on the disk before it can be seen."""
        for part in sorted(aside.rglob("*")):
            synced(part)
        synced(aside)
        self.folder(name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, self.folder(name))
        synced(self.folder(name).parent)

    def keep(self, n: int) -> None:
        """Take away all but the newest ``n`` and the current one."""
        current = self.current()
        for name in self.names()[n:]:
            if name != current:
                self.remove(name)

    def remove(self, name: str) -> None:
        """Take one of them away; the manifest first, without which it cannot be found."""
        with contextlib.suppress(OSError):
            (self.folder(name) / MANIFEST).unlink()
        shutil.rmtree(self.folder(name), ignore_errors=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One publisher at a time; readers wait for nobody.

        Raises
        ------
        WorkspaceError : if another one does not come to an end
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=_PATIENCE_S)
        except filelock.Timeout as busy:
            raise WorkspaceError(
                f"another process is publishing in {self.root}", mend="wait for it to end"
            ) from busy
        try:
            yield
        finally:
            lock.release()

    def described(self, name: str) -> Publication:
        """One of them, as its manifest has it.

        Raises
        ------
        WorkspaceError : if the manifest cannot be read
        """
        manifest = read_manifest(self.folder(name))
        files = (self.folder(name) / file for file in manifest["files"])
        return Publication(
            name,
            date.fromisoformat(manifest["day"]),
            name == self.current(),
            str(manifest["made_of"]),
            sum(file.stat().st_size for file in files if file.exists()),
        )


def publications(workspace: Workspace) -> list[Publication]:
    """What was published and is still there, newest first; damaged ones are left out."""
    shelf, found = Shelf(workspace), []
    for name in shelf.names():
        with contextlib.suppress(WorkspaceError):
            found.append(shelf.described(name))
    return found


def go_back(workspace: Workspace) -> Publication:
    """Serve the publication before the current one; call it again to go back further.

    Raises
    ------
    WorkspaceError : if there is none before
    """
    shelf = Shelf(workspace)
    with shelf.lock():
        names, current = shelf.names(), shelf.current()
        before = names[names.index(current) + 1 :] if current else []
        if not before:
            raise WorkspaceError(
                f"there is no publication before {current or 'the first'}",
                mend=f"tenuto publish {workspace.root} --day DAY publishes the run of that day",
            )
        shelf.point_at(before[0])
        return shelf.described(before[0])


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a publication.

    Raises
    ------
    WorkspaceError : if it cannot be read, or is of another version
    """
    file = folder / MANIFEST
    try:
        manifest = json.loads(file.read_text("utf-8"))
        known = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise WorkspaceError(f"{file} cannot be read: {problem}", mend="publish again") from problem
    if known != FORMAT:
        raise WorkspaceError(
            f"{file} has format {known}, this version reads {FORMAT}", mend="publish again"
        )
    found: dict[str, Any] = manifest
    return found


def synced(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        # Windows has no such thing for folders.
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
