"""What every reader of tables gives: blocks of numbered rows with their cells by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

# What is computed for a block takes about 1 kB a row.
BLOCK_ROWS = 500_000


class RawBlock(NamedTuple):
    """Rows of a table: ``frame`` says which, ``cells`` what is in each column.

    ``frame`` has source_line, line, has_bad_bytes, is_cut_off and is_record, a row each.
    """

    frame: pa.Table
    cells: dict[str, pa.Array]

    def slice(self, start: int, n_rows: int) -> RawBlock:
        cells = {name: cell.slice(start, n_rows) for name, cell in self.cells.items()}
        return RawBlock(self.frame.slice(start, n_rows), cells)


class RawReader(Protocol):
    """Iterated once; afterwards ``damage`` and ``n_bytes`` as in `LineReader`."""

    @property
    def damage(self) -> str | None: ...

    @property
    def n_bytes(self) -> int: ...

    def __iter__(self) -> Iterator[RawBlock]: ...


def as_text(values: pa.Array) -> pa.Array:
    """``values`` as text; a whole number that stands as a float has no point."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return as_text(values.dictionary_decode())
    if pa.types.is_string(kind):
        return values
    if pa.types.is_floating(kind):
        is_whole = pc.and_(pc.equal(pc.round(values), values), pc.less(pc.abs(values), 2.0**53))
        whole = pc.if_else(is_whole, values, pa.scalar(None, kind)).cast(pa.int64())
        is_number = pc.invert(pc.is_nan(values))
        text = pc.coalesce(whole.cast(pa.string()), values.cast(pa.string()))
        return pc.if_else(is_number, text, pa.scalar(None, pa.string()))
    if pa.types.is_nested(kind):
        return pa.array([None if cell is None else str(cell) for cell in values.to_pylist()])
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array(
            [
                None if cell is None else cell.decode("utf-8", "replace")
                for cell in values.to_pylist()
            ]
        )
    return values.cast(pa.string())
