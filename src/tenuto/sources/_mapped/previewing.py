"""A few rows of a log as Tenuto understands them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from tenuto import engines
from tenuto.sources._contract import RawFile
from tenuto.sources._mapped.reader import mapped
from tenuto.sources._mapped.source import MappedSource

# Column of the records -> its heading.
_SHOWN = {
    "user_text": "user",
    "action": "action",
    "timestamp": "time (UTC)",
    "day": "day (UTC)",
    "item_text": "item",
    "title": "title",
    "artist": "artist",
    "played_text": "played_s",
    "length_text": "length_s",
    "session_id": "session",
    "device": "device",
    "is_paid": "is_paid",
    "plan": "plan",
    "registered": "registered (UTC)",
    "gender": "gender",
    "location": "location",
    "user_agent": "user_agent",
}


# A header, and lines that are no records.
_ROWS_TO_SPARE = 100


def preview(source: MappedSource, logs: Path | str, n_rows: int = 10) -> list[dict[str, Any]]:
    """The first records of the first file; columns that the source does not know are left out.

    What cannot be read is None; the text that is searched for is not shown.
    """
    files, _ = source.find(logs)
    for file in files:
        block = source.first_rows(file.path, n_rows + _ROWS_TO_SPARE)
        if block is not None:
            rows = mapped(block, source.mapping)
            return _rows(source, file, rows.filter(rows["is_record"]).slice(0, n_rows))
    return []


def _rows(source: MappedSource, file: RawFile, block: pa.Table) -> list[dict[str, Any]]:
    engine = engines.CATALOGUE.get("duckdb").open(threads=1)
    try:
        lines = engine.from_arrow(block, "first_rows")
        found = engine.to_arrow(_shown(source.records(source.split(lines, file), file)))
    finally:
        engine.close()
    empty = {name for name in found.column_names if found[name].null_count == found.num_rows}
    is_clocked = "time (UTC)" not in empty
    hidden = empty | ({"day (UTC)"} if is_clocked else {"time (UTC)"})
    return [
        {name: value for name, value in row.items() if name not in hidden}
        for row in found.to_pylist()
    ]


def _shown(records: ir.Table) -> ir.Table:
    ordered = records.order_by("source_line")
    return ordered.select(
        **{heading: ordered[name] for name, heading in _SHOWN.items() if name in ordered.columns}
    )
