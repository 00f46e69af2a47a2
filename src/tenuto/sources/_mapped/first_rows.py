"""The first rows of a log: enough to see whether a mapping fits, or to guess one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from tenuto.errors import SourceError
from tenuto.sources._mapped.columnar import as_blocks, open_parquet
from tenuto.sources._mapped.delimited import fields_of_line, likely_delimiter
from tenuto.sources._mapped.formats import first_lines, format_of, identify
from tenuto.sources._mapped.json_lines import keys_of
from tenuto.sources._mapped.raw_blocks import RawBlock, as_text
from tenuto.sources._mapped.tables import address_of, rows_to_look_at
from tenuto.workspace import is_url

N_ROWS = 1_000
_BYTES_A_ROW = 100


@dataclass(frozen=True)
class FirstRows:
    """Some rows as text by column; "" where there is nothing.

    ``types`` are those of columns that have one. ``delimiter`` and ``has_header`` are of
    delimited files; a file without a header has columns named like ``column_1``.
    """

    name: str
    columns: dict[str, list[str]]
    types: dict[str, pa.DataType] = field(default_factory=dict)
    delimiter: str = ""
    has_header: bool = True


def rows_of_file(path: Path, n_rows: int = N_ROWS, delimiter: str = "") -> FirstRows:
    """The first rows of ``path``, without knowing what is what."""
    match format_of(path):
        case "parquet":
            batches = open_parquet(path).iter_batches(batch_size=n_rows)
            return _of_block(path.name, next(as_blocks(batches, n_rows), None))
        case "json":
            lines = first_lines(path, n_rows * _BYTES_A_ROW)
            return FirstRows(path.name, keys_of(lines[:n_rows]))
    lines = first_lines(path, n_rows * _BYTES_A_ROW)[: n_rows + 1]
    return _of_lines(path.name, lines, delimiter)


def rows_of_logs(logs: Path | str, n_rows: int, delimiter: str = "") -> FirstRows:
    """The first rows of a table, a file, or the largest file of a folder.

    Raises
    ------
    SourceError : if there is no row to look at
    """
    if is_url(logs):
        address = address_of(str(logs))
        return _of_block(address.table, rows_to_look_at(address, n_rows))
    root = Path(logs)
    if not root.exists():
        raise SourceError(f"there is no folder or file {root}", mend="check --logs")
    files = [path for path in sorted(root.rglob("*")) if path.is_file()] or [root]
    tables = (
        [root] if root.is_file() else [p for p in files if not isinstance(identify(p.name), str)]
    )
    if not tables:
        raise SourceError(
            f"{root} holds no table", mend="name a file: .csv, .tsv, .jsonl or .parquet"
        )
    rows = rows_of_file(max(tables, key=lambda path: path.stat().st_size), n_rows, delimiter)
    if not rows.columns:
        raise SourceError(f"{rows.name} is empty", mend="name a file with rows in it")
    return rows


def look_like_a_header(first: list[str], others: Iterable[list[str]]) -> bool:
    """Whether ``first`` are names: all different, and no number among them.

    A file whose cells are all words has a header if the first cell is not met again below.
    """
    if len(set(first)) < len(first) or not all(first):
        return False
    return not any(any(char.isdigit() for char in cell[:1]) for cell in first) and not any(
        row[:1] == first[:1] for row in others
    )


def _of_block(name: str, block: RawBlock | None) -> FirstRows:
    if block is None:
        return FirstRows(name, {})
    texts = {column: as_text(cell).to_pylist() for column, cell in block.cells.items()}
    columns = {column: [text or "" for text in cells] for column, cells in texts.items()}
    return FirstRows(name, columns, {column: cell.type for column, cell in block.cells.items()})


def _of_lines(name: str, lines: list[str], delimiter: str) -> FirstRows:
    if not lines:
        return FirstRows(name, {})
    delimiter = delimiter or likely_delimiter(lines[0])
    first, *others = (fields_of_line(line, delimiter) for line in lines)
    regular = [row for row in others if len(row) == len(first)]
    has_header = look_like_a_header(first, regular)
    names = first if has_header else [f"column_{place}" for place in range(1, len(first) + 1)]
    rows = regular if has_header else [first, *regular]
    columns = {column: [row[place] for row in rows] for place, column in enumerate(names)}
    return FirstRows(name, columns, {}, delimiter, has_header)
