"""One raw file to its fragments in the lake and its entry in the ledger."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto import cleaning
from tenuto.engines import Engine
from tenuto.errors import SourceError
from tenuto.events import schema
from tenuto.events.lake import Lake
from tenuto.ingest._cleaner import SKETCH_SIZE, Cleaner
from tenuto.ingest._plan import Plan
from tenuto.privacy import FORGOTTEN, Veil
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
        veil: Veil | None = None,
    ):
        self.engine = engine
        self.source = source
        self.lake = lake
        self.set_aside = set_aside
        self.settings = settings
        self.cleaner = Cleaner(engine, source, settings, veil)

    def carry(self, file: RawFile, digest: str) -> dict[str, Any]:
        """Write everything that ``file`` holds and return its ledger entry."""
        reader = self.source.reader(file.path)
        totals: Counter[str] = Counter()
        actions: dict[str, Counter[str]] = {}
        sketch: set[int] = set()
        fragments: dict[str, int] = {}
        # Mapped, so that nobody holds on to a block while what comes of it is written.
        cleaned = map(partial(self.cleaner.clean, file=file), reader)
        for number, (plan, records, smallest) in enumerate(cleaned):
            self.cleaner.let_go(file.kind)
            name = file.key if number == 0 else f"{file.key}_b{number}"
            counts = self.engine.to_arrow(plan.counts).to_pylist()
            totals.update(cleaning.totals(counts, plan.rules))
            for action, known in cleaning.by_action(counts).items():
                actions.setdefault(action, Counter()).update(known)
            sketch.update(smallest)
            self._write_set_aside(plan, file, name)
            fragments |= self._write_days(plan, records, file, name, digest)
        smallest = sorted(sketch)[:SKETCH_SIZE]
        return _entry(file, reader, digest, totals, actions, smallest, fragments)

    def close(self) -> None:
        self.engine.close()

    def _write_days(
        self, plan: Plan, records: pa.Table, file: RawFile, name: str, digest: str
    ) -> dict[str, int]:
        """Write the kept records, a fragment a day; fragment -> events in it.

        Every fragment is in every table, if only with no rows.
        """
        tables = {"events": self._events(records, file)}
        tables |= {table: self.engine.to_arrow(rows) for table, rows in plan.tables.items()}
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

    def _events(self, records: pa.Table, file: RawFile) -> pa.Table:
        """The records that are kept, by day and line."""
        columns = schema.events(self.source.USER_ID, self.source.ITEM_ID)
        hidden = () if self.settings.keep_search_text else ("text",)
        there = [name for name in columns.names if name in records.column_names]
        rows = records.select(name for name in there if name not in hidden)
        found = _with_file(rows.take(_kept_in_order(records)), file)
        for field in columns:
            if field.name not in found.column_names:
                found = found.append_column(field, pa.nulls(found.num_rows, field.type))
        return found.select(columns.names).cast(columns)

    def _write_set_aside(self, plan: Plan, file: RawFile, name: str) -> None:
        rows = _with_file(self.engine.to_arrow(plan.set_aside), file)
        if self.settings.on_bad_row == "stop":
            _stop_at_unreadable(rows)
        target = self.set_aside / f"{name}.parquet"
        target.unlink(missing_ok=True)
        if rows.num_rows:
            table = self.engine.from_arrow(
                rows.select(schema.set_aside().names).cast(schema.set_aside()), "set_aside"
            )
            write_aside(target, lambda path: self.engine.write_parquet(table, path))


def _with_file(rows: pa.Table, file: RawFile) -> pa.Table:
    return rows.append_column("source_file", pa.repeat(file.path.name, rows.num_rows))


def _kept_in_order(records: pa.Table) -> pa.Array:
    """Which of ``records`` are events, by day and line; plain and odd ones come as two runs."""
    order = np.argsort(records["source_line"].to_numpy(), kind="stable")
    order = order[records["is_kept"].to_numpy()[order]]
    days = records["day"].cast(pa.int32()).fill_null(0).to_numpy()[order]
    if np.any(days[1:] < days[:-1]):
        order = order[np.argsort(days, kind="stable")]
    return pa.array(order)


def _stop_at_unreadable(set_aside: pa.Table) -> None:
    for row in set_aside.to_pylist():
        if row["reason"] not in ("duplicate", "blank_line", FORGOTTEN):
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
