"""What a source is, and how its files are found.

A source module defines

* ``PRECISION``: "day" when some actions have no clock, else "second"
* ``USER_ID``, ``ITEM_ID``: "int64" when every such id is an integer, else "string"
* ``ACTIONS``: the actions (see events/actions.py) that its logs can hold
* ``KNOWS``: what it can tell beside who, what and on which day: some of ``FACTS``
* ``identify(name) -> Identity | str``: what a file is by its name below the folder of logs, or
  why it is not a log
* ``reader(path)``: the raw lines; `LineReader` wherever a line is a record
* ``split(lines, file)``: adds ``fields`` (array of text) and ``n_expected`` where records
  are delimited lines, and returns other tables unchanged
* ``records(table, file)``: one column per thing known: ``user_text``, ``item_text``,
  ``played_text``, ``length_text`` (text, typed later), ``action``, ``timestamp``, ``title``,
  ``artist``, ``device``, ``is_paid``, ``session_id``, ``text``
* ``redacted(table, file)``: the raw record as it may be stored, without addresses or queries
* ``WHAT_TO_EXPECT``: what the folder of logs should hold, in words for an error

and may define

* ``refuses(path) -> str | None``: why a file with the right name is no log after all
* ``sort_out(lines, file)``: plain lines in columns and odd ones as they are, both as Arrow tables;
  `plain_and_odd` does it for delimited lines with whole numbers for ids (see _plain.py). ``split``
  then gets the odd lines only, ``records`` either, and `by_name` gives it the fields of both
* ``find(logs)``: where its logs are no files
* ``configured(mapping)``: the source of one workspace, where a mapping says how to read it

``records`` may also give ``is_record`` (False for a line that is none), ``timestamp`` (UTC) and
``day`` where its clock needs more than typing, ``is_logged_out``, and the columns of
``schema.PROFILE``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from tenuto.errors import SourceError
from tenuto.events import schema
from tenuto.record import digest_of_file
from tenuto.workspace import is_url

FACTS = (
    *("timestamp", "played_s", "length_s", "title", "artist", "device", "is_paid"),
    *("session_id", "text", *schema.PROFILE),
)


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

    def digest(self) -> str:
        """What changes when the file does."""
        try:
            return digest_of_file(self.path)
        except OSError as failure:
            raise unreadable(self.path, failure) from failure

    def size_bytes(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True)
class Ignored:
    """A file in the folder that is not read, and why."""

    path: Path
    reason: str


def find(source: Any, logs: Path | str) -> tuple[list[RawFile], list[Ignored]]:
    """The files of ``logs`` and below that ``source`` reads, by key, and those it does not.

    ``logs`` is a folder or a single file. Two files with one key are the same log packed
    twice: the first by name is read.

    Raises
    ------
    SourceError : if there is no such folder, or nothing in it that the source reads
    """
    if hasattr(source, "find"):
        return source.find(logs)
    if is_url(logs):
        raise SourceError(
            f"{_name(source)} logs are files, and {logs} is none", mend='use name = "mapped"'
        )
    root = Path(logs)
    if not root.exists():
        raise SourceError(f"there is no folder or file {root}", mend="check `logs` in tenuto.toml")
    found: dict[str, RawFile] = {}
    ignored: list[Ignored] = []
    paths = sorted(path for path in root.rglob("*") if not path.is_dir())
    for path in [root] if root.is_file() else paths:
        identity = _identity(source, path, root)
        if isinstance(identity, str):
            ignored.append(Ignored(path, identity))
        elif identity.key in found:
            ignored.append(Ignored(path, f"the same log as {found[identity.key].path.name}"))
        else:
            found[identity.key] = RawFile(path, *identity)
    if not found:
        raise SourceError(_nothing_found(source, root, ignored), mend=source.WHAT_TO_EXPECT)
    return list(found.values()), ignored


def _identity(source: Any, path: Path, root: Path) -> Identity | str:
    if path.exists() and not path.is_file():
        # To open a pipe waits for whoever writes to it.
        return "not a regular file"
    name = path.name if path == root else path.relative_to(root).as_posix()
    identity = source.identify(name)
    if isinstance(identity, str) or not hasattr(source, "refuses"):
        return identity
    return source.refuses(path) or identity


def unreadable(path: Path, failure: OSError) -> SourceError:
    """What to raise where the system does not give a raw file out."""
    return SourceError(
        f"{path} cannot be read: {failure.strerror or failure}",
        mend="check its permissions and the disk, or move it out of the folder",
    )


def _nothing_found(source: Any, root: Path, ignored: list[Ignored]) -> str:
    name = _name(source)
    if not ignored:
        return f"{root} is empty: no {name} logs to read"
    if root.is_file():
        return f"{root} is no {name} log: {ignored[0].reason}"
    examples = ", ".join(item.path.name for item in ignored[:3])
    return f"none of the {len(ignored)} files in {root} is a {name} log (it holds {examples})"


def _name(source: Any) -> str:
    return source.__name__.rpartition(".")[2]
