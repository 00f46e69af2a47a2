"""Plain lines: those that are as they should be, taken apart without the engine.

Of a delimited log ninety-nine lines in a hundred are plain. A plain line

* is whole, is UTF-8, has no carriage return in it and has the right number of fields,
* has nothing but one to fifteen digits in its ids and seconds, and not the user 0,
* has no letter from À to ÿ, with which names that were encoded twice begin.

So a parser of CSV can split it, and the rules of cleaning that mend anything else (``ONLY_ODD``)
need not look at it. What comes of a line does not depend on the way that it goes.
"""

from __future__ import annotations

from typing import NamedTuple

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

# The columns of text that are numbers, and what they become (see cleaning/_typing.py).
_TYPED = {
    "user_text": ("user_id", pa.int64()),
    "item_text": ("item_id", pa.int64()),
    "played_text": ("played_s", pa.float64()),
    "length_text": ("length_s", pa.float64()),
}
# So long whole numbers fit an int64, and are exact as floats.
_MOST_DIGITS = 15
_CARRIAGE_RETURN = ord("\r")
# The first byte in UTF-8 of the letters from À to ÿ.
_FIRST_OF_ACCENTED = 0xC3
_MARK = "\ufeff"


class Fields(NamedTuple):
    """The fields of a delimited line, in order; None for one that nobody needs."""

    names: tuple[str | None, ...]
    delimiter: str = "\t"

    @property
    def used(self) -> list[str]:
        return [name for name in self.names if name is not None]


def plain_and_odd(lines: pa.Table, fields: Fields) -> tuple[pa.Table, pa.Table]:
    """The plain ones of ``lines``, as `LineReader` gives them, and the odd ones as they are.

    A plain line has ``source_line``, ``line``, its fields as text without spaces around them, and
    the ids and seconds among them also as numbers (``user_id``, ``item_id``, ``played_s``,
    ``length_s``).
    """
    plain, odd = [], []
    for batch in lines.to_batches():
        is_regular = _are_regular(batch, fields)
        rows = _split(batch.filter(pa.array(is_regular)), fields)
        is_plain = _are_numbers(rows)
        plain.append(_typed(rows.filter(is_plain)))
        is_regular[is_regular] = is_plain.to_numpy(zero_copy_only=False)
        odd.append(batch.filter(pa.array(~is_regular)))
    return pa.Table.from_batches(plain, _schema(fields)), pa.Table.from_batches(odd, lines.schema)


def by_name(table: ir.Table, fields: Fields) -> dict[str, ir.StringValue]:
    """The fields of lines by name: of plain ones as columns, of others from ``fields``, mended."""
    if "fields" not in table.columns:
        return {name: table[name] for name in fields.used}
    split = {name: table.fields[place] for place, name in enumerate(fields.names)}
    return {name: text.re_replace("^ +| +$", "") for name, text in split.items() if name}


def _schema(fields: Fields) -> pa.Schema:
    texts = [(name, pa.string()) for name in ("line", *fields.used)]
    typed = [_TYPED[name] for name in fields.used if name in _TYPED]
    return pa.schema([("source_line", pa.int64()), *texts, *typed])


def _are_regular(batch: pa.RecordBatch, fields: Fields) -> np.ndarray:
    """Which lines can be split at the delimiter as they stand."""
    content, ends = _bytes_of(batch["line"])
    n_delimiters = _n_between(content == ord(fields.delimiter), ends)
    is_strange = (content == _CARRIAGE_RETURN) | (content == _FIRST_OF_ACCENTED)
    is_regular = (n_delimiters == len(fields.names) - 1) & (_n_between(is_strange, ends) == 0)
    for flag in ("has_bad_bytes", "is_cut_off"):
        is_regular &= ~batch[flag].to_numpy(zero_copy_only=False)
    # The parser would take it for the mark of the encoding.
    is_regular[:1] &= not any(text.as_py().startswith(_MARK) for text in batch["line"][:1])
    return is_regular


def _bytes_of(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of ``texts`` behind each other, and where each of them ends."""
    if not len(texts):
        return np.empty(0, np.uint8), np.empty(0, np.int32)
    _, offsets, content = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    there = np.frombuffer(content or b"", np.uint8)[places[0] : places[-1]]
    return there, places[1:] - places[0]


def _n_between(is_met: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many of the bytes that are met lie in each text."""
    return np.diff(np.searchsorted(np.flatnonzero(is_met), ends), prepend=0)


def _split(batch: pa.RecordBatch, fields: Fields) -> pa.RecordBatch:
    nothing = pa.array([], pa.string())
    texts = _columns(batch["line"], fields) if len(batch) else [nothing for _ in fields.used]
    # A number with spaces around it makes its line odd.
    trimmed = [
        text if name in _TYPED else pc.ascii_trim(text, " ")
        for name, text in zip(fields.used, texts, strict=True)
    ]
    names = ["source_line", "line", *fields.used]
    return pa.record_batch([batch["source_line"], batch["line"], *trimmed], names=names)


def _columns(lines: pa.Array, fields: Fields) -> list[pa.Array]:
    whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    text = pc.binary_join(whole, "\n")[0].as_buffer()
    names = [name or f"unused_{place}" for place, name in enumerate(fields.names)]
    table = csv.read_csv(
        pa.BufferReader(text),
        csv.ReadOptions(use_threads=False, column_names=names, block_size=text.size + 1),
        csv.ParseOptions(
            delimiter=fields.delimiter, quote_char=False, double_quote=False, escape_char=False
        ),
        csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=fields.used,
            check_utf8=False,
            strings_can_be_null=False,
        ),
    )
    assert table.num_rows == len(lines), "a regular line is a row"
    return [column.chunk(0) for column in table.columns]


def _are_numbers(rows: pa.RecordBatch) -> pa.Array:
    """Whether the ids and seconds of each row are plain."""
    is_plain = pa.array(np.ones(rows.num_rows, dtype=bool))
    for name in _TYPED.keys() & set(rows.schema.names):
        text = rows[name]
        is_short = pc.less_equal(pc.binary_length(text), _MOST_DIGITS)
        is_plain = pc.and_(is_plain, pc.and_(pc.ascii_is_decimal(text), is_short))
    nobody = pc.equal(pc.ascii_ltrim(rows["user_text"], "0"), "")
    return pc.and_(is_plain, pc.invert(nobody))


def _typed(rows: pa.RecordBatch) -> pa.RecordBatch:
    for name, (typed, kind) in _TYPED.items():
        if name in rows.schema.names:
            rows = rows.append_column(typed, pc.cast(rows[name], kind))
    return rows
