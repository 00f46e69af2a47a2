"""Any log through a mapping: CSV, TSV, JSON lines, Parquet, or a table in a database.

    user,when,artist,track,ms_played
    ann,2024-03-30T12:00:05+01:00,Björk,Jóga,305100

What is what stands in tenuto.toml, and `tenuto init` guesses it from the first rows:

    [source.mapping]
    user_id = "user"
    timestamp = "when"
    item_id = ["artist", "track"]
    played = "ms_played"
    played_unit = "ms"

Clocks are turned into UTC. A line that does not fall into the columns, or whose action is not
listed, is set aside as ``unreadable_record``. A table is ordered by its own columns and read
anew when its number of rows, or the least or greatest value of a mapped column, has changed.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from tenuto.sources._contract import FACTS, RawFile
from tenuto.sources._mapped.formats import identify
from tenuto.sources._mapped.guessing import guess
from tenuto.sources._mapped.mapping import read_mapping
from tenuto.sources._mapped.previewing import preview
from tenuto.sources._mapped.source import MappedSource, filled, redacted_line
from tenuto.sources._packing import LineReader

# What holds without a mapping; `configured` knows better.
PRECISION = "second"
USER_ID = ITEM_ID = "string"
ACTIONS = ("play",)
KNOWS = FACTS
WHAT_TO_EXPECT = (
    "point `logs` at a table such as plays.csv.gz, listens.jsonl or plays.parquet, at a folder "
    "of them, or at a URL such as duckdb:///data/service.duckdb?table=plays"
)
reader = LineReader


def configured(mapping: dict[str, Any]) -> MappedSource:
    """The source that ``mapping``, the section [source.mapping], describes.

    Raises
    ------
    SettingsError : naming the key that cannot be used, and what is there instead
    """
    return MappedSource(read_mapping(mapping), WHAT_TO_EXPECT)


def split(lines: ir.Table, file: RawFile) -> ir.Table:
    """``lines`` as they are: the reader has split them."""
    return lines


def records(table: ir.Table, file: RawFile) -> ir.Table:
    """``table`` with NULL for what nothing is mapped to."""
    return filled(table)


def redacted(table: ir.Table, file: RawFile) -> ir.StringValue:
    """The raw record without addresses."""
    return redacted_line(table.line)


__all__ = ["configured", "guess", "identify", "preview", "reader", "records", "redacted", "split"]
