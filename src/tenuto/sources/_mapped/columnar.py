"""Tables that come as columns: Parquet files, and batches from a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.errors import SourceError
from tenuto.sources._mapped.raw_blocks import BLOCK_ROWS, RawBlock, as_text

# What Arrow says of a file that is damaged; names of columns may be no text.
_DAMAGE = (pa.ArrowException, UnicodeDecodeError)
# A table of one value over and over fits in a few bytes. Even such a column of a log stands beside
# others that take a byte a row.
_MOST_CELLS_PER_BYTE = 200
_NEVER_TOO_MANY_CELLS = 100_000_000


class ParquetReader:
    """Reads one Parquet file; columns keep their types, ``source_line`` is the row from 1."""

    def __init__(self, path: Path, block_rows: int = BLOCK_ROWS):
        self._path = path
        self._block_rows = block_rows
        self.damage: str | None = None
        self.n_bytes = 0

    def __iter__(self) -> Iterator[RawBlock]:
        file = open_parquet(self._path)
        _refuse_bomb(self._path, file)
        self.n_bytes = sum(
            file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups)
        )
        batches = file.iter_batches(batch_size=min(self._block_rows, BLOCK_ROWS))
        try:
            yield from as_blocks(batches, self._block_rows)
        except (*_DAMAGE, OSError) as failure:
            # Some of it may have been read: what came before stays, like lines of an archive.
            self.damage = str(failure).partition("\n")[0]


def open_parquet(path: Path) -> pq.ParquetFile:
    """The file, with its footer read.

    Raises
    ------
    SourceError : if it is not whole
    """
    try:
        return pq.ParquetFile(path)
    except (*_DAMAGE, OSError) as failure:
        raise SourceError(
            f"{path} is no whole Parquet file: {str(failure).partition(chr(10))[0]}",
            mend="get it again, or move it out of the folder",
        ) from failure


def _refuse_bomb(path: Path, file: pq.ParquetFile) -> None:
    n_cells = file.metadata.num_rows * file.metadata.num_columns
    if n_cells > max(_NEVER_TOO_MANY_CELLS, _MOST_CELLS_PER_BYTE * path.stat().st_size):
        raise SourceError(
            f"{path} has {file.metadata.num_rows:,} rows in {path.stat().st_size:,} bytes: a "
            "decompression bomb",
            mend="do not use it; move it out of the folder",
        )


def names_in_parquet(path: Path) -> list[str]:
    """The columns of a file, with a name ``a.b`` for each field b of a column a."""
    return flattened(open_parquet(path).schema_arrow.empty_table()).column_names


def as_blocks(batches: Iterable[pa.RecordBatch], block_rows: int) -> Iterator[RawBlock]:
    """``batches`` in order, gathered to blocks of ``block_rows`` rows."""
    held: list[pa.RecordBatch] = []
    n_before = n_held = 0
    for batch in batches:
        while batch.num_rows:
            taken = batch.slice(0, block_rows - n_held)
            batch = batch.slice(taken.num_rows)
            held.append(taken)
            n_held += taken.num_rows
            if n_held == block_rows:
                yield _block(pa.Table.from_batches(held), n_before)
                held, n_before, n_held = [], n_before + n_held, 0
    if held:
        yield _block(pa.Table.from_batches(held), n_before)


def flattened(table: pa.Table) -> pa.Table:
    """``table`` with a column ``a.b`` for each field b of a column a that has some."""
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    return table


def _block(table: pa.Table, n_before: int) -> RawBlock:
    flat = flattened(table)
    cells = {name: _whole(flat.column(at)) for at, name in enumerate(flat.column_names)}
    n_rows = flat.num_rows
    never = pa.array(np.zeros(n_rows, dtype=bool))
    frame = pa.table(
        {
            "source_line": pa.array(np.arange(n_before + 1, n_before + n_rows + 1)),
            "line": _as_lines(cells),
            "has_bad_bytes": never,
            "is_cut_off": never,
            "is_record": pa.array(np.ones(n_rows, dtype=bool)),
        }
    )
    return RawBlock(frame, cells)


def _as_lines(cells: dict[str, pa.Array]) -> pa.Array:
    """What stands for a row as text: all its cells, separated by tabs."""
    texts = [as_text(cell) for cell in cells.values()]
    return pc.binary_join_element_wise(*texts, "\t", null_handling="replace", null_replacement="")


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """One array, with plain types in place of dictionaries and large text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column.combine_chunks()
