"""Rows of listeners out of Parquet files, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.errors import WorkspaceError
from tenuto.forgetting._listeners import USER_COLUMNS, Listeners
from tenuto.record import write_aside


def strip_parquet(
    file: Path, listeners: Listeners, metadata: Mapping[str, str] | None = None
) -> int:
    """Remove the rows whose listener is one of ``listeners``; how many they were.

    ``metadata`` replaces keys of the file's own, where rows are removed.

    Raises
    ------
    WorkspaceError : if the file cannot be read
    """
    try:
        with pq.ParquetFile(file) as source:
            n_gone = sum(pc.sum(gone).as_py() or 0 for gone in rows_of(source, listeners))
            if n_gone:
                _rewrite(file, source, listeners, metadata or {})
    except (pa.ArrowException, OSError) as failure:
        raise WorkspaceError(
            f"{file} cannot be read: {str(failure).partition(chr(10))[0]}",
            mend="remove it, or put it back from a backup, then forget again",
        ) from failure
    return n_gone


def rows_of(source: pq.ParquetFile, listeners: Listeners) -> Iterator[pa.ChunkedArray]:
    """In which rows of each row group one of ``listeners`` stands."""
    names = [name for name in source.schema_arrow.names if name in USER_COLUMNS]
    for number in range(source.num_row_groups if names else 0):
        yield _any_of(source.read_row_group(number, columns=names), listeners)


def _any_of(table: pa.Table, listeners: Listeners) -> pa.ChunkedArray:
    found = [listeners.rows(table[name]) for name in table.column_names if name in USER_COLUMNS]
    gone = found[0]
    for other in found[1:]:
        gone = pc.or_(gone, other)
    return gone


def _rewrite(
    file: Path, source: pq.ParquetFile, listeners: Listeners, metadata: Mapping[str, str]
) -> None:
    schema = source.schema_arrow
    changed = dict(schema.metadata or {}) | {
        key.encode(): value.encode() for key, value in metadata.items()
    }
    schema = schema.with_metadata(changed or None)
    packing = source.metadata.row_group(0).column(0).compression.lower()

    def write(aside: Path) -> None:
        compression = "none" if packing == "uncompressed" else packing
        with pq.ParquetWriter(aside, schema, compression=compression) as writer:
            for number in range(source.num_row_groups):
                rows = source.read_row_group(number)
                kept = rows.filter(pc.invert(_any_of(rows, listeners)))
                writer.write_table(kept.replace_schema_metadata(changed or None))

    write_aside(file, write)
