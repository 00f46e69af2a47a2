"""Ranges of listeners with about as many plays each.

What is known of all pairs of a listener and a song is 1 GB for half a million listeners, and
several times that on its way from the engine: so it comes a range of listeners at a time.
"""

from __future__ import annotations

import pandas as pd

from tenuto.timeline import Past, UserRange

#: Rows of ``user_item_days`` that are summed at once: of 50,000 listeners, say; about 1 GB.
MOST_ROWS = 6_000_000


def rows_of_users(past: Past, history_days: int | None = None) -> pd.Series:
    """By ``user_id``, ascending: rows of ``user_item_days``."""
    days = past.table("user_item_days", days=history_days)
    counted = days.group_by("user_id").agg(n_rows=days.count()).order_by("user_id")
    found = past.engine.to_arrow(counted).to_pandas()
    return found.set_index("user_id")["n_rows"]


def in_ranges(past: Past, history_days: int | None = None) -> list[UserRange]:
    """All listeners, in ranges of ascending ids with about `MOST_ROWS` rows; one where few are."""
    days = past.table("user_item_days", days=history_days)
    if past.engine.to_arrow(days.agg(n=days.count()))["n"][0].as_py() <= MOST_ROWS:
        return [UserRange()]
    rows = rows_of_users(past, history_days)
    number = (rows.cumsum() - 1) // MOST_ROWS
    firsts = rows.index[~number.duplicated()][1:].tolist()
    return [UserRange(*ends) for ends in zip([None, *firsts], [*firsts, None], strict=True)]
