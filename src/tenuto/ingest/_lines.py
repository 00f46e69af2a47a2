"""The lines of a block of a raw file: plain ones, in columns, and odd ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tenuto.sources import RawFile


@dataclass(frozen=True)
class Lines:
    """Lines with ``day`` where the file knows it, and ``previous_line`` if they are plain.

    ``plain`` is None where the source does not tell plain lines from the others: all are odd.
    """

    plain: pa.Table | None
    odd: pa.Table

    @classmethod
    def of(cls, block: pa.Table, source: Any, file: RawFile) -> Lines:
        """Those of ``block``, as the reader gives it."""
        if not hasattr(source, "sort_out"):
            return cls(None, _with_day(block, file))
        plain, odd = source.sort_out(block, file)
        nowhere = pa.nulls(plain.num_rows, pa.int64())
        return cls(_with_day(plain, file), _with_day(odd, file)).with_previous(nowhere)

    def with_previous(self, lines: pa.Array) -> Lines:
        """The same, knowing for each plain line where its text stood before; NULL at its first."""
        assert self.plain is not None, "odd ones are asked again once they are mended"
        known = [name for name in self.plain.column_names if name != "previous_line"]
        return Lines(self.plain.select(known).append_column("previous_line", lines), self.odd)

    def empty(self) -> Lines:
        """No lines, in the same columns."""
        # Not a slice: that would keep what it is cut from in memory.
        plain = None if self.plain is None else self.plain.schema.empty_table()
        return Lines(plain, self.odd.schema.empty_table())


def _with_day(lines: pa.Table, file: RawFile) -> pa.Table:
    if file.day is None:
        return lines
    return lines.append_column("day", pa.repeat(pa.scalar(file.day), lines.num_rows))
