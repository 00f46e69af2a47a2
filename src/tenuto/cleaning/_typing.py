"""From columns of text to columns of numbers, after the rules on text have run."""

from __future__ import annotations

import ibis.expr.types as ir

_TIMESTAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
_WHOLE = r"^-?\d+$"
_CLOCK = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"


def typed(table: ir.Table, id_type: str) -> ir.Table:
    """``table`` with ids, seconds and clocks in their own types; unreadable ones are NULL.

    The columns of text stay, so that rules can tell unreadable from absent.
    """
    return table.mutate(
        user_id=_id(table.user_text, id_type),
        item_id=_id(table.item_text, id_type),
        played_s=table.played_text.try_cast("float64"),
        length_s=table.length_text.try_cast("float64"),
        timestamp=_clock(table.timestamp_text),
    )


def _id(text: ir.StringValue, id_type: str) -> ir.Value:
    if id_type == "string":
        return text.nullif("")
    # A cast alone would round "22.5", and 1e3 would be user 1000: somebody else.
    return text.re_search(_WHOLE).ifelse(text, None).try_cast("int64")


def _clock(text: ir.StringValue) -> ir.TimestampValue:
    return text.re_search(_CLOCK).ifelse(text, None).try_cast("timestamp")
