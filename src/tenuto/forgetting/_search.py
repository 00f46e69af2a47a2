"""Is anything left of a listener? Every byte of every file of a workspace, unpacked, is looked at.

Files are searched as they are, and those that are packed also by what they hold: the columns of
Parquet files, the cells of databases. An id of fewer than six letters is the same as any number: it
is looked for in the columns of listeners alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.forgetting._files import files_below
from tenuto.forgetting._listeners import USER_COLUMNS, Listeners
from tenuto.forgetting._sqlite import SQLITE_SUFFIXES, texts_of
from tenuto.workspace import Workspace

_PIECE_BYTES = 1 << 22
_OVERLAP = 512
# Whole numbers that are something else and may be the same by chance.
_OF_SONGS = re.compile(r"item_id|because_\d|column|item|source_line")


@dataclass(frozen=True)
class Found:
    """Where something is left: a file of the workspace, and what of it."""

    file: Path
    where: str


def search(workspace: Workspace, listeners: Listeners) -> list[Found]:
    """Every place in which one of ``listeners`` is still to be found."""
    return [
        Found(file, where)
        for file in files_below(workspace.root)
        if (where := _where(file, listeners)) is not None
    ]


def _where(file: Path, listeners: Listeners) -> str | None:
    if _is_in_bytes(file, listeners):
        return "its bytes"
    if file.suffix == ".parquet":
        return _in_parquet(file, listeners)
    if file.suffix in SQLITE_SUFFIXES and any(map(listeners.are_in, texts_of(file))):
        return "a table"
    return None


def _is_in_bytes(file: Path, listeners: Listeners) -> bool:
    before = b""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            if listeners.are_in(before + piece):
                return True
            before = piece[-_OVERLAP:]
    return False


def _in_parquet(file: Path, listeners: Listeners) -> str | None:
    with pq.ParquetFile(file) as source:
        for number in range(source.num_row_groups):
            rows = source.read_row_group(number)
            for name in rows.column_names:
                if any(_is_in(part, name, listeners) for part in _plain(rows[name])):
                    return f"column {name}"
    return None


def _plain(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    """The chunks of a column, of lists and structures their parts."""
    for chunk in column.chunks:
        stack = [chunk]
        while stack:
            part = stack.pop()
            if pa.types.is_dictionary(part.type):
                stack.append(part.dictionary_decode())
            elif pa.types.is_struct(part.type):
                stack += part.flatten()
            elif pa.types.is_list(part.type) or pa.types.is_large_list(part.type):
                stack.append(part.flatten())
            else:
                yield part


def _is_in(part: pa.Array, name: str, listeners: Listeners) -> bool:
    if name in USER_COLUMNS or (
        pa.types.is_int64(part.type) and listeners.pattern and not _OF_SONGS.fullmatch(name)
    ):
        return bool(pc.any(listeners.rows(part)).as_py())
    is_text = pa.types.is_string(part.type) or pa.types.is_large_string(part.type)
    if not is_text or listeners.pattern is None:
        return False
    words = listeners.pattern.pattern.decode()
    # The engine of Arrow cannot look around; what it finds is looked at once more.
    core = words[words.index("(?:") : words.rindex("(?!")]
    met = part.filter(pc.fill_null(pc.match_substring_regex(part, core), False))
    return any(listeners.are_in(text) for text in met.to_pylist())
