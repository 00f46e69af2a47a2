"""What is computed for every file of one kind: built once, run on each file's lines.

Building and compiling the cleaning of a file costs about a second, running it on a small file
a fraction of that. So the expressions stand on tables with fixed names, whose rows change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenuto import cleaning
from tenuto.engines import Engine
from tenuto.events import schema
from tenuto.settings import IngestSettings
from tenuto.sources import RawFile

# The smallest hashes of a file's lines: two files that share most of them are copies (K37).
SKETCH_SIZE = 64


@dataclass(frozen=True)
class Plan:
    """The tables that come of one kind of file, as expressions on an engine.

    ``shaped`` and ``records`` are computed in that order whenever ``lines`` have changed;
    the others stand on ``records``. ``shaped`` is what would be dear to do twice: lines of the
    wrong shape where lines are delimited, else all of them, parsed. ``tables`` are those of the
    lake, sorted, with all their days.
    """

    shaped: ir.Table
    records: ir.Table
    counts: ir.Table
    sketch: ir.Table
    actions: ir.Table
    set_aside: ir.Table
    tables: dict[str, ir.Table]


def load_lines(engine: Engine, block: pa.Table, file: RawFile) -> ir.Table:
    """The lines of a block as a table, with ``source_file`` and, where it is known, ``day``."""
    named = block.append_column("source_file", pa.repeat(file.path.name, block.num_rows))
    if file.day is not None:
        named = named.append_column("day", pa.repeat(pa.scalar(file.day), block.num_rows))
    return engine.from_arrow(named, f"lines_{file.kind}")


def build_plan(
    engine: Engine, source: Any, settings: IngestSettings, file: RawFile, lines: ir.Table
) -> Plan:
    """The plan for files of the kind of ``file``, on ``lines`` as `load_lines` made them."""

    def to_records(table: ir.Table) -> ir.Table:
        return source.records(table, file)

    split = source.split(lines, file)
    if "fields" in split.columns:
        shaped = cleaning.irregular(split)
        cached = engine.cache(shaped, f"shaped_{file.kind}")
        text = cleaning.shaped(split, cached, to_records)
    else:
        shaped = cleaning.apply_rules(split)
        cached = engine.cache(shaped, f"shaped_{file.kind}")
        text = cleaning.with_previous_line(to_records(cached))
    typed = cleaning.typed(cleaning.apply_rules(text), source.USER_ID, source.ITEM_ID)
    cleaned = _with_profile(cleaning.apply_rules(typed))
    records = engine.cache(cleaned, f"records_{file.kind}")
    hashes = records.select(hash=records.line.hash()).distinct()
    return Plan(
        shaped=shaped,
        records=cleaned,
        counts=cleaning.counts(records),
        sketch=hashes.order_by("hash").limit(SKETCH_SIZE),
        actions=_actions(records),
        set_aside=_set_aside(records, source, file),
        tables=_tables(_sampled(cleaning.kept(records), settings.share_of_users), source, settings),
    )


def recompute(engine: Engine, plan: Plan, file: RawFile) -> None:
    """Compute the records of ``plan`` again, for other lines."""
    engine.cache(plan.shaped, f"shaped_{file.kind}")
    engine.cache(plan.records, f"records_{file.kind}")


def _with_profile(records: ir.Table) -> ir.Table:
    """``records`` with NULL for what the source cannot tell of its users."""
    missing = [name for name in schema.PROFILE if name not in records.columns]
    kinds = {name: ibis.dtype(schema.PROFILE[name]) for name in missing}
    return records.mutate(**{name: ibis.null(kind) for name, kind in kinds.items()})


def _tables(kept: ir.Table, source: Any, settings: IngestSettings) -> dict[str, ir.Table]:
    """The tables of the lake that come of the kept records."""
    return {
        "events": _events(kept, source, settings.keep_search_text),
        "titles": _titles(kept),
        "profiles": _profiles(kept),
        "queries": _queries(kept),
    }


def _actions(records: ir.Table) -> ir.Table:
    """How many lines of each action are kept and set aside."""
    known = cleaning.accounted(records)
    known = known.mutate(action=known.action.fill_null("page"))
    return (
        known.group_by("action")
        .agg(
            kept=known.reason.isnull().ifelse(1, None).count(),
            set_aside=known.reason.notnull().ifelse(1, None).count(),
        )
        .order_by("action")
    )


def _set_aside(records: ir.Table, source: Any, file: RawFile) -> ir.Table:
    rows = cleaning.set_aside(records)
    return rows.select(
        "source_file", "source_line", "reason", record=source.redacted(rows, file)
    ).order_by("source_line")


def _sampled(kept: ir.Table, share: float) -> ir.Table:
    if share == 1:
        return kept
    # Hex digits sort like the numbers they stand for (K5: a hash, not a random draw).
    limit = f"{int(share * 16**8):08x}"
    return kept.filter(kept.user_id.cast("string").hexdigest("md5") < limit)


def _events(kept: ir.Table, source: Any, keep_text: bool) -> ir.Table:
    if not keep_text:
        kept = kept.mutate(text=ibis.null("string"))
    columns = schema.events(source.USER_ID, source.ITEM_ID).names
    return kept.select(columns).order_by(["day", "source_line"])


def _titles(kept: ir.Table) -> ir.Table:
    named = kept.filter(kept.item_id.notnull())
    by = ["day", "item_id", "title", "artist", "length_s"]
    return named.group_by(by).agg(n_events=lambda rows: rows.count()).order_by(by)


def _profiles(kept: ir.Table) -> ir.Table:
    told = kept.filter(ibis.or_(*(kept[name].notnull() for name in schema.PROFILE)))
    by = ["day", "user_id", *schema.PROFILE]
    found = told.group_by(by).agg(
        last_seen=lambda rows: rows.timestamp.max(), n_events=lambda rows: rows.count()
    )
    return found.order_by(by)


def _queries(kept: ir.Table) -> ir.Table:
    """Queries that at least two users typed: one person's own words are not kept."""
    typed = kept.filter(kept.text.notnull() & (kept.text.strip() != ""))
    found = typed.group_by("day", query=typed.text.strip().lower()).agg(
        n_searches=lambda rows: rows.count(), n_searchers=lambda rows: rows.user_id.nunique()
    )
    return found.filter(found.n_searchers >= 2).order_by(["day", "query"])
