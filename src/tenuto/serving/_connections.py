"""The SQLite file of a publication, for as many threads as ask at once."""

from __future__ import annotations

import sqlite3
import time
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tenuto.errors import WorkspaceError

#: Bytes of the file that a connection may map, at most: the pages are the system's, not ours.
_MAPPED = 1 << 32
#: How long to wait for a connection that is lent to somebody else.
_TURN_S, _TURNS = 0.0005, 20_000


class Connections:
    """Open connections to one file that never changes; there are as many as threads ask."""

    def __init__(self, file: Path):
        self._file = file.resolve()
        self._idle: deque[sqlite3.Connection] = deque()
        self._idle.append(self._connected())
        # Whoever was the last to ask may be anybody: nobody is there to say that it is over.
        weakref.finalize(self, _close_all, self._idle)

    def one(self, query: str, *values: Any) -> Any:
        """The first row, or None."""
        with self._lent() as db:
            return db.execute(query, values).fetchone()

    def all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Every row."""
        with self._lent() as db:
            return db.execute(query, values).fetchall()

    def close(self) -> None:
        """Let go of the file. Who still asks opens it again."""
        _close_all(self._idle)

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
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


def _close_all(idle: deque[sqlite3.Connection]) -> None:
    while idle:
        idle.pop().close()
