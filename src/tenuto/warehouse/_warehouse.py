"""What a warehouse can do, whatever it is: tables made, parts replaced, rows read back.

What was sent is written down beside it, in the table ``tenuto_exports``: a part whose rows are
there and came from the same inputs need not be sent again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot.expressions as sge

from tenuto.errors import ContractError
from tenuto.warehouse._contract import Part, Table

LEDGER = "tenuto_exports"
_LEDGER_COLUMNS = pa.schema(
    [
        ("table_name", pa.string()),
        ("part", pa.string()),
        ("n_rows", pa.int64()),
        ("digest", pa.string()),
        ("key_columns", pa.string()),
    ]
)


class Warehouse(ABC):
    """Tables in one schema of one database, by an Ibis backend."""

    dialect: str
    #: Whether a table gets a primary key: then the database itself holds that no row is doubled.
    has_keys: bool

    def __init__(self, backend: Any, schema: str | None):
        self.backend = backend
        self.schema = schema
        self._agreed: dict[str, pa.Schema] = {}

    @abstractmethod
    def run(self, query: str) -> list[tuple]:
        """The rows that ``query`` answers, if any."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """All that is done inside becomes visible at its end, or nothing of it."""

    @abstractmethod
    def insert(self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        """Append ``batches``, a few in memory at a time; how many rows there were."""

    @abstractmethod
    def arrow(self, expression: ir.Table) -> pa.Table:
        """The rows of ``expression``, in exactly its types."""

    @abstractmethod
    def hold(self, table: str) -> None:
        """Let no other export into ``table`` until the transaction ends."""

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    def table(self, name: str) -> ir.Table:
        return self.backend.table(name, database=self.schema)

    def names(self) -> list[str]:
        return self.backend.list_tables(database=self.schema)

    def columns(self, name: str) -> pa.Schema | None:
        """The columns of a table; None where there is no such table."""
        return arrow_types(self.table(name)) if name in self.names() else None

    def create(self, name: str, schema: pa.Schema, key: tuple[str, ...]) -> None:
        rows = ibis.Schema.from_pyarrow(schema).to_sqlglot_column_defs(self.dialect)
        columns = [row.sql(self.dialect) for row in rows]
        if self.has_keys and key:
            columns.append(f"PRIMARY KEY ({', '.join(map(self.quoted, key))})")
        self.run(f"CREATE TABLE {self.place(name)} ({', '.join(columns)})")

    def agree(self, table: Table, schema: pa.Schema) -> None:
        """Make ``table``, or give it the columns that it lacks; what is in it stays.

        Raises
        ------
        ContractError : if a column with something in it is of another type
        """
        # Hundreds of days have the same columns: the database is asked about them once.
        if self._agreed.get(table.name) == schema:
            return
        there = self.columns(table.name)
        if there is None:
            self.create(table.name, schema, table.whole_key)
        else:
            self._widen(table.name, there, schema)
        self._agreed[table.name] = schema

    def _widen(self, name: str, there: pa.Schema, schema: pa.Schema) -> None:
        for field in schema:
            if field.name not in there.names:
                self._add(name, field)
            elif there.field(field.name).type != field.type:
                self._retype(name, field, there.field(field.name).type)

    def _add(self, name: str, field: pa.Field) -> None:
        column = ibis.Schema.from_pyarrow(pa.schema([field])).to_sqlglot_column_defs(self.dialect)
        self.run(f"ALTER TABLE {self.place(name)} ADD COLUMN {column[0].sql(self.dialect)}")

    def _retype(self, name: str, field: pa.Field, before: pa.DataType) -> None:
        """Nothing was known in a column, so that its type was a guess; or it is a real change."""
        place, column = self.place(name), self.quoted(field.name)
        if self.run(f"SELECT count({column}) FROM {place}")[0][0]:
            raise ContractError(
                f"{name}.{field.name} is {before} in the warehouse and {field.type} here",
                mend=f"rename or drop the table {name} there, then export again",
            )
        self.run(f"ALTER TABLE {place} DROP COLUMN {column}")
        self._add(name, field)

    def replace(self, table: Table, part: Part) -> int:
        """Put the rows of ``part`` where its old ones are, and write it down; how many."""
        where = self.where(table.by, part.value)
        self.hold(table.name)
        self.run(f"DELETE FROM {self.place(table.name)}{where}")
        n_rows = 0
        if part.schema is not None:
            n_rows = self.insert(table.name, part.schema, part.batches())
        self._write_down(table, part, n_rows)
        return n_rows

    def count(self, table: Table, part: Part) -> int:
        where = self.where(table.by, part.value)
        return int(self.run(f"SELECT count(*) FROM {self.place(table.name)}{where}")[0][0])

    def where(self, by: str | None, value: date | str | None) -> str:
        if by is None:
            return ""
        return f" WHERE {self.quoted(by)} = {self.literal(value)}"

    def begin(self) -> None:
        """Make the schema, and the table in which is written down what was sent."""
        if self.schema is not None:
            self.run(f"CREATE SCHEMA IF NOT EXISTS {self.quoted(self.schema)}")
        if LEDGER not in self.names():
            self.create(LEDGER, _LEDGER_COLUMNS, ("table_name", "part"))

    def written(self) -> dict[tuple[str, str], tuple[str, int, str]]:
        """(table, part) -> digest, rows and key of what was sent."""
        if LEDGER not in self.names():
            return {}
        rows = self.arrow(self.table(LEDGER)).to_pylist()
        return {
            (row["table_name"], row["part"]): (row["digest"], row["n_rows"], row["key_columns"])
            for row in rows
        }

    def _write_down(self, table: Table, part: Part, n_rows: int) -> None:
        place, name, value = self.place(LEDGER), self.literal(table.name), part_name(part)
        self.run(
            f"DELETE FROM {place} WHERE {self.quoted('table_name')} = {name} "
            f"AND {self.quoted('part')} = {self.literal(value)}"
        )
        row = [table.name, value, n_rows, part.digest, ",".join(table.whole_key)]
        batch = pa.RecordBatch.from_pylist(
            [dict(zip(_LEDGER_COLUMNS.names, row, strict=True))], schema=_LEDGER_COLUMNS
        )
        self.insert(LEDGER, _LEDGER_COLUMNS, [batch])

    def place(self, name: str) -> str:
        """The table ``name`` as SQL names it."""
        parts = [part for part in (self.schema, name) if part is not None]
        return ".".join(map(self.quoted, parts))

    def quoted(self, name: str) -> str:
        return sge.to_identifier(name, quoted=True).sql(self.dialect)

    def literal(self, value: Any) -> str:
        return sge.convert(value).sql(self.dialect)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def arrow_types(rows: ir.Table) -> pa.Schema:
    """The columns of ``rows`` in the types of Arrow; whether NULL may be in them is left open."""
    schema = rows.schema().to_pyarrow()
    return pa.schema([(field.name, field.type) for field in schema])


def part_name(part: Part) -> str:
    """What a part is called in the ledger; a table that is replaced whole has the empty name."""
    return "" if part.value is None else str(part.value)
