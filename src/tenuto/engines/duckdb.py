"""DuckDB inside this process: the default, nothing to install or to run."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.expr.operations import Node

from tenuto.engines._contract import BatchFunction, Engine
from tenuto.engines._spill import spill_folder
from tenuto.errors import EngineError

# Kept fixed: the size of a row group is part of the bytes that a rerun must repeat.
ROW_GROUP_ROWS = 122_880
# What a function in Python gets at a time.
BATCH_ROWS = 65_536


class DuckDBEngine(Engine):
    """One in-memory DuckDB connection that spills to a folder of its own in ``scratch``."""

    name = "duckdb"
    has_siblings = True

    def __init__(self, threads: int, memory: str, scratch: Path | None):
        self._use(ibis.duckdb.connect(threads=threads, memory_limit=memory))
        if scratch is not None:
            own = _quoted(str(spill_folder(scratch)))
            self.backend.raw_sql(f"SET temp_directory = {own}")

    def _use(self, backend: Any) -> None:
        self.backend = backend
        self._counter = itertools.count()
        self._queries: dict[Any, str] = {}
        self._tables: dict[str, tuple[Any, ir.Table]] = {}
        self.backend.raw_sql("SET enable_progress_bar = false")

    def beside(self) -> Engine:
        # Of one database: tables are temporary, so that each connection has its own.
        sibling = DuckDBEngine.__new__(DuckDBEngine)
        sibling._use(ibis.duckdb.from_connection(self.backend.con.cursor()))
        return sibling

    def _new_name(self) -> str:
        return f"table_{next(self._counter)}"

    def from_arrow(self, table: pa.Table, name: str | None = None) -> ir.Table:
        name = name or self._new_name()
        self.backend.con.register("arrow_rows", table)
        with _explained():
            self.backend.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS FROM arrow_rows')
        self.backend.con.unregister("arrow_rows")
        return self.backend.table(name)

    def lend(self, table: pa.Table, name: str) -> ir.Table:
        self.backend.con.register(name, table)
        return self._named(name, table.schema)

    def read_parquet(self, paths: Iterable[str | Path], name: str | None = None) -> ir.Table:
        files = ", ".join(_quoted(str(path)) for path in paths)
        assert files, "the caller knows what to say about an empty table; an engine does not"
        name = name or self._new_name()
        # The day stands in the files too: the folders' names need not be parsed.
        source = f"read_parquet([{files}], hive_partitioning = false)"
        self.backend.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS FROM {source}')
        return self.backend.table(name)

    def cache(self, expression: ir.Table, name: str | None = None) -> ir.Table:
        name = name or self._new_name()
        query = self._compiled(expression)
        with _explained():
            self.backend.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {query}')
        return self._named(name, expression.op())

    def _named(self, name: str, shape: Any) -> ir.Table:
        """The table of that name; its columns are asked for again where ``shape`` is another."""
        known, table = self._tables.get(name, (None, None))
        if table is None or known != shape:
            table = self.backend.table(name)
            self._tables[name] = shape, table
        return table

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        query = self._compiled(expression)
        with _explained():
            rows = self.backend.raw_sql(query).to_arrow_table()
        return rows.cast(expression.schema().to_pyarrow())

    def _compiled(self, expression: ir.Table) -> str:
        """SQL of ``expression``; compiling the cleaning of one file costs more than running it."""
        key = expression.op()
        if key not in self._queries:
            # Ibis registers what a query needs (Python functions) only when it runs it itself.
            self.backend._run_pre_execute_hooks(expression)
            self._queries[key] = _sql(expression.unbind().op())
        return self._queries[key]

    def map_arrow(self, table: ir.Table, function: BatchFunction, schema: pa.Schema) -> ir.Table:
        batches = self.backend.raw_sql(self._compiled(table)).to_arrow_reader(BATCH_ROWS)
        return self.from_arrow(pa.Table.from_batches(function(iter(batches)), schema))

    def write_parquet(
        self, expression: ir.Table, path: Path, metadata: Mapping[str, str] | None = None
    ) -> int:
        path.parent.mkdir(parents=True, exist_ok=True)
        pairs = ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in (metadata or {}).items())
        options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS}"
        if pairs:
            options += f", KV_METADATA {{{pairs}}}"
        query = self._compiled(expression)
        with _explained(f"cannot write {path}"):
            result = self.backend.raw_sql(f"COPY ({query}) TO {_quoted(str(path))} ({options})")
        return int(result.fetchall()[0][0])

    def close(self) -> None:
        self.backend.disconnect()


def open(*, threads: int = 1, memory: str = "4GB", scratch: Path | None = None) -> Engine:
    """A fresh DuckDB engine."""
    return DuckDBEngine(threads, memory, scratch)


_COMPILING = threading.Lock()


def _sql(unbound: Node) -> str:
    # Two threads with one query: the second waits for the SQL of the first.
    with _COMPILING:
        return _compiled_once(unbound)


@lru_cache(maxsize=1024)
def _compiled_once(unbound: Node) -> str:
    # Of tables by their names, so that it serves every engine of this process.
    return str(ibis.to_sql(unbound.to_expr(), dialect="duckdb"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _explained(what: str = "a step could not be finished") -> Iterator[None]:
    """Say what the user can mend: too little memory, a full disk, a file that cannot be read."""
    try:
        yield
    except duckdb.OutOfMemoryException as failure:
        raise EngineError(
            f"{what}: {_first_line(failure)}",
            mend="give it more: engine.memory in tenuto.toml, or more space on the disk; fewer "
            "engine.threads need less. Then run again: finished work is kept",
        ) from failure
    except duckdb.IOException as failure:
        raise EngineError(
            f"{what}: {_first_line(failure)}",
            mend="free some space or check the permissions of the folder, then run again: "
            "finished work is kept",
        ) from failure


def _first_line(failure: Exception) -> str:
    return str(failure).partition("\n")[0]
