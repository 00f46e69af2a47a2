"""PostgreSQL (``pip install tenuto[postgres]``): rows go in and come back by COPY.

CSV as PostgreSQL and Arrow both write it: NULL is an empty field, empty text is a quoted one, and
floats have as many digits as it takes to read the same number again.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv as pa_csv

from tenuto.errors import EngineError
from tenuto.warehouse._address import Address
from tenuto.warehouse._warehouse import Warehouse, arrow_types

# PostgreSQL has no text with a NUL in it, and a title of a log may have one.
_NUL, _INSTEAD = b"\x00", "\ufffd".encode()


# Of this connection, whatever role and database have set: what COPY writes is read here.
_SPOKEN = {"client_encoding": "UTF8", "datestyle": "ISO", "extra_float_digits": "3"}


class PostgreSQL(Warehouse):
    """Tables in one schema of one database."""

    dialect = "postgres"
    has_keys = True

    def run(self, query: str) -> list[tuple]:
        with self.backend.con.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.backend.con.transaction():
            yield

    def insert(self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        columns = ", ".join(map(self.quoted, schema.names))
        order, n_rows = f"COPY {self.place(table)} ({columns}) FROM STDIN (FORMAT csv)", 0
        with self.backend.con.cursor() as cursor, cursor.copy(order) as copy:
            for batch in batches:
                copy.write(_as_csv(batch))
                n_rows += batch.num_rows
        return n_rows

    def arrow(self, expression: ir.Table) -> pa.Table:
        query = ibis.to_sql(expression, dialect=self.dialect)
        buffer = io.BytesIO()
        order = f"COPY ({query}) TO STDOUT (FORMAT csv)"
        with self.backend.con.cursor() as cursor, cursor.copy(order) as copy:
            for data in copy:
                buffer.write(data)
        return _from_csv(buffer, arrow_types(expression))

    def hold(self, table: str) -> None:
        self.run(f"LOCK TABLE {self.place(table)} IN SHARE ROW EXCLUSIVE MODE")

    def close(self) -> None:
        self.backend.disconnect()


def _as_csv(batch: pa.RecordBatch) -> bytes:
    out = io.BytesIO()
    pa_csv.write_csv(batch, out, pa_csv.WriteOptions(include_header=False))
    return out.getvalue().replace(_NUL, _INSTEAD)


def _from_csv(buffer: io.BytesIO, schema: pa.Schema) -> pa.Table:
    if not buffer.tell():
        return schema.empty_table()
    buffer.seek(0)
    return pa_csv.read_csv(
        buffer,
        read_options=pa_csv.ReadOptions(column_names=schema.names),
        # An empty line is a row: that of a table with one column, NULL in it.
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    ).cast(schema)


def open(address: Address, schema: str | None, memory: str, *, is_read_only: bool) -> Warehouse:
    """The database at ``address``; ``memory`` is the server's affair.

    Raises
    ------
    EngineError : if psycopg is not installed, or the server does not let us in
    """
    psycopg = _psycopg()
    try:
        connection = psycopg.connect(address.url, autocommit=True)
    except psycopg.Error as failure:
        said = " ".join(address.scrubbed(str(failure)).split())
        raise EngineError(
            f"cannot connect to {address.shown}: {said or 'no answer'}",
            mend="check host, port, database and user; the password may stand in PGPASSWORD or "
            "in ~/.pgpass",
        ) from None
    connection.read_only = is_read_only
    warehouse = PostgreSQL(ibis.postgres.from_connection(connection), schema)
    for name, value in _SPOKEN.items():
        warehouse.run(f"SET {name} = {warehouse.literal(value)}")
    return warehouse


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as missing:
        raise EngineError(
            "PostgreSQL needs psycopg, which is not installed",
            mend="pip install 'tenuto[postgres]'",
        ) from missing
    return psycopg
