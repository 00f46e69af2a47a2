"""What a source is, and how its files are found.

A source module defines

* ``PRECISION``: "day" when some actions have no clock, else "second"
* ``ID_TYPE``: "int64" when every id is an integer, else "string"
* ``ACTIONS``: the actions (see events/actions.py) that its logs can hold
* ``identify(name) -> Identity | str``: what a file is by its name, or why it is not a log
* ``split(lines, file)``: adds ``fields`` (array of text) and ``n_expected`` where records
  are delimited lines, and returns other tables unchanged
* ``records(table, file)``: one column per thing known: ``user_text``, ``item_text``,
  ``played_text``, ``length_text`` (text, typed later), ``action``, ``timestamp``, ``title``,
  ``artist``, ``device``, ``is_paid``, ``session_id``, ``text``
* ``redacted(table, file)``: the raw record as it may be stored, without addresses or queries
* ``WHAT_TO_EXPECT``: what the folder of logs should hold, in words for an error
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tenuto.errors import SourceError


class Identity(NamedTuple):
    """What a file is, by its name: ``kind`` such as "play", ``part`` (or ""), ``day`` (or None)."""

    key: str
    kind: str
    part: str
    day: date | None


@dataclass(frozen=True)
class RawFile:
    """One raw file; ``key`` names it everywhere, whatever it is packed in."""

    path: Path
    key: str
    kind: str
    part: str
    day: date | None


@dataclass(frozen=True)
class Ignored:
    """A file in the folder that is not read, and why."""

    path: Path
    reason: str


def find(source: ModuleType, folder: Path) -> tuple[list[RawFile], list[Ignored]]:
    """The files of ``folder`` and below that ``source`` reads, by key, and those it does not.

    Two files with one key are the same log packed twice: the first by name is read.

    Raises
    ------
    SourceError : if there is no such folder, or nothing in it that the source reads
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}", mend="check `logs` in tenuto.toml")
    found: dict[str, RawFile] = {}
    ignored: list[Ignored] = []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        identity = source.identify(path.name)
        if isinstance(identity, str):
            ignored.append(Ignored(path, identity))
        elif identity.key in found:
            ignored.append(Ignored(path, f"the same log as {found[identity.key].path.name}"))
        else:
            found[identity.key] = RawFile(path, *identity)
    if not found:
        raise SourceError(_nothing_found(source, folder, ignored), mend=source.WHAT_TO_EXPECT)
    return list(found.values()), ignored


def unreadable(path: Path, failure: OSError) -> SourceError:
    """What to raise where the system does not give a raw file out."""
    return SourceError(
        f"{path} cannot be read: {failure.strerror or failure}",
        mend="check its permissions and the disk, or move it out of the folder",
    )


def _nothing_found(source: ModuleType, folder: Path, ignored: list[Ignored]) -> str:
    name = source.__name__.rpartition(".")[2]
    if not ignored:
        return f"{folder} is empty: no {name} logs to read"
    examples = ", ".join(item.path.name for item in ignored[:3])
    return f"none of the {len(ignored)} files in {folder} is a {name} log (it holds {examples})"
