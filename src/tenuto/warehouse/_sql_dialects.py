"""Expressions as SQL of any dialect that Ibis writes, without a connection to anything."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.backends.sql.compilers as compilers
import ibis.common.exceptions as ibis_errors
import ibis.expr.types as ir

from tenuto.catalogue import did_you_mean
from tenuto.errors import EngineError, UnknownName
from tenuto.warehouse._sql_words import LIKE_POSTGRES, as_postgres, spelled_out

#: Every dialect, by its name in Ibis. singlestoredb is not here: Ibis loads its driver first.
DIALECTS = (
    *("athena", "bigquery", "clickhouse", "databricks", "datafusion", "druid", "duckdb"),
    *("exasol", "flink", "impala", "materialize", "mssql", "mysql", "oracle", "postgres"),
    *("pyspark", "risingwave", "snowflake", "sqlite", "trino"),
)
_CANNOT = (
    ibis_errors.OperationNotDefinedError,
    ibis_errors.UnsupportedOperationError,
    ibis_errors.UnsupportedBackendType,
    ibis_errors.UnsupportedArgumentError,
    ibis_errors.TranslationError,
    NotImplementedError,
)


class NotExpressible(Exception):
    """A dialect has no words for a definition; the message says for what."""


def in_dialect(expression: ir.Table, dialect: str) -> str:
    """``expression`` as one query.

    Raises
    ------
    UnknownName : if Ibis knows no such dialect
    EngineError : if the dialect needs a package that is not installed
    NotExpressible : if the dialect cannot say it
    """
    check(dialect)
    if dialect in LIKE_POSTGRES:
        expression = as_postgres(expression)
    for words in (expression, spelled_out(expression)):
        try:
            return str(ibis.to_sql(words, dialect=dialect))
        except _CANNOT as failure:
            said = str(failure).partition("\n")[0]
    raise NotExpressible(said)


def check(dialect: str) -> None:
    """Refuse a dialect that cannot be written here (see `in_dialect`)."""
    if dialect not in DIALECTS:
        hint = did_you_mean(dialect.lower(), DIALECTS)
        raise UnknownName(f"no dialect '{dialect}'.{hint} There are: {', '.join(DIALECTS)}.")
    if dialect == "pyspark" and ibis.options.pyspark is None:
        try:
            _ = ibis.pyspark  # Its compiler reads options that come with the backend.
        except ImportError as missing:
            raise EngineError(
                "the dialect pyspark needs the package of that name, which is not installed",
                mend="pip install 'tenuto[spark]', or use --dialect databricks: it is Spark's too",
            ) from missing


def parser_of(dialect: str) -> Any:
    """The sqlglot dialect that reads what `in_dialect` writes."""
    return getattr(compilers, dialect).compiler.dialect
