"""What a file of rows is: Parquet, JSON lines, or lines with a delimiter."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Literal

from tenuto.errors import SourceError
from tenuto.sources._contract import Identity, unreadable
from tenuto.sources._mapped.columnar import ParquetReader
from tenuto.sources._mapped.delimited import DelimitedReader
from tenuto.sources._mapped.json_lines import JsonLinesReader
from tenuto.sources._mapped.mapping import Mapping
from tenuto.sources._mapped.raw_blocks import BLOCK_ROWS, RawReader
from tenuto.sources._packing import LineReader

Format = Literal["delimited", "json", "parquet"]

_ENDINGS = "csv|tsv|tab|psv|txt|dat|data|json|jsonl|ndjson|parquet|pq"
_NAME = re.compile(rf"(.+)\.(?:{_ENDINGS})(?:\.(?:gz|bz2|zip|tar|tgz))*", re.IGNORECASE)
_FIRST_BYTES = 1 << 16


def identify(name: str) -> Identity | str:
    """What a file is by its name, or why it is not read."""
    match = _NAME.fullmatch(name)
    if match is None:
        return "not a table by its name (.csv, .tsv, .txt, .data, .json, .jsonl or .parquet)"
    return identity_of(match[1])


def identity_of(name: str) -> Identity:
    """Any file, whatever its name."""
    return Identity(name.replace("/", "__"), "table", "", None)


def format_of(path: Path) -> Format:
    """The format of a file, by what is in it.

    Raises
    ------
    SourceError : if it is one JSON array or in UTF-16, or cannot be read
    """
    try:
        with path.open("rb") as raw:
            head = raw.read(4)
    except OSError as failure:
        raise unreadable(path, failure) from failure
    if head == b"PAR1":
        return "parquet"
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise SourceError(
            f"{path.name} is UTF-16, not UTF-8",
            mend=f"iconv -f UTF-16 -t UTF-8 {path.name} > {path.stem}.utf8{path.suffix}",
        )
    start = "\n".join(first_lines(path)[:2]).lstrip()
    if re.match(r"\[\s*[{\]]", start):
        raise SourceError(
            f"{path.name} is one JSON array, not an object on each line",
            mend=f"jq -c '.[]' {path.name} > {path.stem}.jsonl",
        )
    return "json" if start.startswith("{") else "delimited"


def first_lines(path: Path, n_bytes: int = _FIRST_BYTES) -> list[str]:
    """The lines of the first ``n_bytes`` of a file, without blank ones and byte order mark."""
    block = next(iter(LineReader(path, n_bytes)), None)
    lines = [] if block is None else block["line"].to_pylist()
    return [line for line in (line.lstrip("\ufeff") for line in lines) if line.strip()]


def open_rows(path: Path, mapping: Mapping, block_rows: int = BLOCK_ROWS) -> RawReader:
    """The reader of the rows of ``path``."""
    match format_of(path):
        case "parquet":
            return ParquetReader(path, block_rows)
        case "json":
            return JsonLinesReader(path, mapping.used().values(), block_rows)
    return DelimitedReader(path, mapping, block_rows)
