"""Whether a mapping fits its log: seen in the first rows, before hours are spent on the others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tenuto.errors import SettingsError
from tenuto.sources._mapped.clocks import MICROSECONDS, Clock, clock_of, to_number, to_utc
from tenuto.sources._mapped.columnar import names_in_parquet
from tenuto.sources._mapped.delimited import fields_of_line, layout_of
from tenuto.sources._mapped.first_rows import N_ROWS, rows_of_file
from tenuto.sources._mapped.formats import first_lines, format_of
from tenuto.sources._mapped.mapping import ANY_OTHER, PLACE, Mapping, check_columns
from tenuto.sources._mapped.raw_blocks import RawBlock, as_text
from tenuto.sources._mapped.reader import mapped

# Arbitrary. Dirt is rarer than this; a wrong setting spoils nearly every row.
_MOST_BAD_IDS = 0.05
_MOST_BAD_VALUES = 0.5


def check_file(mapping: Mapping, path: Path) -> bool:
    """See that the columns of a file are there; whether it has any row at all.

    Of JSON only who and when have to be there: keys may be rare.

    Raises
    ------
    SettingsError : naming the key and what is there instead
    """
    match format_of(path):
        case "parquet":
            check_columns(mapping, names_in_parquet(path), path.name)
        case "json":
            must = ("user_id", mapping.time_key)
            check_columns(mapping, rows_of_file(path, N_ROWS).columns, path.name, must)
        case _:
            lines = first_lines(path)
            if not lines:
                return False
            _check_first_line(mapping, lines[0], path.name)
    return True


def check_values(mapping: Mapping, block: RawBlock, place: str) -> None:
    """See that times, ids, actions and numbers of the first rows can be read as the mapping says.

    Raises
    ------
    SettingsError : naming the key, the column and a value
    """
    _check_actions(mapping, block, place)
    rows = mapped(block, mapping)
    is_record = rows["is_record"].combine_chunks()
    if rows.num_rows == 0 or not pc.any(is_record).as_py():
        return
    cells = {key: block.cells[name] for key, name in mapping.used().items() if name in block.cells}
    known = {key: cell.filter(is_record) for key, cell in cells.items()}
    _check_time(mapping, known, place)
    _check_ids(mapping, known, place)
    _check_numbers(mapping, known, place)


def _check_first_line(mapping: Mapping, line: str, place: str) -> None:
    layout = layout_of(line, mapping)
    there = fields_of_line(line, layout.delimiter)
    if len(there) == 1 and len(set(mapping.used().values())) > 1:
        shown = mapping.delimiter or "any of the usual characters"
        raise SettingsError(
            f"{PLACE}.delimiter: lines of {place} do not fall apart at {shown!r}: "
            f"the first is {line[:80]!r}",
            mend='write the character between the cells, such as delimiter = ";"',
        )
    if mapping.columns and len(there) != len(mapping.columns):
        raise SettingsError(
            f"{PLACE}.columns: {len(mapping.columns)} are named, but the first line of {place} "
            f"has {len(there)}: {line[:80]!r}",
            mend="name every column in its order",
        )
    check_columns(mapping, layout.names, place)


def _check_actions(mapping: Mapping, block: RawBlock, place: str) -> None:
    if not mapping.actions or ANY_OTHER in mapping.actions or mapping.action not in block.cells:
        return
    is_record = block.frame["is_record"].combine_chunks()
    found = as_text(block.cells[mapping.action]).filter(is_record).to_pylist()
    unknown = Counter(value for value in found if value and value not in mapping.actions)
    if unknown:
        value, n_rows = max(unknown.items(), key=lambda item: (item[1], item[0]))
        raise SettingsError(
            f"{PLACE}.actions: {value!r} is not listed; {n_rows} of the first {len(found)} rows of "
            f"{place} have it in column {mapping.action!r}. Listed are: "
            f"{', '.join(mapping.actions)}.",
            mend=f'add "{value}" = "…", or "*" = "page" for all that is not listed',
        )


def _check_time(mapping: Mapping, cells: dict[str, pa.Array], place: str) -> None:
    values, clock = cells[mapping.time_key], clock_of(mapping)
    bad = _bad_values(as_text(values), to_utc(values, clock), _MOST_BAD_VALUES)
    if bad is None:
        return
    key, written = mapping.time_key, "that can be read"
    if clock.format:
        key, written = "time_format", f"as in {clock.format!r}"
    elif clock.unit != "auto":
        key, written = "time_unit", f"in {clock.unit!r}"
    raise SettingsError(
        f"{PLACE}.{key}: {bad!r} in column {mapping.used()[mapping.time_key]!r} of {place} is no "
        f"time {written} between 1990 and 2100",
        mend=_other_unit(values, clock),
    )


def _other_unit(values: pa.Array, clock: Clock) -> str:
    for unit in (*MICROSECONDS, "iso"):
        if to_utc(values, Clock(unit, "", clock.zone)).null_count == values.null_count:
            return f'write time_unit = "{unit}" and no time_format'
    return 'name the column of the time, or say how it is written: time_format = "%d.%m.%Y"'


def _check_ids(mapping: Mapping, cells: dict[str, pa.Array], place: str) -> None:
    for key in ("user_id", "item_id"):
        if key not in cells or getattr(mapping, f"{key}_type") == "string":
            continue
        text = as_text(cells[key])
        is_whole = pc.match_substring_regex(text, r"^-?\d+(\.0+)?$")
        read = pc.if_else(is_whole, text, pa.scalar(None, pa.string()))
        if (bad := _bad_values(text, read, _MOST_BAD_IDS)) is not None:
            raise SettingsError(
                f"{PLACE}.{key}_type: {bad!r} in column {mapping.used()[key]!r} of {place} is "
                "no whole number",
                mend=f'write {key}_type = "string"',
            )


def _check_numbers(mapping: Mapping, cells: dict[str, pa.Array], place: str) -> None:
    for key in ("played", "length"):
        if key not in cells:
            continue
        text = as_text(cells[key])
        bad = _bad_values(text, to_number(text, mapping.decimal), _MOST_BAD_VALUES)
        if bad is not None:
            raise SettingsError(
                f"{PLACE}.{key}: {bad!r} in column {mapping.used()[key]!r} of {place} is no number",
                mend='name another column, or write decimal = ","'
                if "," in bad
                else "name another column, or leave the key out",
            )


def _bad_values(text: pa.Array, read: pa.Array, most: float) -> str | None:
    """The first of ``text`` that could not be read, if more than the share ``most`` could not."""
    is_given = pc.fill_null(pc.not_equal(text, ""), False)
    is_bad = pc.and_(is_given, pc.is_null(read))
    n_bad, n_given = pc.sum(is_bad).as_py() or 0, pc.sum(is_given).as_py() or 0
    return text.filter(is_bad)[0].as_py() if n_given and n_bad > most * n_given else None
