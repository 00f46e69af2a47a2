"""When and on what an item is played: what is known of the moment (S2-W6).

Where the log knows no clock, or no device, the tables are there without rows. So they are for
sums by an older version, until the next ingest, which adds what is new.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenuto.timeline import Past

#: Name and first hour of each part of the day, in order; the last ends at midnight. Arbitrary,
#: but for the working hours, which S2-W6 tells from the evening.
PARTS_OF_DAY = (("night", 0), ("morning", 6), ("working hours", 10), ("evening", 18))


def item_hours(past: Past, window_days: int, *, utc_offset_hours: int = 0) -> ir.Table:
    """One row per item, part of the day and kind of day in which the item was played.

    Parameters
    ----------
    utc_offset_hours : how far the clocks of most listeners are ahead of UTC

    Returns
    -------
    Table with ``item_id``; ``part_of_day``, a name of `PARTS_OF_DAY`; ``is_weekend`` (Saturday or
    Sunday); ``n_plays``; ``n_listeners``, summed over hours: who plays an item in two hours
    counts twice (both int64, above 0).
    """
    hours = _rows(past, "item_day_hours", {"hour": "int32"}, window_days)
    local = hours.hour + utc_offset_hours
    days_later = ibis.cases((local >= 24, 1), (local < 0, -1), else_=0)
    # Monday is 0; a week is added, because engines differ on the remainder of -1.
    weekday = (hours.day.day_of_week.index() + days_later + 7) % 7
    hours = hours.mutate(part_of_day=_part((local + 24) % 24), is_weekend=weekday >= 5)
    return _summed(hours, ["item_id", "part_of_day", "is_weekend"])


def item_devices(past: Past, window_days: int) -> ir.Table:
    """One row per item and device on which it was played.

    ``item_id``, ``device``; ``n_plays``; ``n_listeners``, summed over days: who plays an item on
    two days counts twice (both int64, above 0).
    """
    devices = _rows(past, "item_day_devices", {"device": "string"}, window_days)
    return _summed(devices, ["item_id", "device"])


def _rows(past: Past, rollup: str, key: dict[str, str], window_days: int) -> ir.Table:
    if past.has(rollup):
        return past.table(rollup, days=window_days)
    nothing = past.table("item_days", days=window_days).limit(0)
    columns = {name: ibis.null(kind) for name, kind in key.items()}
    return nothing.select(
        "item_id", "day", n_plays=nothing.n_plays, n_listeners=nothing.n_listeners, **columns
    )


def _part(hour: ir.IntegerColumn) -> ir.StringColumn:
    starts = reversed(PARTS_OF_DAY[1:])
    return ibis.cases(*((hour >= first, name) for name, first in starts), else_=PARTS_OF_DAY[0][0])


def _summed(rows: ir.Table, keys: list[str]) -> ir.Table:
    return rows.group_by(keys).agg(
        **{column: rows[column].sum().cast("int64") for column in ("n_plays", "n_listeners")}
    )
