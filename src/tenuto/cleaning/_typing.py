"""From columns of text to columns of numbers, after the rules on text have run."""

from __future__ import annotations

import ibis.expr.types as ir

# What is a number is said here: Spark takes "12d" for one, DuckDB "1_000" and 24 o'clock.
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WHOLE = r"^-?\d+$"
_CLOCK = r"^\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"


def typed(table: ir.Table, user_id: str, item_id: str) -> ir.Table:
    """``table`` with ids, seconds and clocks in their own types; unreadable ones are NULL.

    The columns of text stay, so that rules can tell unreadable from absent. What is typed already
    is left as it is; where no file tells the day, the clock does.
    """
    readings = {
        "user_id": lambda: _id(table.user_text, user_id),
        "item_id": lambda: _id(table.item_text, item_id),
        "played_s": lambda: _number(table.played_text),
        "length_s": lambda: _number(table.length_text),
        "timestamp": lambda: _clock(table.timestamp_text),
    }
    typed = table.mutate(
        **{name: read() for name, read in readings.items() if name not in table.columns}
    )
    return typed if "day" in typed.columns else typed.mutate(day=typed.timestamp.date())


def _id(text: ir.StringValue, id_type: str) -> ir.Value:
    if id_type == "string":
        return text.nullif("")
    # A cast alone would round "22.5", and 1e3 would be user 1000: somebody else.
    return text.re_search(_WHOLE).ifelse(text, None).try_cast("int64")


def _number(text: ir.StringValue) -> ir.FloatingValue:
    return text.re_search(_NUMBER).ifelse(text, None).try_cast("float64")


def _clock(text: ir.StringValue) -> ir.TimestampValue:
    return text.re_search(_CLOCK).ifelse(text, None).try_cast("timestamp")
