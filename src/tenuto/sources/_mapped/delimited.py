"""CSV, TSV and other files with a delimiter, whatever they are packed in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tenuto.sources._mapped.fields import split_fields
from tenuto.sources._mapped.mapping import Mapping
from tenuto.sources._mapped.raw_blocks import BLOCK_ROWS, RawBlock
from tenuto.sources._packing import BLOCK_BYTES, LineReader

DELIMITERS = (",", "\t", ";", "|", "::")


class Layout(NamedTuple):
    """How a file is laid out: ``header`` is its first line where that is no record, else None."""

    delimiter: str
    names: list[str]
    header: str | None


class DelimitedReader:
    """Reads one delimited file; every column is text.

    Lines that equal the header are skipped wherever they stand: files that were put together,
    or packed into one archive, repeat it.
    """

    def __init__(self, path: Path, mapping: Mapping, block_rows: int = BLOCK_ROWS):
        self._lines = LineReader(path, min(BLOCK_BYTES, block_rows * 1_000))
        self._mapping = mapping
        self._block_rows = block_rows
        self._layout: Layout | None = None

    @property
    def damage(self) -> str | None:
        return self._lines.damage

    @property
    def n_bytes(self) -> int:
        return self._lines.n_bytes

    def __iter__(self) -> Iterator[RawBlock]:
        held: pa.Table | None = None
        for lines in in_pieces(self._lines, self._block_rows):
            if self._layout is None:
                lines = _without_mark(lines)
                self._layout = layout_of(first_of(lines["line"]), self._mapping)
            block, held = self._split(lines if held is None else _joined(held, lines), False)
            if block.frame.num_rows:
                yield block
        if held is not None and held.num_rows:
            yield self._split(held, True)[0]

    def _split(self, lines: pa.Table, is_last: bool) -> tuple[RawBlock, pa.Table]:
        assert self._layout is not None
        delimiter, names, header = self._layout
        if header is not None:
            lines = lines.filter(pc.not_equal(lines["line"], header))
        fields = split_fields(lines, delimiter, len(names), is_last)
        cells = dict(zip(reversed(names), reversed(fields.columns), strict=True))
        trimmed = {name: pc.utf8_trim_whitespace(cell) for name, cell in cells.items()}
        return RawBlock(fields.frame, trimmed), fields.rest


def first_of(lines: pa.ChunkedArray) -> str:
    """The first line that is not blank, or "" if all are."""
    return next((line for line in lines.to_pylist() if line.strip()), "")


def layout_of(first_line: str, mapping: Mapping) -> Layout:
    """The layout that ``first_line`` shows, as far as the mapping does not say it."""
    delimiter = mapping.delimiter or likely_delimiter(first_line)
    header = first_line if mapping.skips_first_line else None
    if mapping.columns:
        return Layout(delimiter, mapping.columns, header)
    return Layout(delimiter, fields_of_line(first_line, delimiter), header)


def likely_delimiter(line: str) -> str:
    """The delimiter that stands in ``line`` most often; a comma if none does."""
    return max(DELIMITERS, key=line.count)


def fields_of_line(line: str, delimiter: str) -> list[str]:
    """The trimmed fields of one line."""
    fields = line.split(delimiter)
    if len(delimiter) == 1 and '"' in line:
        with suppress(csv.Error):  # marks that are not where they should be are characters
            fields = next(csv.reader([line], delimiter=delimiter))
    return [field.strip() for field in fields]


def in_pieces(reader: LineReader, n_rows: int) -> Iterator[pa.Table]:
    """The blocks of ``reader`` in pieces of at most ``n_rows`` lines."""
    for block in reader:
        for start in range(0, block.num_rows, n_rows):
            yield block.slice(start, n_rows)


def _joined(held: pa.Table, lines: pa.Table) -> pa.Table:
    return pa.concat_tables([held, lines])


def _without_mark(lines: pa.Table) -> pa.Table:
    """Without the byte order mark that spreadsheets put in front."""
    text = pc.if_else(
        pc.equal(lines["source_line"], 1),
        pc.utf8_ltrim(lines["line"], characters="\ufeff"),
        lines["line"],
    )
    return lines.set_column(lines.schema.get_field_index("line"), "line", text)
