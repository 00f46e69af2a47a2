"""Sending tables to a warehouse: what has changed, one cutoff or day after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from tenuto import privacy
from tenuto.warehouse._address import address_of
from tenuto.warehouse._choice import chosen, meant
from tenuto.warehouse._connect import connected
from tenuto.warehouse._contract import Exported, Part, Table
from tenuto.warehouse._warehouse import Warehouse, part_name

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SentTable:
    """``n_parts`` cutoffs, days or campaigns, of which ``n_sent`` had changed; rows of these."""

    name: str
    by: str | None
    n_parts: int
    n_sent: int
    n_rows: int


@dataclass(frozen=True)
class ExportSummary:
    """``to`` is where the tables went, without a password."""

    to: str
    cutoff: date
    tables: list[SentTable]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def check(to: str, tables: Sequence[str] = ()) -> None:
    """Refuse what `export` would refuse, before there is anything to send.

    Raises
    ------
    SettingsError : if ``to`` names no warehouse
    UnknownName : if there is no such table
    """
    address_of(to)
    meant(tables)


def export(
    at: Exported,
    to: str,
    tables: Sequence[str] = (),
    *,
    schema: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> ExportSummary:
    """Bring the tables of a warehouse up to date; a second time does nothing.

    All that is sent of one cutoff, or of one day, is replaced in one transaction: a reader sees
    the old rows or the new ones. Rows are read and sent a few at a time.

    Parameters
    ----------
    to : ``postgres://…``, or a DuckDB file
    tables : groups, exports or tables; empty means the group "results"
    schema : where the tables are in the database; made if it is not there
    force : send also what is there already

    Raises
    ------
    SettingsError : if ``to`` names no warehouse
    UnknownName : if there is no such table
    WorkspaceError : if nothing was run at the cutoff
    ContractError : if a column is of another type there
    EngineError : if the warehouse cannot be reached, or refuses
    """
    wanted = chosen(at, tables)
    memory = at.workspace.settings.engine.memory
    with connected(to, schema, memory=memory) as (warehouse, address):
        warehouse.begin()
        written, there = warehouse.written(), set(warehouse.names())
        todo = [
            (table, part)
            for table in wanted
            for part in table.parts
            if not _is_there(warehouse, table, part, written, there)
            or (force and part.schema is not None)
        ]
        sent: dict[str, tuple[int, int]] = {}
        try:
            _send(warehouse, _together(todo), progress, sent)
        finally:
            # Also what went before something failed.
            n_rows = sum(n_rows for _, n_rows in sent.values())
            what = f"warehouse: {', '.join(sent)}"
            if sent:
                privacy.exported(at.workspace, what, address.shown, n_rows, run=at.cutoff)
    return ExportSummary(
        address.shown,
        at.cutoff,
        [
            SentTable(table.name, table.by, len(table.parts), *sent.get(table.name, (0, 0)))
            for table in wanted
        ],
    )


def _is_there(
    warehouse: Warehouse, table: Table, part: Part, written: Mapping, there: Collection[str]
) -> bool:
    """Whether the warehouse has the rows of a part as they are here."""
    digest, n_rows, _ = written.get((table.name, part_name(part)), ("", -1, ""))
    if part.schema is None:
        return table.name not in there or n_rows <= 0
    is_known = table.name in there and digest == part.digest
    # Somebody may have deleted rows there: as many as were sent have to be there.
    return is_known and warehouse.count(table, part) == n_rows


def _together(todo: Sequence[tuple[Table, Part]]) -> list[list[tuple[Table, Part]]]:
    """Parts of one cutoff, or of one day, side by side; the earliest first."""
    found: dict[tuple[str, str], list[tuple[Table, Part]]] = {}
    for table, part in todo:
        found.setdefault((table.by or "", part_name(part)), []).append((table, part))
    return [found[at] for at in sorted(found)]


def _send(
    warehouse: Warehouse,
    batches: Sequence[Sequence[tuple[Table, Part]]],
    progress: Progress | None,
    sent: dict[str, tuple[int, int]],
) -> None:
    """Send ``batches``, and count in ``sent`` how many parts and rows of each table went."""
    for number, batch in enumerate(batches):
        if progress is not None:
            progress("exporting", number, len(batches))
        for table, part in batch:
            if part.schema is not None:
                warehouse.agree(table, part.schema)
        with warehouse.transaction():
            for table, part in batch:
                n_parts, n_rows = sent.get(table.name, (0, 0))
                sent[table.name] = (n_parts + 1, n_rows + warehouse.replace(table, part))
    if progress is not None and batches:
        progress("exporting", len(batches), len(batches))
