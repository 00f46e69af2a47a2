"""The section ``[source.mapping]``: which column of somebody's table is what."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tenuto.errors import SettingsError
from tenuto.events.actions import ACTIONS

PLACE = "tenuto.toml: source.mapping"
ANY_OTHER = "*"
_COLUMN = "a column"


def _column(meaning: str, default: Any = "") -> Any:
    return Field(default, description=meaning, json_schema_extra={"is": _COLUMN})


class Mapping(BaseModel):
    """Which column is what, and how its values are written; "" where the table has no such thing.

    Numbers since 1970 are UTC; ``time_zone`` is that of clocks that are written out without
    saying it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    user_id: str = _column("the user", ...)
    user_id_type: Literal["int64", "string"] = Field(
        "string", description="`int64` where every user id is a whole number"
    )
    timestamp: str = _column("the time")
    day: str = _column("the date, where there is no clock")
    time_unit: Literal["auto", "iso", "s", "ms", "us"] = Field(
        "auto", description="unit of numbers since 1970; `auto` tells it by their size"
    )
    time_format: str = Field("", description="how times are written, such as `%d.%m.%Y %H:%M:%S`")
    time_zone: str = Field(
        "UTC", description="of clocks that do not say theirs, such as `Europe/Berlin`"
    )
    item_id: str | list[str] = _column("the item; `[artist, title]` where there are no ids")
    item_id_type: Literal["int64", "string"] = Field(
        "string", description="`int64` where every item id is a whole number"
    )
    title: str = _column("the name of the item")
    artist: str = _column("who made it")
    action: str = Field(
        "play", description="the action of all rows, or a column if there are `actions`"
    )
    actions: dict[str, str] = Field(
        {}, description="what each value of that column means; `*` is any other"
    )
    played: str = _column("how long the item was heard")
    played_unit: Literal["s", "ms"] = Field("s", description="seconds or milliseconds")
    length: str = _column("how long the item is")
    length_unit: Literal["s", "ms"] = Field("s", description="seconds or milliseconds")
    session_id: str = _column("the visit that an event is a part of")
    device: str = _column("the kind of device")
    is_paid: str = _column("whether the user pays")
    paid_values: list[str] = Field(
        ["1", "true", "yes", "paid", "premium"],
        description="values of that column that mean yes, in any case",
    )
    plan: str = _column("the plan, in the service's own words")
    registered: str = _column("when the user signed up")
    gender: str = _column("the gender")
    location: str = _column("the place or the country")
    user_agent: str = _column("the browser or the client")
    text: str = _column("what was searched for")
    delimiter: str = Field(
        "",
        description="between the cells of text files; by default what the first line has most of",
    )
    columns: list[str] = Field(
        [], description="the names of all columns, for files without a header"
    )
    has_header: bool | None = Field(
        None, description="whether the first line is none; by default unless `columns` are named"
    )
    decimal: Literal[".", ","] = Field(".", description="the decimal mark of numbers")

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            zoneinfo.ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # OSError: "Europe" is a folder of zones
            near = _hint(zone, zoneinfo.available_timezones())
            raise ValueError(f"no time zone {zone!r}.{near}") from None
        return zone

    @field_validator("actions")
    @classmethod
    def _actions_exist(cls, actions: dict[str, str]) -> dict[str, str]:
        for value, action in actions.items():
            if action not in ACTIONS:
                raise ValueError(f"{value!r} = {action!r} is no action.{_choices(action, ACTIONS)}")
        return actions

    @field_validator("item_id")
    @classmethod
    def _two_names(cls, item_id: str | list[str]) -> str | list[str]:
        if isinstance(item_id, list) and len(item_id) != 2:
            raise ValueError('a list stands for the names of an item: ["artist", "title"]')
        return item_id

    @property
    def is_named(self) -> bool:
        """Whether an item has no id but its artist and title."""
        return isinstance(self.item_id, list)

    @property
    def time_key(self) -> str:
        """The key that says when."""
        return "day" if self.day else "timestamp"

    @property
    def skips_first_line(self) -> bool:
        return not self.columns if self.has_header is None else self.has_header

    def used(self) -> dict[str, str]:
        """Key -> the column that it names, for every key that names one."""
        given = {key: getattr(self, key) for key in _column_keys() if getattr(self, key)}
        if isinstance(self.item_id, list):
            # The names stand for the id, and are the names.
            artist, title = self.item_id
            given = {"artist": artist, "title": title} | given
            del given["item_id"]
        return given | ({"action": self.action} if self.actions else {})


def read_mapping(section: dict[str, Any]) -> Mapping:
    """The mapping that stands in ``section``.

    Raises
    ------
    SettingsError : naming the first key that cannot be used, and what is there instead
    """
    if not section:
        raise SettingsError(
            f"{PLACE}: nothing says which column is what",
            mend="tenuto init WORKSPACE --source mapped --logs FILE guesses it",
        )
    try:
        mapping = Mapping(**section)
    except ValidationError as failure:
        raise _in_words(failure) from failure
    _check_who_and_when(mapping)
    if not mapping.actions and mapping.action not in ACTIONS:
        raise SettingsError(
            f"{PLACE}.action: {mapping.action!r} is no action.{_choices(mapping.action, ACTIONS)}",
            mend="if it is a column, say what its values mean under [source.mapping.actions]",
        )
    return mapping


def check_columns(
    mapping: Mapping, there: Iterable[str], place: str, only: tuple[str, ...] | None = None
) -> None:
    """See that every column that ``mapping`` names is among those that ``there`` are.

    Raises
    ------
    SettingsError : naming the key, the column and the columns that there are instead
    """
    known = list(there)
    for key, column in mapping.used().items():
        if column not in known and (only is None or key in only):
            raise SettingsError(
                f"{PLACE}.{key}: no column {column!r} in {place}.{_choices(column, known)}",
                mend="name one of these columns, or leave the key out",
            )


def _check_who_and_when(mapping: Mapping) -> None:
    if not mapping.user_id:
        raise SettingsError(
            f"{PLACE}.user_id: empty: nothing says who", mend='name the column: user_id = "…"'
        )
    if not mapping.timestamp and not mapping.day:
        raise SettingsError(
            f"{PLACE}.timestamp: missing: nothing says when",
            mend='name the column of the clock: timestamp = "…", or of the date: day = "…"',
        )
    if mapping.time_format:
        _check_directives(mapping.time_format)
    if mapping.timestamp and mapping.day:
        raise SettingsError(
            f"{PLACE}.day: there is a timestamp already, which tells the day",
            mend="keep one of timestamp and day",
        )


def _check_directives(time_format: str) -> None:
    try:
        datetime.strptime("", time_format)
    except ValueError as failure:
        # An empty clock fits no format, which is a failure of another kind.
        if "directive" in str(failure) or "stray" in str(failure):
            raise SettingsError(
                f"{PLACE}.time_format: {time_format!r}: {failure}",
                mend='write it as strptime does, such as "%d.%m.%Y %H:%M:%S"',
            ) from failure


def _column_keys() -> list[str]:
    return [
        key
        for key, field in Mapping.model_fields.items()
        if (field.json_schema_extra or {}) == {"is": _COLUMN}
    ]


def _in_words(failure: ValidationError) -> SettingsError:
    problem = failure.errors()[0]
    key = str(problem["loc"][0])
    match problem["type"]:
        case "extra_forbidden":
            return SettingsError(
                f"{PLACE}: no setting {key!r}.{_choices(key, Mapping.model_fields)}",
                mend="write `setting = column`, not the other way round",
            )
        case "missing":
            return SettingsError(
                f"{PLACE}.{key}: missing: nothing says who",
                mend=f'name the column of the user: {key} = "…"',
            )
        case "value_error":
            said = str(problem["ctx"]["error"])
        case _:
            said = f"{problem['msg']} (it is {problem['input']!r})"
    return SettingsError(f"{PLACE}.{key}: {said}", mend="correct that setting")


def _choices(wrong: str, known: Iterable[str]) -> str:
    names = list(known)
    return f"{_hint(wrong, names)} There are: {', '.join(names)}."


def _hint(wrong: str, known: Iterable[str]) -> str:
    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(wrong.lower(), lowered, n=1)
    return f" Did you mean {lowered[near[0]]!r}?" if near else ""
