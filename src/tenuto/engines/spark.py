"""Spark, for services that outgrow one machine (``pip install tenuto[spark]``, Java 17)."""

from __future__ import annotations

import functools
import importlib
import itertools
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from tenuto.engines import _spark_dialect
from tenuto.engines._contract import BatchFunction, Engine
from tenuto.engines._spark_session import open_session
from tenuto.engines._spark_writing import write_batches
from tenuto.errors import EngineError

_ML = ("classification", "evaluation", "feature", "functions", "linalg", "recommendation", "tuning")
# Engines of several threads share one session, and so the names of its views.
_NUMBERS = itertools.count()


class SparkEngine(Engine):
    """Tables are temporary views of a session, which engines of one process share."""

    name = "spark"

    def __init__(self, session: Any, scratch: Path | None = None):
        self.session = session
        self.scratch = Path(scratch or tempfile.gettempdir()).absolute() / f"spark-{uuid4().hex}"
        self.backend = ibis.pyspark.connect(session)
        self.backend.compiler = _spark_dialect.Compiler()
        _spark_dialect.register(session)
        self._prefix = f"tenuto_{next(_NUMBERS)}"
        self._counter = itertools.count()
        self._queries: dict[Any, str] = {}
        self._views: set[str] = set()
        self._cached: dict[str, Path] = {}

    @property
    def ml(self) -> Any:
        """The package ``pyspark.ml`` with the parts that members use, such as ``ml.tuning``."""
        for part in _ML:
            importlib.import_module(f"pyspark.ml.{part}")
        return importlib.import_module("pyspark.ml")

    def frame(self, table: ir.Table | pa.Table) -> Any:
        """``table`` as a Spark DataFrame, which is computed when it is used."""
        if not isinstance(table, pa.Table):
            return self.session.sql(self._compiled(table))
        if table.num_rows == 0:
            # Spark Connect knows no columns of a table without rows.
            return self.session.createDataFrame([], _spark_columns(table.schema))
        return self.session.createDataFrame(table)

    def _compiled(self, expression: ir.Table) -> str:
        """SQL of ``expression``; compiling the cleaning of one file costs more than running it."""
        key = expression.op()
        if key not in self._queries:
            # Ibis makes its functions in Python known to Spark only where it runs it itself.
            self.backend._run_pre_execute_hooks(expression)
            self._queries[key] = str(self.backend.compile(expression))
        return self._queries[key]

    def _view(self, frame: Any, name: str | None) -> ir.Table:
        view = f"{self._prefix}_{name or next(self._counter)}"
        frame.createOrReplaceTempView(view)
        self._views.add(view)
        self._forget(view)
        return self.backend.table(view)

    def _forget(self, view: str) -> None:
        """Remove what was cached under a name that has been taken anew."""
        if view in self._cached:
            shutil.rmtree(self._cached.pop(view), ignore_errors=True)

    def from_arrow(self, table: pa.Table, name: str | None = None) -> ir.Table:
        return self._view(self.frame(table), name)

    def read_parquet(self, paths: Iterable[str | Path], name: str | None = None) -> ir.Table:
        return self._view(self.session.read.parquet(*[str(path) for path in paths]), name)

    def cache(self, expression: ir.Table, name: str | None = None) -> ir.Table:
        """As the contract has it; the rows go to the scratch space, which all executors share.

        Spark's own cache keeps the way that led to the rows, and goes through it again at every
        query: the cleaning of a file would be analysed nine times. It also dies with an executor.
        """
        rows = self.frame(expression)
        folder = self.scratch / str(next(self._counter))
        rows.write.parquet(str(folder))
        table = self._view(self.session.read.schema(rows.schema).parquet(str(folder)), name)
        self._cached[table.op().name] = folder
        return table

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        return self.frame(expression).toArrow().cast(expression.schema().to_pyarrow())

    def map_arrow(self, table: ir.Table, function: BatchFunction, schema: pa.Schema) -> ir.Table:
        made = self.frame(table).mapInArrow(function, _spark_columns(schema))
        return self._view(made, None)

    def write_parquet(
        self, expression: ir.Table, path: Path, metadata: Mapping[str, str] | None = None
    ) -> int:
        """As the contract has it; an executor writes the file, so that no row passes the driver.

        Spark's own writer makes folders, and puts no words of ours into a footer, where the lake
        keeps the digest of what a file was made from.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        described = expression.schema().to_pyarrow().with_metadata(dict(metadata or {}))
        write = functools.partial(write_batches, path=str(path.absolute()), schema=described)
        told = self._in_one_partition(expression).mapInArrow(write, "n_rows long, problem string")
        # Where Spark sees that there are no rows, it asks no executor to do anything.
        answers = told.toArrow().to_batches() or list(write(()))
        n_rows, problem = answers[0].to_pylist()[0].values()
        if problem is None and not path.exists():
            problem = "an executor wrote it, but it is not on this machine"
        if problem is not None:
            raise EngineError(
                f"cannot write {path}: {problem}",
                mend="check space and permissions, and that all executors and this machine see "
                "the folder under the same name; then run again: finished work is kept",
            )
        return int(n_rows)

    def _in_one_partition(self, expression: ir.Table) -> Any:
        """The rows of ``expression`` as one partition, in their order.

        `coalesce` after a sort may put sorted parts behind each other in another order.
        """
        last = expression.op()
        if not isinstance(last, ops.Sort):
            return self.frame(expression).coalesce(1)
        rows = self.frame(last.parent.to_expr()).repartition(1)
        return rows.sortWithinPartitions(*[_in_order(rows, key) for key in last.keys])

    def close(self) -> None:
        for view in self._views:
            self._forget(view)
            self.session.catalog.dropTempView(view)
        self._views.clear()
        shutil.rmtree(self.scratch, ignore_errors=True)


def _spark_columns(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema, prefer_timestamp_ntz=True)


def _in_order(rows: Any, key: ops.SortKey) -> Any:
    assert isinstance(key.arg, ops.Field), "what is written is sorted by columns of its own"
    column = rows[key.arg.name]
    if key.ascending:
        return column.asc_nulls_first() if key.nulls_first else column.asc_nulls_last()
    return column.desc_nulls_first() if key.nulls_first else column.desc_nulls_last()


def open(
    *,
    threads: int = 1,
    memory: str = "4GB",
    scratch: Path | None = None,
    url: str = "",
    options: Mapping[str, str] | None = None,
) -> SparkEngine:
    """An engine on the session of this process, which the first call makes.

    ``url`` is ``local[2]``, a master such as ``spark://host:7077``, or a Spark Connect server such
    as ``sc://host:15002``; by default the session that this process has, else ``threads`` threads
    of it. ``memory`` is that of the driver; ``options`` are settings of Spark's own, such as
    ``spark.executor.memory``.

    Raises
    ------
    EngineError : if pyspark is not installed, nobody answers at ``url``, or this process has a
        session somewhere else
    """
    session = open_session(url, memory, scratch, options or {}, threads)
    return SparkEngine(session, scratch)
