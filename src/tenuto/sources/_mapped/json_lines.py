"""JSON lines, one object a line, whatever they are packed in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from tenuto import engines
from tenuto.sources._json import object_of, with_values
from tenuto.sources._mapped.delimited import in_pieces
from tenuto.sources._mapped.raw_blocks import BLOCK_ROWS, RawBlock
from tenuto.sources._packing import BLOCK_BYTES, LineReader


class JsonLinesReader:
    """Reads the values of ``wanted`` keys as text; ``a.b`` is the key b inside of a."""

    def __init__(self, path: Path, wanted: Iterable[str], block_rows: int = BLOCK_ROWS):
        self._lines = LineReader(path, min(BLOCK_BYTES, block_rows * 1_000))
        self._paths: list[str] = []
        self._places: dict[str, slice] = {}
        for key in sorted(set(wanted)):
            start = len(self._paths)
            self._paths += _paths_of(key)
            self._places[key] = slice(start, len(self._paths))
        self._block_rows = block_rows

    @property
    def damage(self) -> str | None:
        return self._lines.damage

    @property
    def n_bytes(self) -> int:
        return self._lines.n_bytes

    def __iter__(self) -> Iterator[RawBlock]:
        engine = engines.CATALOGUE.get("duckdb").open(threads=1)
        try:
            for lines in in_pieces(self._lines, self._block_rows):
                table = engine.from_arrow(lines, "json_lines")
                yield self._block(engine.to_arrow(self._with_values(table)))
        finally:
            engine.close()

    def _with_values(self, lines: ir.Table) -> ir.Table:
        return with_values(lines, self._paths).order_by("source_line")

    def _block(self, rows: pa.Table) -> RawBlock:
        values = rows["json_values"].combine_chunks()
        found = [pc.list_element(values, place) for place in range(len(self._paths))]
        cells = {key: pc.coalesce(*found[places]) for key, places in self._places.items()}
        return RawBlock(rows.drop_columns(["json_values"]), cells)


def _paths_of(key: str) -> list[str]:
    """Where a value can be: ``a.b`` may be b inside of a, or have a dot of its own."""
    own = f'$."{key}"'
    inner = ".".join(f'"{part}"' for part in key.split("."))
    return [own] if "." not in key else [f"$.{inner}", own]


def keys_of(lines: Iterable[str]) -> dict[str, list[str]]:
    """The keys of all objects among ``lines``, with their values as text.

    ``a.b`` is the key b inside of a; an absent value is "".
    """
    records = [_flat(record) for line in lines if (record := object_of(line)) is not None]
    names = list(dict.fromkeys(key for record in records for key in record))
    return {key: [record.get(key, "") for record in records] for key in names}


def _flat(record: dict[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}.")
        elif value is not None:
            found[before + key] = value if isinstance(value, str) else json.dumps(value)
    return found
