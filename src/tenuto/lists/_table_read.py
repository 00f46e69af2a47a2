"""A plain table of who had to do with what: one row per play, or per user and item with a weight.

    userID,artistID,weight        user_id,song_id,ts            196  242  3  881250949
    2,51,13883                    13612,1031,1390209967

CSV, TSV and the like with or without a header, packed or not, JSON lines, Parquet; or a matrix of
scipy.sparse, users by items. What cannot be used is left out, counted and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.errors import SourceError
from tenuto.lists._table_columns import ITEM, TIME, USER, WEIGHT, Columns, find_columns
from tenuto.recommenders._interchange_pairs import read_matrix
from tenuto.sources._mapped.clocks import Clock, to_number, to_utc
from tenuto.sources._mapped.first_rows import FirstRows, rows_of_file
from tenuto.sources._mapped.formats import open_rows
from tenuto.sources._mapped.mapping import Mapping as SourceMapping
from tenuto.sources._mapped.raw_blocks import as_text
from tenuto.sources._mapped.values import decimal_mark, written_time

_WHOLE = r"^(0|-?[1-9]\d{0,17})(\.0+)?$"
_ROWS_TO_SEE = 20_000


@dataclass(frozen=True)
class PairTable:
    """What was read.

    rows : ``user_id`` and ``item_id`` (int64 where all are whole numbers, else text), ``weight``
        where there is one, and ``time``: a clock in UTC, or places in an order
    what : one line on which column is what
    notes : what was left out, and why
    """

    name: str
    rows: pd.DataFrame
    n_read: int
    what: str
    notes: list[str]

    @property
    def weight(self) -> str | None:
        return WEIGHT if WEIGHT in self.rows else None

    @property
    def time(self) -> str | None:
        return TIME if TIME in self.rows else None


def read_pair_table(
    file: Path | str,
    told: Mapping[str, str | None] | None = None,
    *,
    user_ids: pd.Index | None = None,
    item_ids: pd.Index | None = None,
) -> PairTable:
    """The table in ``file``.

    Parameters
    ----------
    told : role (``user``, ``item``, ``weight``, ``time``) -> its column, where somebody said so
    user_ids, item_ids : of the rows and columns of a matrix

    Raises
    ------
    SourceError : if there is no such file, a column cannot be found, or no row can be used
    """
    path = Path(file)
    if not path.is_file():
        raise SourceError(f"there is no file {path}", mend="name a table: CSV, TSV or Parquet")
    if path.suffix == ".npz":
        rows = read_matrix(path, user_ids, item_ids)
        what = "a matrix, users in rows and items in columns"
        table = PairTable(path.name, rows, len(rows), what, [])
        return _usable(table, {"a weight below 0": rows["weight"] < 0})
    first = rows_of_file(path, _ROWS_TO_SEE)
    if not first.columns:
        raise SourceError(f"{path} has no rows", mend="name a file with rows in it")
    columns = find_columns(first, told or {})
    cells, n_read, damage = _cells(path, first, columns)
    rows, wrong = _typed(cells, first, columns)
    notes = [f"the file is damaged after what was read: {damage}"] if damage else []
    if n_read > len(rows):
        notes.append(f"lines with more or fewer cells than the others: {n_read - len(rows):,}")
    table = PairTable(path.name, rows, n_read, columns.in_words(), notes)
    return _usable(table, wrong)


def _usable(table: PairTable, wrong: Mapping[str, pd.Series]) -> PairTable:
    """Without the rows that are ``wrong``, each counted under its first reason."""
    kept, notes = pd.Series(True, index=table.rows.index), list(table.notes)
    for why, is_wrong in wrong.items():
        n_rows = int((kept & is_wrong).sum())
        if n_rows:
            notes.append(f"{n_rows:,} row{'' if n_rows == 1 else 's'} with {why} left out")
            kept &= ~is_wrong
    if not kept.any():
        raise SourceError(
            f"no row of {table.name} can be used: {'; '.join(notes) or 'there is none'}",
            mend="check which column is what: --user, --item, --weight, --time",
        )
    # Numbers that stood beside blanks are objects until the blanks are gone.
    rows = table.rows[kept].reset_index(drop=True).infer_objects()
    return PairTable(table.name, rows, table.n_read, table.what, notes)


def _cells(path: Path, first: FirstRows, columns: Columns) -> tuple[pa.Table, int, str | None]:
    """The used columns of every whole row, by role; how many rows there are; what is damaged."""
    used = columns.by_role()
    mapping = SourceMapping(
        # Roles that a log has not stand in for what the reader of JSON is to look for.
        user_id=used[USER],
        item_id=used[ITEM],
        timestamp=used.get(TIME, ""),
        played=used.get(WEIGHT, ""),
        delimiter=first.delimiter,
        columns=[] if first.has_header or not first.delimiter else list(first.columns),
    )
    reader, parts, n_read = open_rows(path, mapping), [], 0
    for block in reader:
        n_read += block.frame.num_rows
        whole = block.frame["is_record"].combine_chunks()
        parts.append(
            pa.table({role: block.cells[name].filter(whole) for role, name in used.items()})
        )
    if not parts:
        raise SourceError(f"{path} has no rows below its header", mend="name a file with rows")
    return pa.concat_tables(parts, promote_options="permissive"), n_read, reader.damage


def _typed(
    cells: pa.Table, first: FirstRows, columns: Columns
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Ids, weights and times; and which rows are wrong, by what is wrong with them."""
    used = columns.by_role()
    rows = pd.DataFrame(
        {
            f"{role}_id": ids_of(cells[role].combine_chunks(), used[role] in first.types)
            for role in (USER, ITEM)
        }
    )
    wrong = {f"no {role}": rows[f"{role}_id"].isna() for role in (USER, ITEM)}
    if columns.weight is not None:
        mark = decimal_mark(first.columns[columns.weight.column])
        weight = to_number(as_text(cells[WEIGHT].combine_chunks()), mark)
        rows[WEIGHT] = weight.to_numpy(zero_copy_only=False)
        wrong["a weight that is no number"] = rows[WEIGHT].isna() | np.isinf(rows[WEIGHT])
        wrong["a weight below 0"] = rows[WEIGHT] < 0
    if columns.time is not None:
        rows[TIME] = _times(cells[TIME].combine_chunks(), first, columns.time.column)
        wrong["no time that can be read"] = rows[TIME].isna()
    return rows, wrong


def ids_of(values: pa.Array, has_type: bool) -> pd.Series:
    """int64 where the file says so, or where it has no types and all are whole; else text."""
    text = as_text(values)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    given = pc.drop_null(text)
    is_text = has_type and not _is_number(values.type)
    if is_text or not len(given) or not pc.all(pc.match_substring_regex(given, _WHOLE)).as_py():
        return pd.Series(text.to_pandas(), dtype="str")
    number = pc.replace_substring_regex(text, r"\.0+$", "").cast(pa.int64())
    return pd.Series(number.to_pandas(integer_object_nulls=True))


def _is_number(kind: pa.DataType) -> bool:
    # A column of whole numbers with a blank is written as floats by tools that know no other way.
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _times(values: pa.Array, first: FirstRows, column: str) -> pd.Series:
    """Clocks in UTC where the values are times, else the numbers that they are."""
    seen = [value for value in first.columns[column] if value]
    written = written_time(seen, first.types.get(column))
    if written is None:
        numbers = to_number(as_text(values), decimal_mark(seen))
        return pd.Series(numbers.to_numpy(zero_copy_only=False))
    said = {key: value for key, value, _ in written.lines}
    clock = Clock(said.get("time_unit", "auto"), said.get("time_format", ""))
    return pd.Series(to_utc(values, clock).to_pandas())
