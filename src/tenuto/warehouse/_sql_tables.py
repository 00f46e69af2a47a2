"""Tables that are only named: the lake and the sums by day, with their columns and without rows.

`unbound` stands where an engine does, and `NamedTables` where a lake does, so that definitions are
made by the same functions as on data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from tenuto.engines import Engine
from tenuto.events import schema
from tenuto.events.actions import ACTIONS
from tenuto.events.lake import Lake
from tenuto.sources._contract import FACTS


@dataclass(frozen=True)
class Knowledge:
    """What a source can tell, as far as tables depend on it; by default everything."""

    USER_ID: schema.IdType = "int64"
    ITEM_ID: schema.IdType = "int64"
    ACTIONS: tuple[str, ...] = tuple(ACTIONS)
    KNOWS: tuple[str, ...] = FACTS


@dataclass(frozen=True)
class _Rows:
    """The rows of a named table with ``since <= day < before``."""

    table: str
    since: date | None = None
    before: date | None = None


@dataclass(frozen=True)
class NamedTables(Lake):
    """Tables by name, with their columns.

    Parameters
    ----------
    has_days : whether the day of a row is asked for here; a `Window` asks by itself
    """

    root: Path = Path()
    schemas: Mapping[str, ibis.Schema] = field(default_factory=dict)
    has_days: bool = False

    def days(self, table: str) -> list[date]:
        """Some day, for every table that there is."""
        return [date.min] if table in self.schemas else []

    def files(self, table: str, *, since=None, before=None) -> list[Any]:
        return [_Rows(table, since, before) if self.has_days else _Rows(table)]

    def files_of(self, table: str, day: date) -> list[Any]:
        return [_Rows(table, day, day + timedelta(days=1))]


class _Unbound:
    """As much of an engine as a definition may use: one that looks at rows fails at once."""

    def __init__(self, tables: NamedTables, database: str | None):
        self._tables = tables
        self._database = database

    def read_parquet(self, paths: Iterable[Any], name: str | None = None) -> ir.Table:
        (rows,) = paths
        known = self._tables.schemas[rows.table]
        table = ibis.table(known, name=rows.table, database=self._database)
        if rows.since is not None:
            # Only ever asked for one day: `read_day`.
            return table.filter(table.day == ibis.literal(rows.since, "date"))
        if rows.before is not None:
            return table.filter(table.day < ibis.literal(rows.before, "date"))
        return table

    def cache(self, expression: ir.Table, name: str | None = None) -> ir.Table:
        return expression


def unbound(tables: NamedTables, database: str | None = None) -> Engine:
    """What names ``tables``, in the schema ``database``, where definitions expect an engine."""
    return cast(Engine, _Unbound(tables, database))


def lake_schemas(known: Any) -> dict[str, ibis.Schema]:
    """The tables of the lake, as ``known`` types its ids."""
    made = {
        "events": schema.events(known.USER_ID, known.ITEM_ID),
        "titles": schema.titles(known.ITEM_ID),
        "profiles": schema.profiles(known.USER_ID),
        "queries": schema.queries(),
    }
    return {name: ibis.Schema.from_pyarrow(each) for name, each in made.items()}
