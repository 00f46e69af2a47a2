"""CSV for people and CRMs: RFC 4180, UTF-8, and nothing in it that a spreadsheet would run.

A cell of text that begins with = + - @, a tab or a line end is a formula to a spreadsheet, in some
countries also with their wide forms; it gets a ' in front. Song titles and ids come from outside. A
number, negative or not, stays one. What a program wrote so, it reads back as it was: text that had
such a ' already gets another one.

Source: RFC 4180; OWASP, "CSV injection"; churn.md §6.2.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.record import write_aside

_BEGINS_A_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
_MAY_BE_A_FORMULA = f"^'*[{re.escape(''.join(_BEGINS_A_FORMULA))}]"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(text: str) -> str:
    """``text`` as a spreadsheet may have it."""
    if text.lstrip("'").startswith(_BEGINS_A_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def unguarded(cell: str) -> str:
    """The text that `guarded` made ``cell`` of."""
    is_guarded = cell.startswith("'") and cell.lstrip("'").startswith(_BEGINS_A_FORMULA)
    return cell[1:] if is_guarded else cell


def guarded_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with all text guarded, for whoever writes them."""
    return _with_texts(rows, guarded)


def guarded_table(table: pa.Table) -> pa.Table:
    """The same for an Arrow table; columns without anything to guard stay as they are."""
    return _with_cells(table, guarded)


def unguarded_table(table: pa.Table) -> pa.Table:
    """What `guarded_table` was given."""
    return _with_cells(table, unguarded)


def write_table(rows: pd.DataFrame, file: Path) -> None:
    """``rows`` as CSV for people and programs alike; see `read_table`."""
    guarded_rows(rows).to_csv(file, index=False)


def read_table(file: Path, dtype: Any = None) -> pd.DataFrame:
    """What `write_table` wrote; without rows and columns where there is no such file or nothing.

    Only an empty cell is unknown: there are songs called "NA" and "null".
    """
    if not file.exists() or not file.read_bytes()[:2].strip():
        return pd.DataFrame()
    rows = pd.read_csv(file, keep_default_na=False, na_values=[""], dtype=dtype)
    return _with_texts(rows, unguarded)


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """``table`` with a header, lines ended by CRLF; the unknown is an empty cell."""

    def write(aside: Path) -> None:
        with aside.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\r\n")
            writer.writerow([guarded(str(name)) for name in table.columns])
            writer.writerows(_rows(table))

    write_aside(file, write)


def _with_texts(rows: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    found = rows.copy()
    for name in rows:
        if rows[name].dtype == object or pd.api.types.is_string_dtype(rows[name]):
            found[name] = rows[name].map(partial(_of_text, change))
    return found


def _with_cells(table: pa.Table, change: Callable[[str], str]) -> pa.Table:
    for at, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        found = pc.fill_null(pc.match_substring_regex(table[at], _MAY_BE_A_FORMULA), False)
        if pc.any(found).as_py():
            cells = pa.array((_of_text(change, cell) for cell in table[at].to_pylist()), field.type)
            table = table.set_column(at, field, cells)
    return table


def _of_text(change: Callable[[str], str], cell: Any) -> Any:
    return change(cell) if isinstance(cell, str) else cell


def _rows(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    return zip(*(_cells(table[name]) for name in table), strict=True)


def _cells(column: pd.Series) -> list[Any]:
    """Text guarded, truth as true and false, the rest as numbers are written."""
    values = column.astype("object").where(column.notna(), "")
    if pd.api.types.is_bool_dtype(column):
        return [str(value).lower() for value in values]
    if pd.api.types.is_numeric_dtype(column):
        return [value.item() if isinstance(value, np.generic) else value for value in values]
    return [guarded(str(value)) for value in values]
