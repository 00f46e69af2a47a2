"""Likes and dislikes that come from outside the log, as the daily run reads them.

There is one journal of them (see ``_journal.py``), which the service writes and the run reads.
Of a day the last word of each listener on each song counts. What was taken back on the day on
which it was said was never said; what is taken back later gives way, on that later day, to the
word before it, or to ``none``. Plays are not read from it: the log brings them.

A word is of the UTC day on which it was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from tenuto.errors import ContractError
from tenuto.preferences._journal import PLAY, Journal, Word, effective
from tenuto.preferences._opinions import WORDS
from tenuto.record import digest_of

_KEYS = ("user_id", "item_id")
_COLUMNS = (*_KEYS, "opinion", "day")


def add_feedback(
    root: Path, user_id: int | str, item_id: int | str, opinion: str, day: date
) -> None:
    """Write down that a listener likes or dislikes a song, or has no opinion (``none``) any more.

    Parameters
    ----------
    root : the folder of the workspace
    user_id, item_id : as the log has them, whole numbers or text
    opinion : one of ``WORDS``

    Raises
    ------
    ContractError : if there is no such opinion, or ids are not of the type of those before
    WorkspaceError : if it cannot be written, or another writer does not come to an end
    """
    row = {"user_id": [user_id], "item_id": [item_id], "opinion": [opinion], "day": [day]}
    add_feedback_rows(root, pa.table(row))


def add_feedback_rows(root: Path, words: pa.Table) -> None:
    """`add_feedback` for many: ``user_id``, ``item_id``, ``opinion`` and ``day``, in their order.

    All are written, or none.
    """
    rows = _checked(words).to_pylist()
    journal = Journal(root)
    try:
        journal.add([_word(**row) for row in rows])
    finally:
        journal.close()


def feedback_before(root: Path, cutoff: date) -> pa.Table | None:
    """The last word of each listener on each song on each day before ``cutoff``.

    ``user_id``, ``item_id``, ``opinion``, ``day``, by day, user and song; None where nothing
    was said before the cutoff, or nothing stands.
    """
    journal = Journal(root)
    try:
        words = journal.until(cutoff.isoformat())
    finally:
        journal.close()
    standing = effective(words, lambda said, undo: said.day < undo.day)
    last = {
        (word.day, word.user_id, word.item_id): word.word for word in standing if word.word != PLAY
    }
    return _table(last) if last else None


def feedback_digest(root: Path, cutoff: date) -> str:
    """What changes when `feedback_before` does."""
    table = feedback_before(root, cutoff)
    return digest_of([] if table is None else table.to_pydict())


def forget_feedback(root: Path, user_ids: Sequence[int | str]) -> int:
    """Wipe all that these listeners have said; how many words that were."""
    journal = Journal(root)
    try:
        return journal.remove(user_ids)
    finally:
        journal.close()


def _word(user_id: int | str, item_id: int | str, opinion: str, day: date) -> Word:
    return Word(0, user_id, item_id, opinion, day.isoformat(), day.isoformat())


def _table(last: dict[tuple[str, int | str, int | str], str]) -> pa.Table:
    rows = [
        (user, item, word, date.fromisoformat(day))
        for (day, user, item), word in sorted(last.items())
    ]
    columns = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _checked(words: pa.Table) -> pa.Table:
    """``words`` in the types in which they are stored."""
    odd = sorted({str(word) for word in words["opinion"].to_pylist() if word not in WORDS})
    if odd:
        raise ContractError(f"'{odd[0]}' is no opinion", mend=f"use one of: {', '.join(WORDS)}")
    table = pa.table(
        {
            **{key: _ids(words[key], key) for key in _KEYS},
            "opinion": words["opinion"].cast(pa.string()),
            "day": words["day"].cast(pa.date32()),
        }
    )
    if any(column.null_count for column in table.columns):
        raise ContractError("a word lacks its listener, song or day", mend="leave such rows out")
    return table


def _ids(column: pa.ChunkedArray, key: str) -> pa.ChunkedArray:
    """Ids as the lake has them: whole numbers of 64 bits, or text."""
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string())
    raise ContractError(f"{key} is {column.type}", mend="write ids as whole numbers or as text")
