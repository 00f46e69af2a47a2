"""Spark, for services that outgrow one machine (``pip install tenuto[spark]``, Java 17)."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.engines._contract import Engine
from tenuto.errors import EngineError


class SparkEngine(Engine):
    """One Spark session; tables are temporary views."""

    name = "spark"

    def __init__(self, session: Any):
        self.session = session
        self.backend = ibis.pyspark.connect(session)
        self._counter = itertools.count()

    def _view(self, frame: Any, name: str | None = None) -> ir.Table:
        name = f"tenuto_{id(self)}_{name or next(self._counter)}"
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)

    def from_arrow(self, table: pa.Table, name: str | None = None) -> ir.Table:
        return self._view(self.session.createDataFrame(table), name)

    def read_parquet(self, paths: Iterable[str | Path], name: str | None = None) -> ir.Table:
        return self._view(self.session.read.parquet(*[str(path) for path in paths]), name)

    def cache(self, expression: ir.Table, name: str | None = None) -> ir.Table:
        # Ibis makes its functions in Python known to Spark only where it runs the query itself.
        self.backend._run_pre_execute_hooks(expression)
        return self._view(self.session.sql(self.backend.compile(expression)).cache(), name)

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        return expression.to_pyarrow()

    def write_parquet(
        self, expression: ir.Table, path: Path, metadata: Mapping[str, str] | None = None
    ) -> int:
        table = self.to_arrow(expression)
        described = {**(table.schema.metadata or {}), **(metadata or {})}
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata(described), path, coerce_timestamps="us")
        return table.num_rows

    def close(self) -> None:
        self.session.catalog.clearCache()


def open(
    *, threads: int = 1, memory: str = "4GB", scratch: Path | None = None, url: str | None = None
) -> Engine:
    """A Spark session on ``url``, by default ``local[threads]`` in this process.

    Raises
    ------
    EngineError : if pyspark is not installed
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as missing:
        raise EngineError(
            "the Spark engine needs pyspark, which is not installed",
            mend="pip install 'tenuto[spark]' (and Java 17)",
        ) from missing
    # Python functions run where the packages are, not in whatever `python3` is on the path;
    # PySpark asks the environment alone. On a cluster its own setting stands.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.appName("tenuto")
        .master(url or f"local[{threads}]")
        .config("spark.driver.memory", memory.lower().removesuffix("b"))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", str(max(2, threads)))
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        # A field beyond the end of a short line is NULL, as on DuckDB, and not a failure.
        .config("spark.sql.ansi.enabled", "false")
    )
    if scratch is not None:
        builder = builder.config("spark.local.dir", str(scratch))
    return SparkEngine(builder.getOrCreate())
