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
from tenuto.ingest._lines import Lines
from tenuto.settings import IngestSettings
from tenuto.sources import RawFile

#: Equal lines: where one stands, and where the one before it stood.
COPIES = pa.schema({"copy_line": pa.int64(), "previous_line": pa.int64()})

_NEEDED = (
    *("source_line", "reason", "user_id", "action", "day", "timestamp", "item_id", "played_s"),
    *("length_s", "device", "is_paid", "text", "title", "artist"),
)
# Few sources know them, and a column costs time even where nothing is in it.
_SELDOM_KNOWN = ("session_id", *schema.PROFILE)


@dataclass(frozen=True)
class Plan:
    """The tables that come of one kind of file, as expressions on an engine.

    ``plain`` and ``odd`` are the lines and their hashes; ``plain`` is None where the source does
    not tell them from the others. ``shaped`` are the odd lines, split or parsed, which would be
    dear to do twice. ``cleaned`` is all that is known of each line, and ``records`` what is needed
    of it, in no order; of those that ``is_kept`` come the events. ``tables`` are the others of the
    lake, with all their days.
    """

    plain: ir.Table | None
    shaped: ir.Table
    odd: ir.Table
    cleaned: ir.Table
    records: ir.Table
    rules: list[str]
    counts: ir.Table
    set_aside: ir.Table
    tables: dict[str, ir.Table]


def build_plan(
    engine: Engine, source: Any, settings: IngestSettings, file: RawFile, lines: Lines
) -> Plan:
    """The plan for files of the kind of ``file``, whose lines look like ``lines``."""
    empty = lines.empty()
    shaped = cleaning.apply_rules(source.split(engine.lend(empty.odd, f"odd_{file.kind}"), file))
    odd = engine.cache(shaped, f"shaped_{file.kind}")
    copies = engine.lend(COPIES.empty_table(), f"copies_{file.kind}")
    known = source.records(odd, file).left_join(copies, [("source_line", "copy_line")])
    long_way, plain = _cleaned(known.drop("copy_line"), source), None
    cleaned, rules = long_way, cleaning.met_rules(long_way)
    condensed = _needed(long_way, source, file, settings, rules)
    if empty.plain is not None:
        plain = engine.lend(empty.plain, f"plain_{file.kind}")
        short_way = _cleaned(source.records(plain, file), source, are_plain=True)
        cleaned = cleaning.like_odd(short_way, long_way).union(long_way)
        condensed = _needed(short_way, source, file, settings, rules).union(condensed)
    records = engine.lend(condensed.schema().to_pyarrow().empty_table(), f"records_{file.kind}")
    kept = records.filter("is_kept")
    return Plan(
        plain=None if plain is None else _hashed(plain).select("source_line", "line_hash"),
        shaped=shaped,
        odd=_hashed(odd).select("source_line", "line", "reason", "line_hash"),
        cleaned=cleaned,
        records=condensed,
        rules=rules,
        counts=cleaning.counts(records),
        set_aside=cleaning.set_aside(records)
        .select("source_line", "reason", "record")
        .order_by("source_line"),
        tables={"titles": _titles(kept), "profiles": _profiles(kept), "queries": _queries(kept)},
    )


def _cleaned(text: ir.Table, source: Any, *, are_plain: bool = False) -> ir.Table:
    """What is known of each record, after all rules."""
    mended = cleaning.apply_rules(text, are_plain=are_plain)
    typed = cleaning.typed(mended, source.USER_ID, source.ITEM_ID)
    known = cleaning.apply_rules(typed, are_plain=are_plain)
    return known.drop(*{"has_bad_bytes", "is_cut_off"}.intersection(known.columns))


def _hashed(lines: ir.Table) -> ir.Table:
    return lines.mutate(line_hash=lines.line.hash())


def _needed(
    cleaned: ir.Table, source: Any, file: RawFile, settings: IngestSettings, rules: list[str]
) -> ir.Table:
    """What the tables need: of the lines that are kept, not their text."""
    record = cleaned.reason.notnull().ifelse(source.redacted(cleaned, file), None)
    known = [name for name in _SELDOM_KNOWN if name in source.KNOWS and name in cleaned.columns]
    return cleaned.select(
        *_NEEDED,
        *known,
        record=record,
        is_kept=cleaned.reason.isnull() & _is_of_sample(cleaned, settings.share_of_users),
        **cleaning.met(cleaned, rules),
    )


def _is_of_sample(records: ir.Table, share: float) -> ir.BooleanValue:
    if share == 1:
        return ibis.literal(True)
    # Hex digits sort like the numbers they stand for (K5: a hash, not a random draw).
    limit = f"{int(share * 16**8):08x}"
    return (records.user_id.cast("string").hexdigest("md5") < limit).fill_null(False)


def _titles(kept: ir.Table) -> ir.Table:
    named = kept.filter(kept.item_id.notnull())
    by = ["day", "item_id", "title", "artist", "length_s"]
    return named.group_by(by).agg(n_events=lambda rows: rows.count()).order_by(by)


def _profiles(kept: ir.Table) -> ir.Table:
    missing = [name for name in schema.PROFILE if name not in kept.columns]
    kinds = {name: ibis.dtype(schema.PROFILE[name]) for name in missing}
    known = kept.mutate(**{name: ibis.null(kind) for name, kind in kinds.items()})
    told = known.filter(ibis.or_(*(known[name].notnull() for name in schema.PROFILE)))
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
