"""Anybody's rows to the columns that every source gives, as the mapping says."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from tenuto.events.actions import ACTIONS
from tenuto.sources._mapped.clocks import Clock, clock_of, to_number, to_utc
from tenuto.sources._mapped.mapping import ANY_OTHER, Mapping
from tenuto.sources._mapped.raw_blocks import RawBlock, RawReader, as_text

_AS_THEY_ARE = ("title", "artist", "device", "session_id", "plan", "gender", "location")
_NO_TEXT = pa.scalar(None, pa.string())


class MappedReader:
    """The blocks of ``raw`` with the columns of a source, as ``mapping`` says."""

    def __init__(self, raw: RawReader, mapping: Mapping):
        self._raw = raw
        self._mapping = mapping

    @property
    def damage(self) -> str | None:
        return self._raw.damage

    @property
    def n_bytes(self) -> int:
        return self._raw.n_bytes

    def __iter__(self) -> Iterator[pa.Table]:
        for block in self._raw:
            yield mapped(block, self._mapping)


def mapped(block: RawBlock, mapping: Mapping) -> pa.Table:
    """One row per row of ``block``; columns that nothing is mapped to are left out.

    A row whose action is not among ``mapping.actions`` is no record.
    """
    cells = {key: _cell(block, column) for key, column in mapping.used().items()}
    frame, columns = block.frame, _who_and_what(cells, mapping)
    columns |= _when(cells, mapping)
    columns |= {name: _known(as_text(cells[name])) for name in _AS_THEY_ARE if name in cells}
    columns |= _told_otherwise(cells, mapping)
    action, is_listed = _actions(cells.get("action"), mapping, frame.num_rows)
    is_record = pc.and_(frame["is_record"].combine_chunks(), is_listed)
    frame = frame.set_column(frame.schema.get_field_index("is_record"), "is_record", is_record)
    for name, values in {**columns, "action": action}.items():
        frame = frame.append_column(name, values)
    return frame


def _cell(block: RawBlock, column: str) -> pa.Array:
    """The cells of ``column``; NULL where a file has no such column."""
    found = block.cells.get(column)
    return pa.nulls(block.frame.num_rows, pa.string()) if found is None else found


def _who_and_what(cells: dict[str, pa.Array], mapping: Mapping) -> dict[str, pa.Array]:
    columns = {"user_text": _id(cells["user_id"], mapping.user_id_type)}
    if "item_id" in cells:
        columns["item_text"] = _id(cells["item_id"], mapping.item_id_type)
    return columns


def _when(cells: dict[str, pa.Array], mapping: Mapping) -> dict[str, pa.Array]:
    """A clock and its day in UTC, or a day alone."""
    clock = clock_of(mapping)
    if mapping.day:
        return {"day": to_utc(cells["day"], clock).cast(pa.date32(), safe=False)}
    moment = to_utc(cells["timestamp"], clock)
    return {
        "timestamp_text": pc.fill_null(as_text(cells["timestamp"]), ""),
        "timestamp": moment,
        "day": moment.cast(pa.date32(), safe=False),
    }


def _told_otherwise(cells: dict[str, pa.Array], mapping: Mapping) -> dict[str, pa.Array]:
    """The columns whose values are to be converted, or are not kept as they are."""
    columns = {}
    for key, unit in (("played", mapping.played_unit), ("length", mapping.length_unit)):
        if key in cells:
            columns[f"{key}_text"] = _seconds(as_text(cells[key]), unit, mapping.decimal)
    if "is_paid" in cells:
        columns["is_paid"] = _is_paid(as_text(cells["is_paid"]), mapping)
    if "registered" in cells:
        columns["registered"] = _registered(cells["registered"], clock_of(mapping))
    for key in ("user_agent", "text"):
        if key in cells:
            columns[key] = _known(as_text(cells[key]))
    return columns


def _id(values: pa.Array, id_type: str) -> pa.Array:
    text = as_text(values)
    if id_type == "string" or not pc.any(pc.match_substring(text, ".")).as_py():
        return text
    # Tools that know no missing integers write 42 as 42.0 in a column with a blank.
    return pc.replace_substring_regex(text, r"^(-?\d+)\.0+$", r"\1")


def _known(text: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(text, ""), _NO_TEXT, text)


def _seconds(text: pa.Array, unit: str, decimal: str) -> pa.Array:
    """``text`` in seconds; what is no number stays as it is, to be told from nothing."""
    text = _known(text)
    if unit == "s" and decimal == ".":
        return text
    seconds = to_number(text, decimal)
    if unit == "ms":
        seconds = pc.divide(seconds, 1000.0)
    return pc.coalesce(seconds.cast(pa.string()), text)


def _is_paid(text: pa.Array, mapping: Mapping) -> pa.Array:
    paid = pa.array([value.lower() for value in mapping.paid_values], pa.string())
    answer = pc.is_in(pc.utf8_lower(text), value_set=paid)
    return pc.if_else(pc.is_null(_known(text)), pa.scalar(None, pa.bool_()), answer)


def _registered(values: pa.Array, clock: Clock) -> pa.Array:
    """Like the clock of the events; where it is not, told by what it looks like."""
    by_itself = to_utc(values, clock._replace(unit="auto", format=""))
    return pc.coalesce(to_utc(values, clock), by_itself)


def _actions(
    values: pa.Array | None, mapping: Mapping, n_rows: int
) -> tuple[pa.Array, pa.Array | bool]:
    """The action of each row, and whether it is one that the mapping lists."""
    if values is None:
        return pa.repeat(pa.scalar(mapping.action), n_rows), pa.scalar(True)
    listed = {value: action for value, action in mapping.actions.items() if value != ANY_OTHER}
    place = pc.index_in(as_text(values), value_set=pa.array(list(listed), pa.string()))
    action = pa.array(list(listed.values()), pa.string()).take(place)
    if ANY_OTHER in mapping.actions:
        action = pc.fill_null(action, mapping.actions[ANY_OTHER])
    return action, pc.is_valid(action)


def actions_of(mapping: Mapping) -> tuple[str, ...]:
    """The actions that a log can hold, in the order in which they are known."""
    given = set(mapping.actions.values()) or {mapping.action}
    return tuple(action for action in ACTIONS if action in given)
