"""Everything that a workspace holds, unpacked to text: for tests of forgetting."""

import re
import sqlite3
import zipfile
from pathlib import Path

import pyarrow.parquet as pq


def texts_of(root: Path) -> dict[str, str]:
    """Each file below ``root`` by name: its bytes as text, and what is packed in it."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): _text_of(path) for path in files}


def naming(root: Path, user_id) -> list[str]:
    """The files in which ``user_id`` can be found, by any of its spellings."""
    wanted = re.compile(rf"(?<![0-9A-Za-z]){re.escape(str(user_id))}(?![0-9A-Za-z])")
    return [name for name, text in texts_of(root).items() if wanted.search(text)]


def _text_of(path: Path) -> str:
    content = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        rows = pq.ParquetFile(path).read().to_pylist()
        return content + "\n".join(f" {value} " for row in rows for value in row.values())
    if path.suffix in (".sqlite", ".db"):
        database = sqlite3.connect(path)
        dump = "\n".join(database.iterdump())
        database.close()
        return content + dump
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return content + "".join(
                archive.read(name).decode("latin-1") for name in archive.namelist()
            )
    return content
