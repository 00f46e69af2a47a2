"""From events to files of JSON lines, in the two ways in which such logs are found.

The generator writes no key without a value and ends every line; an export through a data
frame writes all keys in the order of the alphabet, null where there is nothing, text in
ASCII with escaped slashes, registrations as floats, and no end to the last line.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from tenuto.simulation._writing import COMPRESSION, log_bytes

Columns = dict[str, pa.Array]
GENERATED = (
    *("ts", "userId", "sessionId", "page", "auth", "method", "status", "level", "itemInSession"),
    *("location", "userAgent", "lastName", "firstName", "registration", "gender"),
    *("artist", "song", "length"),
)
EXPORTED = tuple(sorted(GENERATED))


def generated_lines(columns: Columns) -> pa.Array:
    """One object per row, a NULL's key left out; ``ts``, which comes first, is never NULL."""
    values = [_with_key(key, columns[key], absent="") for key in GENERATED[1:]]
    first = pc.binary_join_element_wise('{"ts":', columns["ts"], "")
    return pc.binary_join_element_wise(first, *values, "}\n", "")


def exported_lines(columns: Columns) -> pa.Array:
    """One object per row, all keys in the order of the alphabet."""
    exported = columns | {
        "registration": pc.binary_join_element_wise(columns["registration"], ".0", "")
    }
    # A slash needs no escape, but data frames write one.
    for key in ("location", "userAgent", "artist", "song"):
        exported[key] = pc.replace_substring(exported[key], "/", "\\/")
    first = f'{{"{EXPORTED[0]}":'
    values = [_with_key(key, exported[key], absent="null") for key in EXPORTED[1:]]
    artist = pc.fill_null(exported[EXPORTED[0]], "null")
    return pc.binary_join_element_wise(first, artist, *values, "}\n", "")


def _with_key(key: str, value: pa.Array, absent: str) -> pa.Array:
    if absent:
        return pc.binary_join_element_wise(f',"{key}":', pc.fill_null(value, absent), "")
    if value.null_count == len(value):
        return pa.array([""] * len(value), pa.string())
    return pc.fill_null(pc.binary_join_element_wise(f',"{key}":', value, ""), "")


def write_lines(path: Path, chunks: Iterable[pa.Array], *, ends_last_line: bool) -> None:
    """Write a file, gzipped if its name ends in .gz; equal lines are equal bytes."""
    with _opened(path) as file:
        held: memoryview | bytes = b""
        for lines in chunks:
            if len(lines):
                file.write(held)
                held = log_bytes(lines)
        file.write(held if ends_last_line else held[:-1])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """No time and no name in the header, so that the same log is the same file."""
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            yield raw
            return
        with gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as packed:
            yield packed  # type: ignore[misc]
