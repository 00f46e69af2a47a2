"""The lake: tables as plain Parquet files in folders ``table/day=YYYY-MM-DD/``.

A file appears whole or not at all: it is written aside and renamed. Its metadata
carry the digest of what it was made from, so that work already done is recognised.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.engines import Engine
from tenuto.record import write_aside

_DIGEST_KEY = "tenuto.inputs"
# Kept fixed: they are part of the bytes that a rerun must repeat.
_PACKING: dict[str, Any] = {"compression": "zstd", "row_group_size": 1 << 20}


@dataclass(frozen=True)
class Lake:
    """Tables below ``root``; a table is a folder of day partitions."""

    root: Path

    def path(self, table: str, day: date, name: str = "part") -> Path:
        """Where the file ``name`` of ``table`` on ``day`` is, or would be."""
        return self.root / table / f"day={day.isoformat()}" / f"{name}.parquet"

    def days(self, table: str) -> list[date]:
        """The days of which ``table`` has a partition, in order."""
        folders = (self.root / table).glob("day=*")
        return sorted(date.fromisoformat(folder.name[4:]) for folder in folders)

    def files(
        self, table: str, *, since: date | None = None, before: date | None = None
    ) -> list[Path]:
        """The files of ``table`` with ``since <= day < before``, in order."""
        return [
            file
            for day in self.days(table)
            if (since is None or since <= day) and (before is None or day < before)
            for file in self.files_of(table, day)
        ]

    def files_of(self, table: str, day: date) -> list[Path]:
        """The files of one partition, in order."""
        return sorted(self.path(table, day).parent.glob("*.parquet"))

    def put(
        self,
        table: str,
        day: date,
        name: str,
        digest: str,
        engine: Engine,
        rows: ir.Table,
    ) -> None:
        """Write ``rows`` as one file of a partition, whole or not at all."""
        put_file(engine, self.path(table, day, name), rows, digest)

    def put_rows(self, table: str, day: date, name: str, digest: str, rows: pa.Table) -> None:
        """`put` for rows that are in memory."""

        tagged = rows.replace_schema_metadata({_DIGEST_KEY: digest})
        write_aside(
            self.path(table, day, name), lambda aside: pq.write_table(tagged, aside, **_PACKING)
        )

    def digest(self, table: str, day: date, name: str = "part") -> str | None:
        """The digest of the inputs of a file, or None where there is no readable file."""
        target = self.path(table, day, name)
        try:
            return stored_digest(target)
        except (FileNotFoundError, pa.ArrowInvalid):
            return None

    def keep_only(self, table: str, wanted: Iterable[Path]) -> None:
        """Remove every file of ``table`` that is not in ``wanted``, and empty partitions."""
        keep = set(wanted)
        for file in sorted((self.root / table).glob("day=*/*")):
            if file not in keep:
                file.unlink()
        for folder in sorted((self.root / table).glob("day=*")):
            if not any(folder.iterdir()):
                os.rmdir(folder)


def put_file(engine: Engine, target: Path, rows: ir.Table, digest: str) -> None:
    """Write ``rows`` to ``target``, whole or not at all, with the digest of their inputs."""
    metadata = tagged_with(digest)
    write_aside(target, lambda aside: engine.write_parquet(rows, aside, metadata))


def tagged_with(digest: str) -> dict[str, str]:
    """The metadata of a file that was made from what ``digest`` says."""
    return {_DIGEST_KEY: digest}


def stored_digest(file: Path) -> str | None:
    """The digest in a file's metadata, or None where the file holds none."""
    metadata = pq.read_metadata(file).metadata or {}
    found = metadata.get(_DIGEST_KEY.encode())
    return None if found is None else found.decode()
