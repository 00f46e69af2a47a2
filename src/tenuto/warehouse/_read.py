"""Reading back what was exported, in the types in which it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenuto.errors import ContractError, UnknownName
from tenuto.warehouse._connect import connected
from tenuto.warehouse._days import day_of
from tenuto.warehouse._warehouse import LEDGER, Warehouse


def read(
    to: str,
    table: str,
    *,
    cutoff: date | str | None = None,
    since: date | str | None = None,
    before: date | str | None = None,
    schema: str | None = None,
    columns: Sequence[str] = (),
) -> pa.Table:
    """The rows of one table, in memory, ordered by its key; ``.to_pandas()`` makes a frame.

    Parameters
    ----------
    to : the warehouse, as for `export`
    cutoff : only rows of this cutoff
    since, before : only rows of days in ``[since, before)``
    schema : where the table is in the database
    columns : only these; empty means all

    Raises
    ------
    UnknownName : if there is no such table or column
    ContractError : if the table has no cutoffs, or no days, to choose by
    EngineError : if the warehouse cannot be reached
    """
    with connected(to, schema, is_read_only=True) as (warehouse, address):
        if table not in warehouse.names():
            there = sorted(set(warehouse.names()) - {LEDGER})
            raise UnknownName(
                f"no table '{table}' in {address.shown}. There are: {', '.join(there) or 'none'}."
            )
        rows = warehouse.table(table)
        rows = _from_to(_of_cutoff(rows, cutoff), since, before)
        ordered = rows.order_by(_key(warehouse, table, rows))
        return warehouse.arrow(_only(ordered, columns))


def _of_cutoff(rows: ir.Table, cutoff: date | str | None) -> ir.Table:
    return rows if cutoff is None else rows.filter(_column(rows, "cutoff") == _day(cutoff))


def _from_to(rows: ir.Table, since: date | str | None, before: date | str | None) -> ir.Table:
    if since is not None:
        rows = rows.filter(_column(rows, "day") >= _day(since))
    return rows if before is None else rows.filter(_column(rows, "day") < _day(before))


def _column(rows: ir.Table, name: str) -> ir.Value:
    if name not in rows.columns:
        raise ContractError(
            f"the table has no column '{name}' to choose by", mend=f"read it without {name}s"
        )
    return rows[name]


def _day(text: date | str) -> ir.DateValue:
    return ibis.literal(day_of(text), "date")


def _key(warehouse: Warehouse, table: str, rows: ir.Table) -> list[str]:
    """What names a row, as it was written down; all columns for a table that is not ours."""
    keys = [key for (name, _), (_, _, key) in warehouse.written().items() if name == table]
    return keys[0].split(",") if keys else list(rows.columns)


def _only(rows: ir.Table, columns: Sequence[str]) -> ir.Table:
    unknown = sorted(set(columns) - set(rows.columns))
    if unknown:
        raise UnknownName(f"no column '{unknown[0]}'. There are: {', '.join(rows.columns)}.")
    return rows.select(*columns) if columns else rows
