"""Saved files that are packed: how much comes out of them is asked before it does."""

from __future__ import annotations

import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

#: Refused above this: the largest recommender of ours unpacks to a tenth of it.
MOST_UNPACKED_BYTES = 8 << 30
_BYTES_PER_CELL = 8


def refuse_bomb(content: bytes) -> bytes:
    """``content``, a zip, as it is.

    Raises
    ------
    ValueError : if it unpacks to more than any model of ours, or is no zip
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError) as problem:
        raise ValueError(f"it is no zip: {problem}") from problem
    if size > MOST_UNPACKED_BYTES:
        raise ValueError(f"it unpacks to {size:,} bytes: a decompression bomb")
    return content


def table_of(content: bytes) -> pa.Table:
    """The rows of a Parquet file.

    Raises
    ------
    ValueError : if it cannot be read, or has more rows than memory holds
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        n_cells = file.metadata.num_rows * file.metadata.num_columns
        if n_cells * _BYTES_PER_CELL > MOST_UNPACKED_BYTES:
            raise ValueError(f"it has {file.metadata.num_rows:,} rows: a decompression bomb")
        return file.read()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"it is no whole Parquet file: {problem}") from problem
