"""Likes and dislikes that come from outside the log: written down, never changed.

    WORKSPACE/feedback/words/day=2017-04-28/part.parquet    user_id, item_id, opinion, day

A row is one word of one listener on one song: ``like``, ``dislike`` or ``none``, which takes
back whatever was said before. Rows stand in the order in which they came; the last of a day
counts. A day is written aside and put in place as a whole: a reader never sees half of it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import filelock
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.errors import ContractError, WorkspaceError
from tenuto.events.lake import Lake
from tenuto.preferences._opinions import WORDS
from tenuto.record import digest_of, digest_of_file

_FOLDER, _TABLE = "feedback", "words"
_KEYS = ("user_id", "item_id")
# A day of words is rewritten in well under this; whoever takes longer hangs.
_PATIENCE_S = 30.0


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

    Days are written from the first to the last, each whole or not at all.
    """
    words, lake = _checked(words), _lake(root)
    lake.root.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(lake.root / ".lock", timeout=_PATIENCE_S):
            _refuse_other_ids(lake, words)
            for day in sorted(set(words["day"].to_pylist())):
                _append(lake, day, words.filter(pc.equal(words["day"], day)))
    except filelock.Timeout as busy:
        raise WorkspaceError(
            f"another process has been writing to {lake.root} for {_PATIENCE_S:.0f} s",
            mend="stop it, then try again: nothing of this was written",
        ) from busy


def feedback_before(root: Path, cutoff: date) -> pa.Table | None:
    """The last word of each listener on each song on each day before ``cutoff``.

    ``user_id``, ``item_id``, ``opinion``, ``day``, by day, user and song; None where nothing
    was written down before the cutoff.
    """
    parts = [_last_words(_read(file)) for file in _lake(root).files(_TABLE, before=cutoff)]
    return pa.concat_tables(parts) if parts else None


def feedback_digest(root: Path, cutoff: date) -> str:
    """What changes when `feedback_before` does."""
    files = _lake(root).files(_TABLE, before=cutoff)
    return digest_of([(file.parent.name, digest_of_file(file)) for file in files])


def _lake(root: Path) -> Lake:
    return Lake(Path(root) / _FOLDER)


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


def _refuse_other_ids(lake: Lake, words: pa.Table) -> None:
    for file in lake.files(_TABLE)[:1]:
        before = pq.read_schema(file)
        for key in _KEYS:
            now, then = words.schema.field(key).type, before.field(key).type
            if now != then:
                raise ContractError(
                    f"{key} is {now}, in the feedback so far {then}",
                    mend="write it as the log does",
                )


def _append(lake: Lake, day: date, words: pa.Table) -> None:
    before = [_read(file) for file in lake.files_of(_TABLE, day)]
    rows = pa.concat_tables([*before, words]).combine_chunks()
    digest = digest_of([lake.digest(_TABLE, day), words.to_pydict()])
    lake.put_rows(_TABLE, day, "part", digest, rows)


def _read(file: Path) -> pa.Table:
    # Not read_table: it would add a column for the name of the folder.
    return pq.ParquetFile(file).read().replace_schema_metadata(None)


def _last_words(words: pa.Table) -> pa.Table:
    """The last row of each pair, by pair."""
    last = words.to_pandas().drop_duplicates(list(_KEYS), keep="last").sort_values(list(_KEYS))
    return pa.Table.from_pandas(last, schema=words.schema, preserve_index=False)
