"""Delimited lines to fields, with quoting, and without losing count of the lines.

Lines whose marks enclose whole cells without a delimiter, and those without any, nearly all of
most logs, are split as whole columns; the others by Python's csv module. A record with line
ends inside quotation marks is put together again. A mark that opens and is not closed costs
its own line, never the rest of the file.
"""

from __future__ import annotations

import csv
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Arbitrary: titles with line ends have a few, and a stray mark must find its end soon.
_LONGEST_RECORD = 100
_UNCLOSED = "unexpected end of data"


class Record(NamedTuple):
    """A record of ``n_lines`` lines from ``start`` on; ``fields`` is None where it is none."""

    start: int
    n_lines: int
    fields: list[str] | None


class Fields(NamedTuple):
    """``frame`` with a row per record; ``columns`` of text; ``rest``: lines of an open record."""

    frame: pa.Table
    columns: list[pa.Array]
    rest: pa.Table


def split_fields(lines: pa.Table, delimiter: str, n_fields: int, is_last: bool) -> Fields:
    """The fields of ``lines``; those of a line with another number of them are empty.

    Unless ``is_last``, a record that is still open at the end is handed back as ``rest``.
    """
    text = lines["line"].combine_chunks()
    has_quote = pc.match_substring(text, '"')
    # With a delimiter of several characters, a mark is a character like any other.
    if len(delimiter) > 1 or not pc.any(has_quote).as_py():
        is_record, columns = _split_plain(text, delimiter, n_fields)
        return Fields(_framed(lines, is_record), columns, lines.slice(0, 0))
    is_simple = pc.match_substring_regex(text, _simple(delimiter))
    bare = pc.if_else(is_simple, pc.replace_substring(text, '"', ""), text)
    records, end = _quoted(text, pc.and_not(has_quote, is_simple), delimiter, n_fields, is_last)
    lines = lines.append_column("bare", bare)
    merged = _merged(lines.slice(0, end), records, delimiter, n_fields, lines.slice(end))
    frame, columns, rest = merged
    return Fields(frame.drop_columns("bare"), columns, rest.drop_columns("bare"))


def _simple(delimiter: str) -> str:
    """The pattern of lines that are split as well without their marks."""
    inside = f'[^"\\x{{{ord(delimiter):x}}}]*'
    cell = f'(?:"{inside}"|{inside})'
    return f"^{cell}(?:\\x{{{ord(delimiter):x}}}{cell})*$"


def _split_plain(text: pa.Array, delimiter: str, n_fields: int) -> tuple[pa.Array, list[pa.Array]]:
    is_record = pc.equal(pc.count_substring(text, delimiter), n_fields - 1)
    regular = pc.if_else(is_record, text, delimiter * (n_fields - 1))
    if n_fields == 1:
        return is_record, [regular]
    parts = pc.split_pattern(regular, delimiter)
    return is_record, [pc.list_element(parts, place) for place in range(n_fields)]


def _framed(lines: pa.Table, is_record: pa.Array) -> pa.Table:
    return lines.append_column("is_record", is_record)


def _quoted(
    text: pa.Array, is_hard: pa.Array, delimiter: str, n_fields: int, is_last: bool
) -> tuple[list[Record], int]:
    """The records that begin on a line that ``is_hard``, and where the whole lines end."""
    places = np.flatnonzero(np.asarray(is_hard)).tolist()
    alone = _each_alone(text.filter(is_hard).to_pylist(), delimiter)
    if alone is not None:
        checked = [fields if len(fields) == n_fields else None for fields in alone]
        records = [Record(at, 1, fields) for at, fields in zip(places, checked, strict=True)]
        return records, len(text)
    return _one_by_one(text.to_pylist(), places, delimiter, n_fields, is_last)


def _each_alone(lines: list[str], delimiter: str) -> list[list[str]] | None:
    """The fields of each line, if every one of them is a record in itself."""
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    # A record takes at least one line: as many records as lines are one each.
    return rows if len(rows) == len(lines) else None


def _one_by_one(
    lines: list[str], places: list[int], delimiter: str, n_fields: int, is_last: bool
) -> tuple[list[Record], int]:
    records: list[Record] = []
    end = 0
    for at in places:
        if at < end:
            continue
        record = _record_at(lines, at, delimiter, n_fields, is_last)
        if record is None:
            return records, at
        records.append(record)
        end = at + record.n_lines
    return records, len(lines)


def _record_at(
    lines: list[str], at: int, delimiter: str, n_fields: int, is_last: bool
) -> Record | None:
    """The record that begins at line ``at``; None if it goes on after the last line."""
    window = lines[at : at + _LONGEST_RECORD]
    reader = csv.reader((line + "\n" for line in window), delimiter=delimiter, strict=True)
    try:
        fields = next(reader)
    except csv.Error as failure:
        if _UNCLOSED in str(failure) and len(window) < _LONGEST_RECORD and not is_last:
            return None
        return Record(at, 1, _leniently(lines[at], delimiter, n_fields))
    if len(fields) == n_fields or reader.line_num == 1:
        return Record(at, reader.line_num, fields if len(fields) == n_fields else None)
    return Record(at, 1, _leniently(lines[at], delimiter, n_fields))


def _leniently(line: str, delimiter: str, n_fields: int) -> list[str] | None:
    """The fields of one line whose marks are not where they should be; None if they do not fit."""
    plain = line.split(delimiter)
    if len(plain) == n_fields:
        return plain
    try:
        fields = next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return None
    return fields if len(fields) == n_fields else None


def _merged(
    lines: pa.Table, records: list[Record], delimiter: str, n_fields: int, rest: pa.Table
) -> Fields:
    """Lines without marks and ``records`` in the order in which they stand."""
    is_plain = np.ones(lines.num_rows, dtype=bool)
    for record in records:
        is_plain[record.start : record.start + record.n_lines] = False
    plain = lines.filter(pa.array(is_plain))
    is_record, columns = _split_plain(plain["bare"].combine_chunks(), delimiter, n_fields)
    quoted = lines.take(pa.array([record.start for record in records], pa.int64()))
    quoted = quoted.set_column(
        quoted.schema.get_field_index("line"), "line", _whole_lines(lines, quoted, records)
    )
    known = pa.array([record.fields is not None for record in records], pa.bool_())
    empty = [""] * n_fields
    rows = [record.fields or empty for record in records]
    added = [pa.array([row[place] for row in rows], pa.string()) for place in range(n_fields)]
    frame = pa.concat_tables([_framed(plain, is_record), _framed(quoted, known)])
    order = pc.sort_indices(frame["source_line"])
    both = [pa.concat_arrays(pair).take(order) for pair in zip(columns, added, strict=True)]
    return Fields(frame.take(order), both, rest)


def _whole_lines(lines: pa.Table, first: pa.Table, records: list[Record]) -> pa.ChunkedArray:
    """The text of each record; of most it is one line."""
    if all(record.n_lines == 1 for record in records):
        return first["line"]
    text = lines["line"].combine_chunks()
    whole = ["\n".join(text.slice(at, n).to_pylist()) for at, n, _ in records]
    return pa.chunked_array([pa.array(whole, pa.string())])
