"""A DuckDB file: one writer at a time, nothing to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenuto.errors import EngineError
from tenuto.warehouse._address import Address
from tenuto.warehouse._warehouse import Warehouse, arrow_types


class DuckDBFile(Warehouse):
    """Tables in one file.

    No primary keys: DuckDB would keep them in memory, and refuse a row that the same
    transaction has deleted before.
    """

    dialect = "duckdb"
    has_keys = False

    def run(self, query: str) -> list[tuple]:
        return self.backend.con.execute(query).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        # A COMMIT that fails has rolled back.
        self.run("COMMIT")

    def insert(self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        columns = ", ".join(map(self.quoted, schema.names))
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        self.backend.con.register("tenuto_rows", reader)
        try:
            found = self.run(
                f"INSERT INTO {self.place(table)} ({columns}) SELECT {columns} FROM tenuto_rows"
            )
        finally:
            self.backend.con.unregister("tenuto_rows")
        return int(found[0][0])

    def arrow(self, expression: ir.Table) -> pa.Table:
        query = str(ibis.to_sql(expression, dialect=self.dialect))
        rows = self.backend.con.execute(query).to_arrow_table()
        return rows.cast(arrow_types(expression))

    def hold(self, table: str) -> None:
        """The file is ours alone while it is open."""

    def close(self) -> None:
        self.backend.disconnect()


def open(address: Address, schema: str | None, memory: str, *, is_read_only: bool) -> Warehouse:
    """The file at ``address``; to write, it is made if it is not there.

    Raises
    ------
    EngineError : if another process has it open, or it is no DuckDB file
    """
    path = Path(address.url)
    if path.is_dir():
        raise EngineError(f"{path} is a folder", mend=f"name a file: {path / 'results.duckdb'}")
    if is_read_only and not path.exists():
        raise EngineError(f"{path} is not there", mend=f"tenuto export WORKSPACE --to {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        backend = ibis.duckdb.connect(path, memory_limit=memory, read_only=is_read_only)
    except duckdb.Error as failure:
        said = str(failure).partition("\n")[0]
        is_taken = "lock" in said.lower()
        raise EngineError(
            f"cannot open {path}: {said}",
            mend="close the program that has it open, or name another file"
            if is_taken
            else "name another file; this one is left as it is",
        ) from failure
    backend.con.execute("SET enable_progress_bar = false")
    return DuckDBFile(backend, schema)
