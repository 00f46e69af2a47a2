"""Taking listeners out of a file of any kind that Tenuto writes: the other rows stay as they are.

A file is changed only if a listener is in it, and then written aside and put in place whole. Links
are never followed: a file beyond one is not the workspace's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tenuto.errors import WorkspaceError
from tenuto.forgetting._csv import strip_csv, strip_lines
from tenuto.forgetting._listeners import Listeners
from tenuto.forgetting._parquet import strip_parquet
from tenuto.forgetting._sqlite import SQLITE_SUFFIXES, strip_sqlite
from tenuto.record import read_json, write_json

Strip = Callable[[Path, Listeners], int]


def files_below(folder: Path) -> Iterator[Path]:
    """All files in ``folder`` and below, in order.

    Raises
    ------
    WorkspaceError : if one of them is a link, to a file or to a folder
    """
    if folder.is_symlink():
        raise _is_link(folder)
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_symlink():
            raise _is_link(path)
        if path.is_dir():
            yield from files_below(path)
        elif path.is_file():
            yield path


def strip_folder(folder: Path, listeners: Listeners, but: frozenset[str] = frozenset()) -> int:
    """Take ``listeners`` out of all files below ``folder``; the rows that were removed.

    ``but`` are names of folders that are left alone.
    """
    return sum(
        strip_file(file, listeners)
        for file in list(files_below(folder))
        if not but & set(file.relative_to(folder).parts[:-1])
    )


def strip_file(file: Path, listeners: Listeners) -> int:
    """Take ``listeners`` out of ``file``, if its kind is one that holds rows."""
    by_suffix: dict[str, Strip] = {
        ".parquet": strip_parquet,
        ".csv": strip_csv,
        ".jsonl": strip_lines,
        ".json": strip_json,
        **dict.fromkeys(SQLITE_SUFFIXES, strip_sqlite),
    }
    strip = by_suffix.get(file.suffix)
    return 0 if strip is None else strip(file, listeners)


def strip_json(file: Path, listeners: Listeners) -> int:
    """Take out objects that are about a listener, and keys that are one."""
    if not listeners.are_in(file.read_bytes()):
        return 0
    kept, n_removed = _without(read_json(file), listeners)
    if n_removed:
        write_json(file, kept)
    return n_removed


def _without(value: Any, listeners: Listeners) -> tuple[Any, int]:
    if isinstance(value, dict):
        parts = {
            key: _without(part, listeners)
            for key, part in value.items()
            if key not in listeners.texts
        }
        n_gone = len(value) - len(parts)
        return {key: part for key, (part, _) in parts.items()}, n_gone + _sum(parts.values())
    if isinstance(value, list):
        stays = [part for part in value if not _is_about(part, listeners)]
        found = [_without(part, listeners) for part in stays]
        return [part for part, _ in found], len(value) - len(stays) + _sum(found)
    return value, 0


def _sum(found: Any) -> int:
    return sum(count for _, count in found)


def _is_about(value: Any, listeners: Listeners) -> bool:
    if isinstance(value, dict):
        return any(str(part) in listeners.texts for part in value.values())
    return not isinstance(value, list) and str(value) in listeners.texts


def _is_link(path: Path) -> WorkspaceError:
    return WorkspaceError(
        f"{path} is a link: what it leads to is not changed from here",
        mend="put the file or folder itself there, or remove the link",
    )
