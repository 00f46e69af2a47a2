"""What values are by their looks: times, whole numbers, seconds or milliseconds."""

from __future__ import annotations

import re
from statistics import median
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tenuto.sources._mapped.clocks import Clock, to_number, to_utc

_FORMATS = (
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"),
    *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p"),
    *("%d %b %Y, %H:%M", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %z %Y"),
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d"),
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
_WITH_ZONE = re.compile(r".*(Z|z|[+-]\d{2}:?\d{2})")
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
_ENOUGH = 0.9  # arbitrary: dirt is allowed for
# A song of three hours is rare; of ten seconds, too.
_MOST_SECONDS = 10_000


class WrittenTime(NamedTuple):
    """How times are written: the lines that say so, and whether they are dates alone."""

    lines: list[tuple[str, str, str]]
    is_day: bool


def written_time(values: list[str], kind: pa.DataType | None) -> WrittenTime | None:
    """How ``values`` are times; None if they are none."""
    if kind is not None and pa.types.is_temporal(kind):
        return _of_type(kind)
    if not values:
        return None
    text = pa.array(values, pa.string())
    for unit in ("s", "ms", "us"):
        if _are_read(text, Clock(unit)):
            return WrittenTime([("time_unit", unit, f"{values[0]} is since 1970 in UTC")], False)
    if all(_DATE.fullmatch(value) for value in values):
        return WrittenTime([], True) if _are_read(text, Clock("iso")) else None
    if _are_read(text, Clock("iso")):
        has_zone = all(_WITH_ZONE.fullmatch(value) for value in values)
        return WrittenTime([] if has_zone else [_zone_line()], False)
    for written in _FORMATS:
        if _are_read(text, Clock(format=written)):
            is_day = "%H" not in written and "%I" not in written
            lines = [("time_format", written, f"as in {values[0]}")]
            return WrittenTime(
                lines if is_day or "%z" in written else [*lines, _zone_line()], is_day
            )
    return None


def are_numbers(values: list[str]) -> bool:
    text = pa.array(values, pa.string())
    numbers = to_number(text, decimal_mark(values))
    return len(values) > 0 and numbers.null_count <= (1 - _ENOUGH) * len(values)


def are_whole(values: list[str]) -> bool:
    """Whether all are integers that their text alone stands for; 007 is not 7."""
    return bool(values) and all(_WHOLE.fullmatch(value.removesuffix(".0")) for value in values)


def decimal_mark(values: list[str]) -> str:
    """A comma where numbers have one, and no point."""
    n_commas = sum(re.fullmatch(r"-?\d*,\d+", value) is not None for value in values)
    return "," if n_commas and not any("." in value for value in values) else "."


def seconds_or_milliseconds(values: list[str], column: str) -> tuple[str, str]:
    """The unit of durations, and why it is that."""
    if re.search(r"(^|[^a-z])(ms|msec|millis\w*)([^a-z]|$)|Ms$|_ms|^ms", column):
        return "ms", "by the name"
    numbers = pc.drop_null(to_number(pa.array(values, pa.string()), decimal_mark(values)))
    usual = median(numbers.to_pylist()) if len(numbers) else 0
    unit = "ms" if usual > _MOST_SECONDS else "s"
    return unit, f"the middle value is {usual:,.0f}"


def _of_type(kind: pa.DataType) -> WrittenTime:
    if pa.types.is_date(kind):
        return WrittenTime([], True)
    has_zone = pa.types.is_timestamp(kind) and kind.tz is not None
    return WrittenTime([] if has_zone else [_zone_line()], False)


def _are_read(text: pa.Array, clock: Clock) -> bool:
    return to_utc(text, clock).null_count <= (1 - _ENOUGH) * len(text)


def _zone_line() -> tuple[str, str, str]:
    return "time_zone", "UTC", "the clocks do not say theirs; write yours, such as Europe/Berlin"
