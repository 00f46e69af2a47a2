"""An opened publication: what it holds was checked, and is looked up by key."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from tenuto.errors import ContractError, WorkspaceError
from tenuto.record import digest_of_file
from tenuto.serving._counter import Counter, read_counter
from tenuto.serving._fold_in import made_list
from tenuto.serving._shelf import MANIFEST, read_manifest
from tenuto.serving._sums import LISTS_PER_ROW
from tenuto.shapes import About

#: Bytes of the file that a connection may map, at most: the pages are the system's, not ours.
_MAPPED = 1 << 32
#: How long to wait for a connection that is lent to somebody else.
_TURN_S, _TURNS = 0.0005, 20_000
#: Songs whose names are kept at hand.
_KNOWN_SONGS = 100_000
#: Lists that were made now and are kept, at about 6 kB.
_KEPT_LISTS = 2_000


class Snapshot:
    """One publication. It never changes, so whatever is read from it may be kept.

    Parameters
    ----------
    folder : of the publication

    Raises
    ------
    WorkspaceError : if a file is missing, added, or not the one that was published
    """

    def __init__(self, folder: Path):
        manifest = read_manifest(folder)
        check_files(folder, manifest["files"])
        self.name = folder.name
        self.day = date.fromisoformat(manifest["day"])
        self.last_word = int(manifest["last_word"])
        self.recommended_at = float(manifest["recommended_at"])
        self._file = (folder / "answers.sqlite").resolve()
        self._idle: deque[sqlite3.Connection] = deque()
        self._idle.append(self._connected())
        said = dict(manifest["about"])
        self.charts: dict[str, list[dict[str, Any]]] = said.pop("charts")
        self.about = _about(self.name, said)
        self.list_number = {name: number for number, name in enumerate(self.about.lists)}
        self.name_of = lru_cache(_KNOWN_SONGS)(self._name_of)
        try:
            self.counter: Counter = read_counter(folder / "fold", self._names())
        except ContractError as problem:
            raise WorkspaceError(problem.message, mend=problem.mend) from problem
        # Who asks again and has said nothing since is not worked out again.
        self.made = lru_cache(_KEPT_LISTS)(partial(made_list, self.counter))

    def card(self, user_id: Any) -> tuple[int, dict[str, Any]] | None:
        """The listener's row and card."""
        found = self.one('SELECT "row", card FROM listeners WHERE user_id = ?', user_id)
        return None if found is None else (found[0], json.loads(found[1]))

    def row(self, user_id: Any) -> int | None:
        """The listener's row in the histories."""
        found = self.one('SELECT "row" FROM listeners WHERE user_id = ?', user_id)
        return None if found is None else int(found[0])

    def songs(self, row: int, which: str) -> list[list[Any]] | None:
        """A list of the run: item, score, reason code, reason and causes of each place."""
        key = row * LISTS_PER_ROW + self.list_number[which]
        found = self.one("SELECT songs FROM lists WHERE key = ?", key)
        return None if found is None else list(json.loads(found[0]))

    def said(self, table: str, key: Any) -> list[Any]:
        """The JSON of one row of ``similar``, ``days`` or ``history``; empty without."""
        column, said = _SAID[table]
        found = self.one(f'SELECT {said} FROM {table} WHERE "{column}" = ?', key)
        return [] if found is None else list(json.loads(found[0]))

    def one(self, query: str, *values: Any) -> Any:
        """The first row, or None."""
        with self.connection() as db:
            return db.execute(query, values).fetchone()

    def all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Every row."""
        with self.connection() as db:
            return db.execute(query, values).fetchall()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own for the time being; there are as many as threads ask."""
        db = self._taken()
        try:
            yield db
        finally:
            self._idle.append(db)

    def _taken(self) -> sqlite3.Connection:
        for _ in range(_TURNS):
            with suppress(IndexError):
                return self._idle.pop()
            try:
                return self._connected()
            except sqlite3.OperationalError:
                # Taken away since: what is open stays so, and is lent to one after the other.
                time.sleep(_TURN_S)
        raise WorkspaceError(
            f"{self._file} was taken away while it was read", mend="ask again, of the newer one"
        )

    def _connected(self) -> sqlite3.Connection:
        uri = self._file.as_uri() + "?mode=ro&immutable=1"
        db = sqlite3.connect(uri, uri=True, check_same_thread=False)
        db.execute(f"PRAGMA mmap_size = {_MAPPED}")
        db.execute("PRAGMA query_only = ON")
        # Opens the file, which connecting alone does not.
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return db

    def close(self) -> None:
        """Let go of the file. Who still asks opens it again."""
        while self._idle:
            self._idle.pop().close()

    def _name_of(self, item_id: Any) -> tuple[str | None, str | None]:
        found = self.one("SELECT title, artist FROM items WHERE item_id = ?", item_id)
        return (None, None) if found is None else (found[0], found[1])

    def _names(self) -> _Names:
        return _Names(self)


class _Names(dict[Any, str]):
    """item_id -> "Title by Artist", looked up when somebody asks for it."""

    def __init__(self, snapshot: Snapshot):
        super().__init__()
        self._snapshot = snapshot

    def __bool__(self) -> bool:
        """There are names, though none is held here."""
        return True

    def get(self, key: Any, default: Any = None) -> Any:
        title, artist = self._snapshot.name_of(key)
        if title is None:
            return default
        return title if artist is None else f"{title} by {artist}"


_SAID = {"similar": ("item_id", "songs"), "days": ("row", "days"), "history": ("row", "scores")}


def check_files(folder: Path, wanted: dict[str, str]) -> None:
    """Whether the files of a publication are those that were published.

    Raises
    ------
    WorkspaceError : if one is missing, added, a link, or was changed
    """
    there = {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_symlink() or not file.is_dir()
    } - {MANIFEST}
    odd = sorted(there ^ set(wanted))
    links = sorted(name for name in there if (folder / name).is_symlink())
    if odd or links:
        raise _damaged(folder / (odd or links)[0], "is missing, or does not belong there")
    for name, digest in wanted.items():
        if digest_of_file(folder / name) != digest:
            raise _damaged(folder / name, "is not the file that was published")


def _damaged(file: Path, what: str) -> WorkspaceError:
    return WorkspaceError(
        f"{file} {what}", mend="tenuto publish WORKSPACE; the publication before is served so far"
    )


def _about(name: str, said: dict[str, Any]) -> About:
    try:
        lists, devices = tuple(said.pop("lists")), tuple(said.pop("devices"))
        day = date.fromisoformat(said.pop("day"))
        return About(publication=name, day=day, lists=lists, devices=devices, **said)
    except (KeyError, TypeError, ValueError) as problem:
        raise WorkspaceError(
            f"the manifest of {name} is not whole: {problem}", mend="publish again"
        ) from problem
