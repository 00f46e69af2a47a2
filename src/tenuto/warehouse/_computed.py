"""Exports that are computed: written to scratch first, then read like any other file."""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.types as ir
import pyarrow as pa

from tenuto.warehouse._contract import Exported, Part
from tenuto.warehouse._files import parquet_part
from tenuto.warehouse._types import plain


def computed_part(at: Exported, name: str, digest: str, rows: ir.Table) -> Part:
    """The rows of ``rows``, computed when their turn comes; memory does not grow with them."""
    schema = plain(rows.schema().to_pyarrow())

    def batches() -> Iterator[pa.RecordBatch]:
        path = at.workspace.scratch / f"export-{name}.parquet"
        at.engine.write_parquet(rows, path)
        try:
            yield from parquet_part(path, None, None, digest).batches()
        finally:
            path.unlink(missing_ok=True)

    return Part(None, digest, schema, batches)
