"""Numbers and names in words: separators, intervals, days; what is not known is a dash."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pandas as pd

UNKNOWN = "–"

POPULATIONS = {
    "active_14d": "active in the last 14 days",
    "active_7d": "active in the last 7 days",
    "all": "everybody seen before the cutoff",
}


def is_known(value: Any) -> bool:
    """Whether there is a value at all: not None, NaN, NaT or NA."""
    return value is not None and not pd.isna(value)


def count(value: Any) -> str:
    """A whole number with separators: 12,345."""
    return f"{int(value):,}" if is_known(value) else UNKNOWN


def figure(value: Any, digits: int = 3) -> str:
    """A number with a fixed number of digits, so that columns line up."""
    return f"{float(value):,.{digits}f}" if is_known(value) else UNKNOWN


def signed(value: Any, digits: int = 3) -> str:
    """A difference with its sign, + or a real minus."""
    return f"{float(value):+,.{digits}f}".replace("-", "−") if is_known(value) else UNKNOWN


def percent(value: Any, digits: int = 1) -> str:
    """A share between 0 and 1 in percent."""
    return f"{float(value):.{digits}%}" if is_known(value) else UNKNOWN


def interval(row: Any, digits: int = 3) -> str:
    """``value [low, high]`` of a row of metrics."""
    if not is_known(row["value"]):
        return UNKNOWN
    if not is_known(row["low"]):
        return figure(row["value"], digits)
    return f"{figure(row['value'], digits)} [{figure(row['low'], digits)}, " + (
        f"{figure(row['high'], digits)}]"
    )


def gap(row: Any, digits: int = 3) -> str:
    """The difference to the opponent with its interval."""
    if not is_known(row["difference"]):
        return UNKNOWN
    low, high = signed(row["difference_low"], digits), signed(row["difference_high"], digits)
    return f"{signed(row['difference'], digits)} [{low}, {high}]"


def hours(seconds: Any) -> str:
    """Seconds as hours with one digit."""
    return figure(float(seconds) / 3600, 1) if is_known(seconds) else UNKNOWN


def text(value: Any) -> str:
    """Text as it is; nothing known is a dash."""
    return str(value) if is_known(value) and str(value) else UNKNOWN


def spoken(name: str) -> str:
    """A member's name as words: recency_rule is the recency rule."""
    return name.replace("_", " ")


def without_references(description: str) -> str:
    """A description without its list of sources, such as (K21): they are for who writes code."""
    return re.sub(r" \((?:[KS]\d|seeds|churn|recommenders)[^)]*\)", "", description)


def plural(number: Any, one: str, many: str | None = None) -> str:
    """``1 file``, ``2 files``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def listing(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = list(words) or [UNKNOWN]
    return f"{', '.join(first)} and {last}" if first else last


def day(value: date | str) -> str:
    """A day as it is said: 29 April 2017."""
    found = as_date(value)
    return f"{found.day} {found:%B %Y}"


def window(start: date, end: date) -> str:
    """A half-open window as its first and last day."""
    return f"{start} to {end - timedelta(days=1)}"


def as_date(value: date | str) -> date:
    """A date, whatever the file had it as."""
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
