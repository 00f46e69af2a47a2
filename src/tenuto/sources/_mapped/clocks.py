"""Times as people write them, to microseconds in UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.sources._mapped.mapping import Mapping

MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
# 1990 to 2100: what lies outside was written in another unit.
_FIRST_US, _LAST_US = 631_152_000_000_000, 4_102_444_800_000_000
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WITH_OFFSET = r"(?:[Zz]|[ T]\d.*[+-]\d{2}:?\d{2})$"
# Every zone has changed its clocks on a quarter of an hour since 1972.
_QUARTER_US = 15 * 60 * 1_000_000
_EPOCH = datetime(1970, 1, 1)


class Clock(NamedTuple):
    """How times are written: ``unit`` auto, iso, s, ms or us; ``format`` "" or as in strptime."""

    unit: str = "auto"
    format: str = ""
    zone: str = "UTC"
    decimal: str = "."


def clock_of(mapping: Mapping) -> Clock:
    zone = "UTC" if mapping.day else mapping.time_zone
    return Clock(mapping.time_unit, mapping.time_format, zone, mapping.decimal)


def to_utc(values: pa.Array, clock: Clock) -> pa.Array:
    """``values`` as timestamps in UTC; NULL where unreadable or not of our days.

    A local time that comes twice, when clocks are put back, is the first of the two. One that
    never was, when they are put forward, is read as if they had not been (PEP 495, fold=0).
    """
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return _of_our_days(values.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()))
    if pa.types.is_temporal(kind):
        local = values.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        return _of_our_days(_from_zone(local, clock.zone))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        # Not safe: what a float cannot hold exactly is no clock of our days.
        return _from_numbers(values.cast(pa.float64(), safe=False), clock.unit)
    return _from_text(values.cast(pa.string()), clock)


def to_number(text: pa.Array, decimal: str = ".") -> pa.Array:
    """``text`` as floats; NULL where it is none."""
    if decimal != ".":
        text = pc.replace_substring(text, decimal, ".")
    is_number = pc.match_substring_regex(text, _NUMBER)
    return pc.if_else(is_number, text, pa.scalar(None, pa.string())).cast(pa.float64())


def _from_text(text: pa.Array, clock: Clock) -> pa.Array:
    if clock.format:
        return _of_our_days(_by_format(text, clock))
    if clock.unit == "iso":
        return _of_our_days(_from_iso(text, clock.zone))
    found = _from_numbers(to_number(text, clock.decimal), clock.unit)
    if clock.unit != "auto" or found.null_count == text.null_count:
        return found
    left = pc.if_else(pc.is_null(found), text, pa.scalar(None, pa.string()))
    return pc.coalesce(found, _of_our_days(_from_iso(left, clock.zone)))


def _from_numbers(numbers: pa.Array, unit: str) -> pa.Array:
    """Numbers since 1970; the ranges of the units do not meet, so that ``auto`` can tell them."""
    value = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    micros = np.full(len(value), np.nan)
    for factor in MICROSECONDS.values() if unit == "auto" else [MICROSECONDS.get(unit, 1)]:
        scaled = value * factor
        is_ours = (scaled >= _FIRST_US) & (scaled < _LAST_US)
        micros[is_ours] = np.rint(scaled[is_ours])
    is_missing = np.isnan(micros)
    whole = np.where(is_missing, 0, micros).astype(np.int64)
    return pa.array(whole, mask=is_missing).cast(pa.timestamp("us"))


def _from_iso(text: pa.Array, zone: str) -> pa.Array:
    """2014-01-20T09:26:07Z and its like; an offset in the text comes before ``zone``."""
    return _parsed(text, "ISO8601", zone, pc.match_substring_regex(text, _WITH_OFFSET))


def _by_format(text: pa.Array, clock: Clock) -> pa.Array:
    has_offset = re.search(r"(?<!%)(?:%%)*%[zZ]", clock.format) is not None
    return _parsed(text, clock.format, clock.zone, pa.repeat(has_offset, len(text)))


def _parsed(text: pa.Array, written: str, zone: str, has_offset: pa.Array) -> pa.Array:
    moments = pd.to_datetime(
        pd.Series(text.to_pandas(), dtype="str"), format=written, errors="coerce", utc=True
    )
    micros = pa.array(moments.dt.tz_localize(None), pa.timestamp("us"), safe=False)
    as_written = micros.cast(pa.int64())
    return pc.if_else(has_offset, as_written, _from_zone(as_written, zone))


def _from_zone(local_us: pa.Array, zone: str) -> pa.Array:
    """Local microseconds since 1970 to those of UTC."""
    if zone == "UTC":
        return local_us
    is_missing = np.asarray(pc.is_null(local_us))
    local = np.asarray(pc.fill_null(local_us, 0))
    quarters, place = np.unique(local // _QUARTER_US, return_inverse=True)
    offsets = np.array([_offset_us(int(quarter), ZoneInfo(zone)) for quarter in quarters], np.int64)
    return pa.array(local - offsets[place] if len(local) else local, mask=is_missing)


def _offset_us(quarter: int, zone: ZoneInfo) -> int:
    try:
        local = (_EPOCH + timedelta(minutes=15 * quarter)).replace(tzinfo=zone)
        return round((local.utcoffset() or timedelta()) / timedelta(microseconds=1))
    except OverflowError:  # a year that no calendar has: not of our days either
        return 0


def _of_our_days(micros: pa.Array) -> pa.Array:
    is_ours = pc.and_(
        pc.greater_equal(micros, pa.scalar(_FIRST_US)), pc.less(micros, pa.scalar(_LAST_US))
    )
    return pc.if_else(is_ours, micros, pa.scalar(None, pa.int64())).cast(pa.timestamp("us"))
