"""What definitions ask of an engine and Ibis's Spark has not: times in milliseconds, and JSON.

Functions on JSON have the names that DuckDB knows them by, and run on DuckDB, in Spark's Python
workers: what a broken line holds, and how a number is spelt, is then the same on both engines.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from ibis.backends.sql.compilers.pyspark import PySparkCompiler


class Compiler(PySparkCompiler):
    """Ibis's own, which knows times since 1970 in seconds only."""

    __slots__ = ()

    def visit_TimestampFromUNIX(self, op, *, arg, unit):
        if unit.short != "ms":
            return super().visit_TimestampFromUNIX(op, arg=arg, unit=unit)
        return self.cast(self.f.timestamp_millis(arg), op.dtype)


def register(session: Any) -> None:
    """Make ``json_valid`` and ``json_extract_string`` known to ``session``."""
    from pyspark.sql.functions import pandas_udf
    from pyspark.sql.types import ArrayType, BooleanType, StringType

    functions: dict[str, tuple[Any, Any]] = {
        "json_valid": (valid, BooleanType()),
        "json_extract_string": (extracted, ArrayType(StringType())),
    }
    for name, (function, kind) in functions.items():
        session.udf.register(name, pandas_udf(function, kind))


def valid(line: pd.Series) -> pd.Series:
    """Whether each line can be parsed at all."""
    return _computed("json_valid(line)", line, [])


def extracted(line: pd.Series, paths: pd.Series) -> pd.Series:
    """The texts at the same ``paths`` of every line; NULL where there is none."""
    return _computed("json_extract_string(line, $paths)", line, list(paths.iloc[0]))


def _computed(expression: str, line: pd.Series, paths: list[str]) -> pd.Series:
    lines = pa.table({"line": pa.array(line, pa.string(), from_pandas=True)})
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("lines", lines)
        given = {"paths": paths} if paths else None
        found = connection.execute(f"SELECT {expression} AS found FROM lines", given)
        return pd.Series(found.to_arrow_table()["found"].to_pylist(), dtype=object)
