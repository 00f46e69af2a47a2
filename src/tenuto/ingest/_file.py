"""One raw file to its fragments in the lake and its entry in the ledger."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.engines import Engine
from tenuto.errors import SourceError
from tenuto.events import schema
from tenuto.events.lake import Lake
from tenuto.ingest._plan import SKETCH_SIZE, Plan, build_plan, load_lines, recompute
from tenuto.record import write_aside
from tenuto.settings import IngestSettings
from tenuto.sources import RawFile


class Porter:
    """Carries raw files into the lake, one at a time, on an engine of its own."""

    def __init__(
        self,
        engine: Engine,
        source: Any,
        lake: Lake,
        set_aside: Path,
        settings: IngestSettings,
    ):
        self.engine = engine
        self.source = source
        self.lake = lake
        self.set_aside = set_aside
        self.settings = settings
        self._plans: dict[str, Plan] = {}

    def carry(self, file: RawFile, digest: str) -> dict[str, Any]:
        """Write everything that ``file`` holds and return its ledger entry."""
        reader = self.source.reader(file.path)
        totals: Counter[str] = Counter()
        actions: dict[str, Counter[str]] = {}
        sketch: set[int] = set()
        fragments: dict[str, int] = {}
        for number, block in enumerate(reader):
            name = file.key if number == 0 else f"{file.key}_b{number}"
            plan = self.clean(block, file)
            totals.update(self._counts(plan))
            self._count_actions(plan, actions)
            sketch.update(self._column(plan.sketch, "hash"))
            self._write_set_aside(plan, name)
            fragments |= self._write_days(plan, file, name, digest)
        smallest = sorted(sketch)[:SKETCH_SIZE]
        return _entry(file, reader, digest, totals, actions, smallest, fragments)

    def clean(self, block: pa.Table, file: RawFile) -> Plan:
        """The tables that come of ``block``, with its records computed."""
        lines = load_lines(self.engine, block, file)
        if file.kind in self._plans:
            recompute(self.engine, self._plans[file.kind], file)
        else:
            plan = build_plan(self.engine, self.source, self.settings, file, lines)
            self._plans[file.kind] = plan
        return self._plans[file.kind]

    def close(self) -> None:
        self.engine.close()

    def _counts(self, plan: Plan) -> dict[str, int]:
        return {
            name: int(count)
            for name, count in self.engine.to_arrow(plan.counts).to_pylist()[0].items()
        }

    def _count_actions(self, plan: Plan, actions: dict[str, Counter[str]]) -> None:
        for row in self.engine.to_arrow(plan.actions).to_pylist():
            counts = actions.setdefault(row["action"], Counter())
            counts.update(kept=row["kept"], set_aside=row["set_aside"])

    def _column(self, table: ir.Table, name: str) -> list:
        return self.engine.to_arrow(table)[name].to_pylist()

    def _write_days(self, plan: Plan, file: RawFile, name: str, digest: str) -> dict[str, int]:
        """Write the kept records, a fragment a day; fragment -> events in it.

        Every fragment is in every table, if only with no rows.
        """
        tables = {table: self.engine.to_arrow(rows) for table, rows in plan.tables.items()}
        found = pc.unique(tables["events"]["day"]).to_pylist()
        days = sorted(found) if file.day is None else [file.day]
        n_events = {}
        for table, rows in tables.items():
            for day in days:
                part = rows.filter(pc.equal(rows["day"], day)) if len(days) > 1 else rows
                self.lake.put_rows(table, day, name, digest, part)
                if table == "events":
                    n_events[f"{day.isoformat()}/{name}"] = part.num_rows
        return n_events

    def _write_set_aside(self, plan: Plan, name: str) -> None:
        rows = self.engine.to_arrow(plan.set_aside)
        if self.settings.on_bad_row == "stop":
            _stop_at_unreadable(rows)
        target = self.set_aside / f"{name}.parquet"
        target.unlink(missing_ok=True)
        if rows.num_rows:
            table = self.engine.from_arrow(rows.cast(schema.set_aside()), "set_aside")
            write_aside(target, lambda path: self.engine.write_parquet(table, path))


def _stop_at_unreadable(set_aside: pa.Table) -> None:
    for row in set_aside.to_pylist():
        if row["reason"] not in ("duplicate", "blank_line"):
            raise SourceError(
                f"{row['source_file']}, row {row['source_line']}: {row['reason']}: "
                f"{row['record'][:80]!r}",
                mend='set on_bad_row = "set-aside" in tenuto.toml to keep going; '
                "the row will be listed in audit/set_aside",
            )


def _entry(
    file: RawFile,
    reader: Any,
    digest: str,
    totals: Counter[str],
    actions: dict[str, Counter[str]],
    sketch: list[int],
    fragments: dict[str, int],
) -> dict[str, Any]:
    read, absorbed, kept = (totals.pop(name, 0) for name in ("read", "absorbed", "kept"))
    return {
        "key": file.key,
        "file": file.path.name,
        "kind": file.kind,
        "part": file.part,
        "day": None if file.day is None else file.day.isoformat(),
        "size_bytes": file.size_bytes(),
        "unpacked_bytes": reader.n_bytes,
        "damage": reader.damage,
        "digest": digest,
        "read": read,
        "absorbed": absorbed,
        "kept": kept,
        "set_aside": read - absorbed - kept,
        "rules": dict(totals),
        "actions": {action: dict(counts) for action, counts in sorted(actions.items())},
        "sketch": sketch,
        "fragments": fragments,
    }
