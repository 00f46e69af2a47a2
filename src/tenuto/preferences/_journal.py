"""The journal of what listeners say: one SQLite file, in which rows are added and never changed.

    WORKSPACE/feedback/words.sqlite    id, user_id, item_id, word, day, said_at, key, undoes

A row is one word of one listener on one song: ``play``, ``like``, ``dislike``, ``none`` (no opinion
any more) or ``undo``, which takes back the row ``undoes``. Rows are numbered in the order in which
they came. A row is on the disk before `Journal.add` returns; those who write at the same time
share one commit, which is what a disk takes its time for.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tenuto.errors import ContractError, UnknownName, WorkspaceError

FILE = Path("feedback") / "words.sqlite"
PLAY, LIKE, DISLIKE, NONE, UNDO = "play", "like", "dislike", "none", "undo"
# Another process holds the file for milliseconds; whoever takes longer hangs.
_PATIENCE_S = 30.0
_COLUMNS = "id, user_id, item_id, word, day, said_at, key, undoes"
# Columns of ids are without a type: SQLite then keeps whole numbers and text as they come.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS words (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id NOT NULL, item_id NOT NULL, word TEXT NOT NULL,
    day TEXT NOT NULL, said_at TEXT NOT NULL, key TEXT, undoes INTEGER
);
CREATE INDEX IF NOT EXISTS words_of_user ON words (user_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS words_by_key ON words (user_id, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS words_undone ON words (undoes) WHERE undoes IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A row of the journal. ``id`` is 0 for one not written yet; ``day`` in ISO form."""

    id: int
    user_id: int | str
    item_id: int | str
    word: str
    day: str
    said_at: str
    key: str | None = None
    undoes: int | None = None


@dataclass(slots=True)
class _Asked:
    """What waits to be written, and what came of it."""

    write: Callable[[sqlite3.Connection], Any]
    result: Any = None
    failure: Exception | None = None
    is_done: bool = False


class Journal:
    """The journal of one workspace; threads may share it, and processes the file.

    Nothing is made on the disk before the first word.
    """

    def __init__(self, root: Path | str):
        self.file = Path(root) / FILE
        self._readers: deque[sqlite3.Connection] = deque()
        self._writer: sqlite3.Connection | None = None
        self._gate, self._pen = threading.Lock(), threading.Lock()
        self._waiting: list[_Asked] = []

    def add(self, words: Sequence[Word]) -> list[tuple[Word, bool]]:
        """Write ``words`` in their order, all or none: each as it is now, and if it was there.

        One with the ``key`` of an earlier word of the same listener is that one over again.

        Raises
        ------
        ContractError : if that said something else, or ids are not of the type of those before
        WorkspaceError : if it cannot be written
        """
        return self._done(lambda db: [_added(db, word) for word in words])

    def undo(self, number: int, day: str, said_at: str) -> tuple[Word, bool]:
        """Take back a word, once: the row that does so, and if it was there.

        Raises
        ------
        UnknownName : if there is no such word
        ContractError : if it is itself a taking back
        """
        return self._done(lambda db: _undone(db, number, day, said_at))

    def remove(self, users: Sequence[int | str]) -> int:
        """Every word of these listeners, wiped from the file; how many there were."""
        if not self.file.exists():
            return 0

        def wipe(db: sqlite3.Connection) -> int:
            db.execute("PRAGMA secure_delete = ON")
            return sum(
                db.execute("DELETE FROM words WHERE user_id = ?", (user,)).rowcount
                for user in users
            )

        n_rows: int = self._done(wipe)
        with self._pen, _as_errors(self.file):
            db = self._open_for_writing()
            if n_rows:
                db.execute("VACUUM")
            # What was written before stands in the write-ahead log until it is emptied.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return n_rows

    def of_user(self, user_id: int | str) -> list[Word]:
        """All words of one listener, in the order in which they came."""
        return self._read("WHERE user_id = ? ORDER BY id", (user_id,))

    def until(self, day: str) -> list[Word]:
        """All words of days before ``day``, in the order in which they came."""
        return self._read("WHERE day < ? ORDER BY id", (day,))

    def get(self, number: int) -> Word | None:
        """One word; None where there is none of that number."""
        return next(iter(self._read("WHERE id = ?", (number,))), None)

    def last(self) -> int:
        """The number of the last word; 0 where nothing was said."""
        found = self._read("ORDER BY id DESC LIMIT 1", ())
        return found[0].id if found else 0

    def close(self) -> None:
        """Let go of the file; using the journal again opens it again."""
        while self._readers:
            self._readers.pop().close()
        with self._pen:
            if self._writer is not None:
                self._writer.close()
            self._writer = None

    def _read(self, where: str, values: tuple[Any, ...]) -> list[Word]:
        if not self.file.exists():
            if not _earlier_files(self.file):
                return []
            self.add([])
        query = f"SELECT {_COLUMNS} FROM words {where}"
        with _as_errors(self.file), self._reader() as db:
            try:
                return [Word(*row) for row in db.execute(query, values)]
            except sqlite3.OperationalError as failure:
                # Another process is making the file just now.
                if "no such table" in str(failure):
                    return []
                raise

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._readers.pop()
        except IndexError:
            db = _connected(self.file)
        yield db
        # Not given back after a failure: the next one starts afresh.
        self._readers.append(db)

    def _done(self, write: Callable[[sqlite3.Connection], Any]) -> Any:
        """What ``write`` gives, once it is on the disk, together with what others wrote."""
        asked = _Asked(write)
        with self._gate:
            self._waiting.append(asked)
        with self._pen:
            if not asked.is_done:
                with self._gate:
                    batch, self._waiting = self._waiting, []
                self._commit(batch)
        if asked.failure is not None:
            raise asked.failure
        return asked.result

    def _commit(self, batch: list[_Asked]) -> None:
        try:
            with _as_errors(self.file):
                db = self._open_for_writing()
                db.execute("BEGIN IMMEDIATE")
                try:
                    for asked in batch:
                        _tried(db, asked)
                    db.execute("COMMIT")
                except BaseException:
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    raise
        except WorkspaceError as failure:
            for asked in batch:
                asked.failure = asked.failure or failure
        finally:
            for asked in batch:
                asked.is_done = True

    def _open_for_writing(self) -> sqlite3.Connection:
        if self._writer is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            db = _connected(self.file)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(_SCHEMA)
            _take_over(db, _earlier_files(self.file))
            self._writer = db
        return self._writer


def effective(words: Sequence[Word], was_seen: Callable[[Word, Word], bool]) -> list[Word]:
    """What was said, in its order, so that the last word of each listener on each song stands.

    What is taken back leaves no trace, unless somebody has acted on it by then: ``was_seen`` is
    asked of the word and of the one that takes it back. Then it is answered by the word that
    stands again, at the moment of the taking back; where none does, by ``none``.
    """
    kept: dict[int, Word] = {}
    said = {word.id: word for word in words}
    standing: dict[int, Word] = {}
    for word in words:
        if word.word != UNDO:
            kept[word.id] = standing[word.id] = word
        elif word.undoes in standing:
            target = standing.pop(said[word.undoes].id)
            if target.word == PLAY or not was_seen(target, word):
                del kept[target.id]
            again = _opinion(standing, word)
            if _opinion(kept, word) != again:
                kept[word.id] = replace(word, word=again, undoes=None)
    return list(kept.values())


def _opinion(words: Mapping[int, Word], of: Word) -> str:
    """The last word of the listener of ``of`` on that song, but for plays."""
    pair = (of.user_id, of.item_id)
    said = (one for one in words.values() if (one.user_id, one.item_id) == pair)
    return next((one.word for one in reversed(list(said)) if one.word != PLAY), NONE)


def _added(db: sqlite3.Connection, word: Word) -> tuple[Word, bool]:
    if word.key is not None:
        same = "WHERE user_id = ? AND key = ?"
        found = db.execute(f"SELECT {_COLUMNS} FROM words {same}", (word.user_id, word.key))
        row = found.fetchone()
        if row is not None:
            return _repeated(Word(*row), word), True
    _refuse_other_ids(db, word)
    return _written(db, word), False


def _repeated(before: Word, word: Word) -> Word:
    if (before.item_id, before.word) != (word.item_id, word.word):
        raise ContractError(
            f"the key '{word.key}' was used for '{before.word}' on item {before.item_id}",
            mend="use a new key for every new word",
        )
    return before


def _refuse_other_ids(db: sqlite3.Connection, word: Word) -> None:
    row = db.execute("SELECT user_id, item_id FROM words ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        return
    ids = (("user_id", word.user_id, row[0]), ("item_id", word.item_id, row[1]))
    for name, now, then in ids:
        if isinstance(now, str) != isinstance(then, str):
            raise ContractError(
                f"{name} is {_kind(now)}, in the feedback so far {_kind(then)}",
                mend="write it as the log does",
            )


def _kind(value: int | str) -> str:
    return "string" if isinstance(value, str) else "int64"


def _undone(db: sqlite3.Connection, number: int, day: str, said_at: str) -> tuple[Word, bool]:
    row = db.execute(f"SELECT {_COLUMNS} FROM words WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise UnknownName(f"there is no receipt {number}", mend="use one that `say` has given")
    target = Word(*row)
    if target.word == UNDO:
        raise ContractError(
            f"receipt {number} takes back receipt {target.undoes}", mend="say the word again"
        )
    row = db.execute(f"SELECT {_COLUMNS} FROM words WHERE undoes = ?", (number,)).fetchone()
    if row is not None:
        return Word(*row), True
    undo = Word(0, target.user_id, target.item_id, UNDO, day, said_at, None, number)
    return _written(db, undo), False


def _written(db: sqlite3.Connection, word: Word) -> Word:
    values = (word.user_id, word.item_id, word.word, word.day, word.said_at, word.key, word.undoes)
    added = db.execute(
        "INSERT INTO words (user_id, item_id, word, day, said_at, key, undoes) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    return Word(int(added.lastrowid or 0), *values)


def _tried(db: sqlite3.Connection, asked: _Asked) -> None:
    """One of a batch; what is wrong with it leaves the others alone."""
    db.execute("SAVEPOINT one")
    try:
        asked.result = asked.write(db)
    except (ContractError, UnknownName) as mistake:
        asked.failure = mistake
        db.execute("ROLLBACK TO one")
    db.execute("RELEASE one")


def _earlier_files(file: Path) -> list[Path]:
    """Words as they were kept before there was a journal: Parquet files, one a day."""
    return sorted((file.parent / "words").glob("day=*/part.parquet"))


def _take_over(db: sqlite3.Connection, earlier: Sequence[Path]) -> None:
    """Write down, once, what is in files of an earlier version."""
    db.execute("BEGIN IMMEDIATE")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        for file in earlier:
            for row in pq.ParquetFile(file).read().to_pylist():
                day = row["day"].isoformat()
                _written(db, Word(0, row["user_id"], row["item_id"], row["opinion"], day, day))
        db.execute("PRAGMA user_version = 1")
    db.execute("COMMIT")


def _connected(file: Path) -> sqlite3.Connection:
    # Any thread may use it, one at a time.
    return sqlite3.connect(file, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)


@contextmanager
def _as_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as failure:
        raise WorkspaceError(
            f"{file}: {failure}",
            mend="free some space, check the permissions of the folder and whether another "
            "process hangs, then say it again: nothing of this was written",
        ) from failure
