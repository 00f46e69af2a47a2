"""Numbers as people say them: "no plays", "1 play", "every 2 days", "35 %", "25 minutes"."""

from __future__ import annotations

_MINUTE_S, _HOUR_S = 60, 3600


def amount(value: float) -> str:
    """Whole from 10 on, with one decimal below; what is nearly nothing is not called 0."""
    if value >= 9.95:
        return f"{round(value):,}"
    if 0 < value < 0.05:
        return "less than 0.1"
    return f"{value:.1f}".removesuffix(".0")


def none_or(value: float) -> str:
    """`amount`, with "none" for 0."""
    return "none" if value == 0 else amount(value)


def count(value: float, what: str, plural: str = "") -> str:
    """ "no plays", "1 play", "1,204 plays"."""
    plural = plural or f"{what}s"
    if value == 0:
        return f"no {plural}"
    told = amount(value)
    return f"1 {what}" if told == "1" else f"{told} {plural}"


def times(value: float) -> str:
    """ "never", "once", "twice", "3 times"."""
    told = amount(value)
    return {"0": "never", "1": "once", "2": "twice"}.get(told, f"{told} times")


def whole(value: float) -> str:
    """A mean as a whole number; "hardly any" for what rounds to none."""
    return f"{round(value):,}" if value >= 0.5 else "hardly any"


def days(value: float) -> str:
    """ "1 day", "12 days"."""
    return "1 day" if value == 1 else f"{amount(value)} days"


def days_ago(value: float) -> str:
    """ "yesterday" for the day before the cutoff, else "9 days ago"."""
    return "yesterday" if value < 1.5 else f"{days(round(value))} ago"


def every(gap_days: float) -> str:
    """From one active day to the next: "every day", "every 2 days"."""
    if gap_days < 1.05:
        return "every day"
    if gap_days < 1.4:
        return "almost every day"
    return "every 1 to 2 days" if gap_days < 1.75 else f"every {round(gap_days)} days"


def share(value: float) -> str:
    """Percent without decimals."""
    return f"{round(100 * value)} %"


def lasting(value_s: float) -> str:
    """Seconds as seconds, minutes or hours, whichever is read at a glance."""
    if value_s < 2 * _MINUTE_S:
        return count(round(value_s), "second")
    if value_s < 2 * _HOUR_S:
        return f"{round(value_s / _MINUTE_S)} minutes"
    return f"{amount(value_s / _HOUR_S)} hours"
