"""CSV for a CRM: RFC 4180, UTF-8, and nothing in it that a spreadsheet would run.

A cell of text that begins with = + - @, a tab or a carriage return is a formula to a spreadsheet;
it gets a ' in front. Song titles and ids come from outside. A number, negative or not, stays one.

Source: RFC 4180; OWASP, "CSV injection"; churn.md §6.2.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.record import write_aside

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(text: str) -> str:
    """``text`` as a spreadsheet may have it."""
    if text.startswith(_BEGINS_A_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """``table`` with a header, lines ended by CRLF; the unknown is an empty cell."""

    def write(aside: Path) -> None:
        with aside.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\r\n")
            writer.writerow([guarded(str(name)) for name in table.columns])
            writer.writerows(_rows(table))

    write_aside(file, write)


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
