"""What an executor does to write one file; it runs in Spark's Python workers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

# Kept fixed: the size of a row group is part of the bytes that a rerun must repeat.
ROW_GROUP_ROWS = 122_880


def write_batches(
    batches: Iterable[pa.RecordBatch], path: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Write ``batches`` to ``path``, a row group at a time, and tell how many rows they had.

    Spark may run it a second time, after an executor was lost or beside one that is slow: every
    attempt has a file of its own, and the whole file is renamed.
    """
    from pyspark import TaskContext

    context = TaskContext.get()
    aside = f"{path}.attempt-{context.taskAttemptId() if context else 0}"
    n_rows, problem = 0, None
    try:
        with pq.ParquetWriter(aside, schema, compression="zstd", coerce_timestamps="us") as writer:
            for rows in _row_groups(batches, schema):
                writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
                n_rows += rows.num_rows
        os.replace(aside, path)
    except OSError as failure:
        problem = failure.strerror or str(failure)
        if os.path.exists(aside):
            os.remove(aside)
    yield pa.RecordBatch.from_pydict(
        {"n_rows": pa.array([n_rows], pa.int64()), "problem": pa.array([problem], pa.string())}
    )


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of ``batches``, as many at a time as a row group has."""
    held: list[pa.RecordBatch] = []
    n_held = 0
    for batch in batches:
        held.append(batch)
        n_held += batch.num_rows
        while n_held >= ROW_GROUP_ROWS:
            rows = pa.Table.from_batches(held)
            yield rows.slice(0, ROW_GROUP_ROWS).cast(schema)
            held = rows.slice(ROW_GROUP_ROWS).to_batches()
            n_held -= ROW_GROUP_ROWS
    if n_held:
        yield pa.Table.from_batches(held).cast(schema)
