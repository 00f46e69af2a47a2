"""Exports that are a file of a run: Parquet as it is, CSV with the types that its member names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tenuto.privacy import unguarded_table
from tenuto.record import digest_of_file
from tenuto.warehouse._contract import Exported, Part, Table
from tenuto.warehouse._types import fitted, plain

#: Rows in memory at a time. Arbitrary: a few megabytes, whatever the table.
ROWS_AT_A_TIME = 100_000


def of_run(
    at: Exported, name: str, file: str, key: tuple[str, ...], types: Mapping | None = None
) -> list[Table]:
    """The table ``name`` from ``file`` in the folder of the run, with its cutoff in front.

    ``types`` are those of the columns of a CSV; what it does not name is a float. Where the run
    has no such file, rows that an earlier run at this cutoff left in the warehouse go.
    """
    path = at.run / file
    if not path.exists():
        return [Table(name, key, [no_rows(at.cutoff)])]
    read = parquet_part if types is None else _csv_part(types)
    return [Table(name, key, [read(path, "cutoff", at.cutoff, digest_of_file(path))])]


def parquet_part(path: Path, by: str | None, value: date | str | None, digest: str) -> Part:
    """The rows of a Parquet file, with ``value`` in the column ``by`` if they have none."""
    found = plain(pq.read_schema(path).remove_metadata())
    schema = _with_value(found, by, value)

    def batches() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_A_TIME):
                yield fitted(_valued(batch, by, value), schema)

    return Part(value, digest, schema, batches)


def no_rows(value: date | str | None) -> Part:
    """A part of which nothing is there any more."""
    return Part(value, "", None, tuple)


def _csv_part(types: Mapping[str, pa.DataType]):
    def part(path: Path, by: str, value: date | str | None, digest: str) -> Part:
        schema = _with_value(_csv_schema(path, types), by, value)

        def batches() -> Iterable[pa.RecordBatch]:
            options = pa_csv.ConvertOptions(
                column_types={field.name: field.type for field in schema},
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                true_values=["True"],
                false_values=["False"],
            )
            table = unguarded_table(pa_csv.read_csv(path, convert_options=options))
            for batch in table.to_batches(max_chunksize=ROWS_AT_A_TIME):
                yield fitted(_valued(batch, by, value), schema)

        return Part(value, digest, schema, batches)

    return part


def _csv_schema(path: Path, types: Mapping[str, pa.DataType]) -> pa.Schema:
    with path.open(encoding="utf-8") as lines:
        names = lines.readline().rstrip("\r\n").split(",")
    return pa.schema([(name, types.get(name, pa.float64())) for name in names])


def _with_value(schema: pa.Schema, by: str | None, value: date | str | None) -> pa.Schema:
    if by is None or by in schema.names:
        return schema
    kind = pa.date32() if isinstance(value, date) else pa.string()
    return pa.schema([(by, kind), *((field.name, field.type) for field in schema)])


def _valued(batch: pa.RecordBatch, by: str | None, value: date | str | None) -> pa.RecordBatch:
    if by is None or by in batch.schema.names:
        return batch
    column = pa.repeat(pa.scalar(value), batch.num_rows)
    return pa.RecordBatch.from_arrays([column, *batch.columns], names=[by, *batch.schema.names])
