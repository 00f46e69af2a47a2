"""What every engine can do; definitions above this room use nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa

#: From some rows of a table to rows of another; it may not look at other rows.
BatchFunction = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Engine(ABC):
    """Runs Ibis expressions on tables in memory and in Parquet files.

    An engine belongs to one thread. Use it as a context manager, or call `close`.
    """

    name: str
    #: Whether there can be others beside it (`beside`), each on a thread of its own.
    has_siblings = False

    def beside(self) -> Engine:
        """Another engine for another thread; they share their memory limit, and no table.

        Only where it ``has_siblings``. It is closed before this one.
        """
        raise NotImplementedError(f"the engine {self.name} shares out its work itself")

    @abstractmethod
    def from_arrow(self, table: pa.Table, name: str | None = None) -> ir.Table:
        """An Ibis table over ``table``; row order is kept.

        With a ``name`` it takes the place of the table that had it, so that expressions
        over that name can be computed again on the new rows.
        """

    def lend(self, table: pa.Table, name: str) -> ir.Table:
        """`from_arrow` for rows that are read once or twice: they may stay where they are."""
        return self.from_arrow(table, name)

    @abstractmethod
    def read_parquet(self, paths: Iterable[str | Path], name: str | None = None) -> ir.Table:
        """One table over all files of ``paths``, which share a schema; at least one file.

        A ``name`` works as in `from_arrow`.
        """

    @abstractmethod
    def cache(self, expression: ir.Table, name: str | None = None) -> ir.Table:
        """``expression`` computed once and kept until `close`, or until ``name`` is taken anew."""

    @abstractmethod
    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """The rows of ``expression`` in memory."""

    @abstractmethod
    def map_arrow(self, table: ir.Table, function: BatchFunction, schema: pa.Schema) -> ir.Table:
        """What ``function`` makes of ``table``, a batch of rows at a time; rows have no order.

        ``function`` gets some of the batches, on Spark in another process, and may be called
        any number of times; what it yields has the columns of ``schema``.
        """

    @abstractmethod
    def write_parquet(
        self, expression: ir.Table, path: Path, metadata: Mapping[str, str] | None = None
    ) -> int:
        """Write ``expression`` to the one file ``path`` and return the number of rows.

        The same rows in the same order give the same bytes: sort first if order matters.
        Time stamps are written in microseconds, which is all that Spark reads.
        """

    @abstractmethod
    def close(self) -> None:
        """Free memory and scratch space."""

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
