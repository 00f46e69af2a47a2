"""A mapping for a log that nobody has described: by the names of its columns and their values."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import Any, NamedTuple

from tenuto.errors import SettingsError
from tenuto.events.actions import ACTIONS
from tenuto.sources._mapped.first_rows import FirstRows, rows_of_logs
from tenuto.sources._mapped.mapping import Mapping
from tenuto.sources._mapped.synonyms import ACTIONS as ACTION_OF
from tenuto.sources._mapped.synonyms import COLUMNS, plain
from tenuto.sources._mapped.values import (
    are_numbers,
    are_whole,
    decimal_mark,
    seconds_or_milliseconds,
    written_time,
)

_ROWS_TO_SEE = 20_000
# Arbitrary: a column of event names has few of them.
_MOST_ACTIONS = 60
# What cannot be said by --map KEY=VALUE.
_NOT_ON_ONE_LINE = ("actions", "columns", "paid_values", "has_header")


class Line(NamedTuple):
    """One line of the mapping, and why it says what it says."""

    value: Any
    why: str


def guess(logs: Path | str, known: Dictionary[str, str] | None = None) -> str:
    """The section ``[source.mapping]`` for ``logs`` as text, with a comment on each line.

    ``known`` are lines that need no guessing, as key and value.

    Raises
    ------
    SettingsError : if no column is likely to be the user, or the time
    SourceError : if there is nothing to look at
    """
    told = dict(known or {})
    _check_known(told)
    rows = rows_of_logs(logs, _ROWS_TO_SEE, told.get("delimiter", ""))
    lines = _Guesser(rows, {key: _told(key, value) for key, value in told.items()}).lines()
    order = [key for key in Mapping.model_fields if key in lines]
    text = [_as_toml(key, lines[key]) for key in order]
    return "\n".join([f"[source.mapping]  # as {rows.name} looks; correct it here", *text, ""])


class _Guesser:
    """Gathers lines; a column is used for one thing at the most."""

    def __init__(self, rows: FirstRows, known: dict[str, Line]):
        self.rows = rows
        self.found = dict(known)
        self.free = [name for name in rows.columns if name not in self._taken()]

    def lines(self) -> dict[str, Line]:
        if self.rows.has_header:
            for key in COLUMNS:
                if not self._is_told(key) and (column := self._by_name(key)):
                    self._take(key, column, "by its name")
        else:
            self._by_place()
        self._when()
        self._item()
        self._must_have("user_id", "the user")
        self._actions()
        self._id_types()
        self._numbers()
        if self.rows.delimiter:
            self.found["delimiter"] = Line(self.rows.delimiter, "between the cells")
        return self.found

    def _is_told(self, key: str) -> bool:
        return key in self.found or (key == "timestamp" and "day" in self.found)

    def _taken(self) -> set[str]:
        values = [line.value for line in self.found.values()]
        return {
            name for value in values for name in (value if isinstance(value, list) else [value])
        }

    def _values(self, key: str) -> list[str]:
        given = self.rows.columns.get(str(self.found[key].value), []) if key in self.found else []
        return [value for value in given if value]

    def _take(self, key: str, column: str, why: str) -> None:
        self.found[key] = Line(column, why)
        self.free.remove(column)

    def _by_name(self, key: str) -> str | None:
        """The free column whose name is the most telling for ``key`` and whose values can be it."""
        for word in COLUMNS[key]:
            for column in sorted(self.free, key=lambda name: name.count(".")):
                if word in (plain(column), plain(column.rpartition(".")[2])):
                    values = [value for value in self.rows.columns[column] if value]
                    if values and _can_be(key, values):
                        return column
        return None

    def _by_place(self) -> None:
        """In a file without a header the user comes first, and an item has many values."""
        times = [name for name in self.free if _can_be("timestamp", self.rows.columns[name])]
        if times and not self._is_told("timestamp"):
            self._take("timestamp", times[0], "its values are times")
        if self.free and "user_id" not in self.found:
            self._take("user_id", self.free[0], "the first column")
        others = {name: len(set(self.rows.columns[name])) for name in self.free}
        if others and max(others.values()) > 1 and "item_id" not in self.found:
            item = max(others, key=lambda name: others[name])
            self._take("item_id", item, "the column with the most different values")
        names = {str(line.value): key.removesuffix("_id") for key, line in self.found.items()}
        columns = [names.get(name, name) for name in self.rows.columns]
        self.rows = FirstRows(
            self.rows.name,
            dict(zip(columns, self.rows.columns.values(), strict=True)),
            {},
            self.rows.delimiter,
            False,
        )
        self.found = {
            key: Line(names.get(str(line.value), line.value), line.why)
            for key, line in self.found.items()
        }
        self.found["columns"] = Line(columns, "there is no header: names of your own")

    def _when(self) -> None:
        if "day" in self.found:
            return
        self._must_have("timestamp", "the time")
        line = self.found["timestamp"]
        column = str(line.value)
        told = written_time(self._values("timestamp"), self.rows.types.get(column))
        if told is None:
            return
        if told.is_day:
            self.found["day"] = Line(column, "dates without a clock")
            del self.found["timestamp"]
        for key, value, why in told.lines:
            self.found.setdefault(key, Line(value, why))

    def _item(self) -> None:
        if "item_id" in self.found or "title" not in self.found:
            return
        if "artist" in self.found:
            names = [self.found.pop("artist").value, self.found.pop("title").value]
            self.found["item_id"] = Line(names, "there is no id: artist and title stand for it")
        else:
            self.found["item_id"] = self.found.pop("title")

    def _must_have(self, key: str, what: str) -> None:
        if key not in self.found:
            raise SettingsError(
                f"no column of {self.rows.name} looks like {what}. "
                f"There are: {', '.join(self.rows.columns)}.",
                mend=f"say which it is: --map {key}=COLUMN",
            )

    def _actions(self) -> None:
        if "action" not in self.found:
            return
        values = sorted(set(self._values("action")))
        meant = {value: ACTION_OF.get(plain(value), "page") for value in values}
        if len(values) > _MOST_ACTIONS or set(meant.values()) <= {"page"}:
            del self.found["action"]
            return
        known = {value: action for value, action in meant.items() if action != "page"}
        self.found["actions"] = Line({**_pages_apart(known), "*": "page"}, "what each value means")

    def _id_types(self) -> None:
        for key in ("user_id", "item_id"):
            if self._values(key):
                is_whole = are_whole(self._values(key))
                why = "all are whole numbers" if is_whole else "not all are whole numbers"
                self.found.setdefault(f"{key}_type", Line("int64" if is_whole else "string", why))

    def _numbers(self) -> None:
        for key in ("played", "length"):
            if key in self.found:
                unit, why = seconds_or_milliseconds(self._values(key), str(self.found[key].value))
                self.found.setdefault(f"{key}_unit", Line(unit, why))
                if decimal_mark(self._values(key)) == ",":
                    self.found.setdefault("decimal", Line(",", "as in 189,5"))


def _pages_apart(actions: dict[str, str]) -> dict[str, str]:
    """``actions`` where a plain "Cancel" beside a "Cancellation Confirmation" is only its page."""
    given = list(actions.values())
    repeated = {action for action in given if given.count(action) > 1}
    pages = {action: f"{action}_page" for action in repeated if f"{action}_page" in ACTIONS}
    return {
        value: pages.get(action, action) if plain(value) == action else action
        for value, action in actions.items()
    }


def _can_be(key: str, values: list[str]) -> bool:
    """Whether ``values`` are what ``key`` is about."""
    given = [value for value in values if value]
    match key:
        case "timestamp" | "registered":
            return written_time(given, None) is not None
        case "played" | "length":
            return are_numbers(given)
        case "title" | "artist":
            return not are_numbers(given)
        case "is_paid":
            return len(set(given)) <= 2
    return True


def _check_known(known: dict[str, str]) -> None:
    possible = [key for key in Mapping.model_fields if key not in _NOT_ON_ONE_LINE]
    for key in known:
        if key not in possible:
            raise SettingsError(
                f"--map: there is no setting {key!r}", mend=f"one of {', '.join(possible)}"
            )


def _told(key: str, value: str) -> Line:
    names = [name.strip() for name in value.split(",")]
    return Line(names if key == "item_id" and len(names) > 1 else value, "as you said")


def _as_toml(key: str, line: Line) -> str:
    if isinstance(line.value, dict):
        pairs = (f"{_quoted(name)} = {_quoted(value)}" for name, value in line.value.items())
        return f"{key} = {{ {', '.join(pairs)} }}  # {line.why}"
    if isinstance(line.value, list):
        return f"{key} = [{', '.join(map(_quoted, line.value))}]  # {line.why}"
    return f"{key} = {_quoted(line.value)}  # {line.why}"


def _quoted(value: str) -> str:
    # What JSON escapes, TOML escapes in the same way.
    return json.dumps(value, ensure_ascii=False)
