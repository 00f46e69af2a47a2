"""What the engine is asked for: who did what with which item, and sums per item."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tenuto import preferences
from tenuto.preferences import KNOWN_BY, memory, with_counts
from tenuto.timeline import Past

#: Sums per item over the window, all whole numbers.
ITEM_SUMS = ("n_plays", "n_downloads", "n_searches")


def sums_of_items(past: Past, window_days: int) -> pa.Table:
    """One row per item: ``item_id`` and `ITEM_SUMS`."""
    days = with_counts(past.table("item_days", days=window_days), ITEM_SUMS)
    sums = {column: days[column].sum().cast("int64") for column in ITEM_SUMS}
    return past.engine.to_arrow(days.group_by("item_id").agg(**sums))


def with_items_of_all(sums: pa.Table, past: Past, history_days: int | None) -> pa.Table:
    """With items that nobody touched in the window: the catalogue is not that of some users."""
    days = with_counts(past.table("user_item_days", days=history_days), KNOWN_BY)
    known = days.filter(sum((days[name] for name in KNOWN_BY[1:]), days.n_plays) > 0)
    items = past.engine.to_arrow(known.select("item_id").distinct())
    joined = sums.join(items, "item_id", join_type="full outer")
    columns = {name: pc.fill_null(joined[name], 0) for name in ITEM_SUMS}
    return pa.table({"item_id": joined["item_id"], **columns})


def pairs_of(
    past: Past,
    preference: str,
    window_days: int,
    history_days: int | None,
    settings: Mapping[str, float] | None,
    feedback: pa.Table | None,
) -> pa.Table:
    """One row per pair that the preference, the memory or an opinion knows."""
    # Three queries, not one: compiling them joined takes longer than joining what they give.
    asked = (
        memory(past, history_days),
        preferences.preferences_of(past, preference, window_days, settings, feedback),
        preferences.opinions(past, feedback),
    )
    return _joined(*(past.engine.to_arrow(table) for table in asked))


def _joined(remembered: pa.Table, liked: pa.Table, opinions: pa.Table) -> pa.Table:
    """One row per pair that any of the three knows."""
    pairs = remembered
    for further in (liked, opinions):
        pairs = pairs.join(further, ["user_id", "item_id"], join_type="full outer")
    for name, nothing in (("n_plays", 0), ("activation", 0.0), ("opinion", 0)):
        column = pc.fill_null(pairs[name], pa.scalar(nothing, pairs[name].type))
        pairs = pairs.set_column(pairs.schema.get_field_index(name), name, column)
    return pairs
