"""From columns of text to log files: tab-separated lines; equal logs are equal bytes."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

ARCHIVE = ".tar.gz"
IN_MEMORY_BYTES = 64_000_000
COMPRESSION = 4


def log_lines(columns: list[pa.Array], prefix: pa.Array | None = None) -> pa.Array:
    """One string per row, fields split by tabs, each with its line end."""
    rows = pc.binary_join_element_wise(*columns, "\t")
    start = "" if prefix is None else prefix
    return pc.binary_join_element_wise(start, rows, "\n", "")


def log_bytes(lines: pa.Array) -> memoryview:
    """The lines' text as it lies in memory; no copy, no loop."""
    if not len(lines):
        return memoryview(b"")
    offsets = memoryview(lines.buffers()[1]).cast("i")
    first, last = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return memoryview(lines.buffers()[2])[first:last]


def write_log(out: Path, name: str, chunks: Iterable[memoryview | bytes], packed: bool) -> Path:
    """Write ``name`` (ending in ``.log``) to ``out``, plain or as a ``.tar.gz`` of one member."""
    if not packed:
        path = out / name
        with path.open("wb") as plain:
            plain.writelines(chunks)
        return path
    path = out / (name + ARCHIVE)
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as whole:
        whole.writelines(chunks)
        _pack(path, name, whole)
    return path


def _pack(path: Path, name: str, content: IO[bytes]) -> None:
    """No times, no owner, no file name in the header: the same log is the same archive."""
    member = tarfile.TarInfo(name)
    member.size = content.seek(0, io.SEEK_END)
    content.seek(0)
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        archive.addfile(member, content)


def cut_short(path: Path, share: float) -> None:
    """Keep only the first ``share`` of a file's bytes, as a broken transfer does."""
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))


def copy_as(path: Path, name: str) -> None:
    """Leave a second copy of a file under another name beside it."""
    shutil.copyfile(path, path.with_name(name))
