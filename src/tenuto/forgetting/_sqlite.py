"""Rows of listeners out of SQLite files, without a trace in the pages that become free."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenuto.errors import WorkspaceError
from tenuto.forgetting._listeners import USER_COLUMNS, Listeners

SQLITE_SUFFIXES = (".sqlite", ".sqlite3", ".db")


def strip_sqlite(file: Path, listeners: Listeners) -> int:
    """Remove the rows whose listener is one of ``listeners``; how many they were.

    Freed pages are overwritten, the file is written anew and its journal emptied.

    Raises
    ------
    WorkspaceError : if it is no sound database, or another process holds it
    """
    with _opened(file) as database:
        database.execute("PRAGMA secure_delete = ON")
        n_gone = 0
        for table in tables_of(database):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({_name(table)})")]
            for column in columns:
                if column in USER_COLUMNS:
                    n_gone += _delete(database, table, column, listeners)
        database.commit()
        if n_gone:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return n_gone


def texts_of(file: Path) -> Iterator[str]:
    """Every cell of every table as text."""
    with _opened(file) as database:
        for table in tables_of(database):
            for row in database.execute(f"SELECT * FROM {_name(table)}"):
                for cell in row:
                    if isinstance(cell, bytes):
                        yield cell.decode("utf-8", "replace")
                    elif cell is not None:
                        yield str(cell)


def tables_of(database: sqlite3.Connection) -> list[str]:
    """The names of all tables but SQLite's own."""
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    return [name for (name,) in database.execute(asked) if not name.startswith("sqlite_")]


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(file, timeout=30.0)) as database:
            yield database
    except sqlite3.DatabaseError as failure:
        raise WorkspaceError(
            f"{file} cannot be changed: {failure}",
            mend="if `tenuto serve` is running, stop it; else remove the file, then forget again",
        ) from failure


def _delete(database: sqlite3.Connection, table: str, column: str, listeners: Listeners) -> int:
    condition = f"CAST({_name(column)} AS TEXT) = ?"
    found = 0
    for text in sorted(listeners.texts):
        done = database.execute(f"DELETE FROM {_name(table)} WHERE {condition}", (text,))
        found += done.rowcount
    return found


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
