"""A table that somebody made: one row per user, read as it stands, every oddity reported.

    userId,gender,count_items,thumbs_up_pct,churn
    1000025,M,2005,0.958,1

CSV (also with tabs or semicolons), plain or packed (.gz, .bz2), or Parquet. Columns are numbers,
yes or no, or short lists of words; the rest is left aside and said so. No row or column goes
quietly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tenuto.churn._columns import Encoding, as_number, is_blank, learn_encoding
from tenuto.errors import SourceError

ID_NAMES = ("user_id", "userid", "user", "customer_id", "customerid", "account_id", "msno", "uid")
# Where pandas keeps the number of a row: the order of a table is not what a user did.
_ROW_NUMBER = r"__index_level_\d+__"
_YES, _NO = ("1", "true", "yes", "y", "1.0"), ("0", "false", "no", "n", "0.0")


@dataclass(frozen=True)
class RawTable:
    """Cells as text, as they stand in the file; ``""`` where Parquet has NULL.

    line : the line (or row, in Parquet) of each row, from 1, with the header counted
    """

    file: Path
    cells: pd.DataFrame
    line: np.ndarray

    def place(self, row: int, column: str) -> str:
        """Where a cell is, for an error: file, line and column."""
        return f"{self.file}, line {self.line[row]}, column '{column}'"


@dataclass(frozen=True)
class Labelled:
    """Ids and labels of the rows of a table; ``y`` is NaN where the label is blank."""

    user_id: np.ndarray
    y: np.ndarray | None


@dataclass
class Counts:
    """What was read and what became of it: ``n_rows`` = used + all that was left out."""

    n_rows: int = 0
    n_without_label: int = 0
    pseudo_users: list[str] = field(default_factory=list)
    n_duplicates: int = 0


def read_table(file: Path | str) -> RawTable:
    """Every cell of ``file`` as text.

    Raises
    ------
    SourceError : if there is no such file, it has no rows or a column twice, or a line has
        more or fewer fields than the header, naming the line
    """
    path = Path(file)
    if not path.is_file():
        raise SourceError(f"there is no file {path}", mend="name a CSV, TSV or Parquet file")
    table = _parquet(path) if ".parquet" in path.suffixes else _text(path)
    names = [name.strip() for name in table.column_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not table.num_rows:
        problem = f"columns twice: {', '.join(twice)}" if twice else "no rows below the header"
        mend = "give each column a name of its own" if twice else "export the table again"
        raise SourceError(f"{path}: {problem}", mend=mend)
    # A Parquet row has no header above it, but counting as in a text file does no harm.
    cells = table.rename_columns(names).to_pandas().fillna("")
    cells = cells.drop(columns=[name for name in names if re.fullmatch(_ROW_NUMBER, name)])
    return RawTable(path, cells, np.arange(2, len(cells) + 2))


def find_id(table: RawTable, name: str | None = None) -> str:
    """The column of the ids: ``name``, or the first that is called as ids usually are.

    Raises
    ------
    SourceError : if it is not there
    """
    columns = list(table.cells.columns)
    if name is not None:
        return known_column(table, name)
    for usual in ID_NAMES:
        for column in columns:
            if column.lower().replace(" ", "_") == usual:
                return column
    raise SourceError(
        f"{table.file} has no column of ids that is called like one: {', '.join(columns)}",
        mend="name it with --id COLUMN",
    )


def known_column(table: RawTable, name: str) -> str:
    """``name``, if the table has it; SourceError with what there is instead."""
    if name in table.cells.columns:
        return name
    raise SourceError(
        f"{table.file} has no column '{name}'. There are: {', '.join(table.cells.columns)}",
        mend="check the spelling; capital letters count",
    )


def read_labels(table: RawTable, id_column: str, label: str | None) -> Labelled:
    """Ids as int64 when all are integers, else text; labels as 1, 0 or NaN (blank).

    Raises
    ------
    SourceError : for a blank or repeated id, or a label that is neither yes nor no
    """
    for name in (id_column, *([] if label is None else [label])):
        known_column(table, name)
    ids = table.cells[id_column].str.strip()
    _refuse(table, id_column, is_blank(ids), "has no id", "remove the row, or give it an id")
    repeated = ids.duplicated()
    _refuse(table, id_column, repeated, "is there already", "one row per user: sum or choose first")
    # Longer numbers than int64 holds stay text.
    is_integer = bool(ids.str.fullmatch(r"(0|-?[1-9]\d{0,17})").all())
    user_id = ids.astype(np.int64).to_numpy() if is_integer else ids.to_numpy(dtype=object)
    if label is None:
        return Labelled(user_id, None)
    words = table.cells[label].str.strip().str.lower()
    is_yes, is_no = words.isin(_YES), words.isin(_NO)
    odd = ~(is_yes | is_no | is_blank(words))
    _refuse(table, label, odd, "is neither 0 nor 1", "give 1 to those who left, 0 to the others")
    return Labelled(user_id, np.where(is_yes, 1.0, np.where(is_no, 0.0, np.nan)))


def encode(table: RawTable, encoding: Encoding) -> pd.DataFrame:
    """Columns as numbers, NaN for blank, as ``encoding`` says.

    Raises
    ------
    SourceError : if a column is missing, or a cell of a column of numbers is none
    """
    parts = {}
    for column in encoding.numbers:
        cells = table.cells[known_column(table, column)]
        numbers, odd = as_number(cells)
        _refuse(table, column, odd, "is not a number", "correct the cell, or leave it blank")
        parts[column] = numbers
    for column, words in encoding.words.items():
        cells = table.cells[known_column(table, column)].str.strip()
        unknown = is_blank(cells)
        for word in words:
            parts[f"{column}={word}"] = (cells == word).astype(np.float64).where(~unknown)
    return pd.DataFrame(parts, index=table.cells.index, dtype=np.float64)


def learned_encoding(table: RawTable, leave: Sequence[str]) -> Encoding:
    """Which columns are numbers and which are words; those in ``leave`` are no features."""
    return learn_encoding(table.cells.drop(columns=list(leave)))


def _refuse(table: RawTable, column: str, is_wrong: pd.Series, problem: str, mend: str) -> None:
    if is_wrong.any():
        row = int(np.argmax(is_wrong.to_numpy()))
        value = table.cells[column].iloc[row]
        more = int(is_wrong.sum()) - 1
        also = f" (and {more:,} more such rows)" if more else ""
        raise SourceError(f"{table.place(row, column)}: '{value}' {problem}{also}", mend=mend)


def _parquet(path: Path) -> pa.Table:
    try:
        table = pyarrow.parquet.read_table(path)
        return pa.table({name: _as_text(table[name]) for name in table.column_names})
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as problem:
        raise SourceError(
            f"{path}: {problem}", mend="write flat columns, and try again"
        ) from problem


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string())


def _text(path: Path) -> pa.Table:
    broken: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    delimiter = _delimiter(path)
    parse = pyarrow.csv.ParseOptions(
        delimiter=delimiter, invalid_row_handler=note, newlines_in_values=True
    )
    try:
        # One thread: only then are rows numbered.
        read = pyarrow.csv.ReadOptions(use_threads=False)
        with pa.input_stream(path, compression="detect") as stream:
            header = _header(path, delimiter)
            convert = pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            )
            table = pyarrow.csv.read_csv(stream, read, parse, convert)
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError, UnicodeDecodeError) as problem:
        raise SourceError(f"{path}: {problem}", mend="export it as UTF-8 CSV") from problem
    if broken:
        first = broken[0]
        raise SourceError(
            f"{path}, line {first.number}: {first.actual_columns} fields where the header has "
            f"{first.expected_columns}: '{first.text[:60]}'",
            mend="correct the line; a text with a comma in it goes in double quotes",
        )
    return table


def _delimiter(path: Path) -> str:
    """What stands between the names of the header; a comma if there is one name."""
    with pa.input_stream(path, compression="detect") as stream:
        first = stream.read(1 << 16).partition(b"\n")[0]
    return max((",", "\t", ";", "|"), key=lambda between: first.count(between.encode()))


def _header(path: Path, delimiter: str) -> list[str]:
    with pa.input_stream(path, compression="detect") as stream:
        read = pyarrow.csv.ReadOptions(block_size=1 << 16, use_threads=False)
        parse = pyarrow.csv.ParseOptions(
            delimiter=delimiter, invalid_row_handler=lambda row: "skip", newlines_in_values=True
        )
        return list(pyarrow.csv.open_csv(stream, read, parse).schema.names)
