"""Lines to records: the plan for their kind, computed on one block after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto import cleaning
from tenuto.engines import Engine
from tenuto.ingest._lines import Lines
from tenuto.ingest._plan import COPIES, Plan, build_plan
from tenuto.privacy import Veil
from tenuto.settings import IngestSettings
from tenuto.sources import RawFile

# The smallest hashes of a file's lines: two files that share most of them are copies (K37).
SKETCH_SIZE = 64


class Cleaned(NamedTuple):
    """A block whose records are computed: what comes of them, and its smallest hashes."""

    plan: Plan
    records: pa.Table
    sketch: list[int]


class Cleaner:
    """Cleans the lines of one source on one engine; ``veil`` hides who must not be stored."""

    def __init__(
        self, engine: Engine, source: Any, settings: IngestSettings, veil: Veil | None = None
    ):
        self.engine = engine
        self.source = source
        self.settings = settings
        self.veil = veil
        self._plans: dict[str, Plan] = {}
        self._empty: dict[str, Lines] = {}

    def clean(self, block: pa.Table, file: RawFile) -> Cleaned:
        """The tables that come of ``block``, good until the next block of its kind."""
        lines = Lines.of(block, self.source, file)
        if file.kind not in self._plans:
            self._empty[file.kind] = lines.empty()
            self._plans[file.kind] = build_plan(
                self.engine, self.source, self.settings, file, lines
            )
        plan = self._plans[file.kind]
        hashes = self._shape(plan, lines, file.kind)
        records = self.engine.to_arrow(plan.records)
        records = records if self.veil is None else self.veil.over(records)
        self.engine.lend(records, f"records_{file.kind}")
        return Cleaned(plan, records, cleaning.smallest(hashes, SKETCH_SIZE))

    def let_go(self, kind: str) -> None:
        """Keep no plain line of that kind in memory; the records of the last block stay."""
        plain = self._empty[kind].plain
        if plain is not None:
            self.engine.lend(plain, f"plain_{kind}")

    def _shape(self, plan: Plan, lines: Lines, kind: str) -> np.ndarray:
        """Put what the records are made of behind its names; the hashes of all lines."""
        self.engine.lend(lines.odd, f"odd_{kind}")
        self.engine.cache(plan.shaped, f"shaped_{kind}")
        odd = self.engine.to_arrow(plan.odd)
        still_open = odd.filter(pc.is_null(odd["reason"])).drop_columns("reason")
        plain = self._plain(plan, lines, kind, still_open.schema)
        previous = cleaning.previous_lines(pa.concat_tables([plain, still_open]))
        if lines.plain is not None:
            lines = lines.with_previous(previous.slice(0, plain.num_rows))
            self.engine.lend(lines.plain, f"plain_{kind}")
        copies = [still_open["source_line"], previous.slice(plain.num_rows)]
        self.engine.lend(pa.table(copies, schema=COPIES).drop_null(), f"copies_{kind}")
        return pa.chunked_array([*plain["line_hash"].chunks, *odd["line_hash"].chunks]).to_numpy()

    def _plain(self, plan: Plan, lines: Lines, kind: str, schema: pa.Schema) -> pa.Table:
        """The plain lines with their hashes."""
        if plan.plain is None or lines.plain is None:
            return schema.empty_table()
        self.engine.lend(lines.plain, f"plain_{kind}")
        hashed = self.engine.to_arrow(plan.plain)
        return hashed.add_column(1, "line", lines.plain["line"])
