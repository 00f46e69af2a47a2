"""Some of the listeners of a past: those between two ids, or a few that were drawn.

What is known of all pairs of a listener and a song is 1 GB for half a million listeners, and
several times that on its way from the engine: so it comes a range of listeners at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.timeline import Past

#: Rows of ``user_item_days`` that are summed at once: of 50,000 listeners, say; about 1 GB.
MOST_ROWS = 6_000_000


class SomeUsers(ABC):
    """Who is looked at."""

    @abstractmethod
    def of_rollup(self, past: Past, rows: ir.Table) -> ir.Table:
        """Their rows of a rollup."""

    @abstractmethod
    def of_table(self, rows: pa.Table) -> pa.Table:
        """Their rows of a table in memory."""


@dataclass(frozen=True)
class Between(SomeUsers):
    """Ids from ``first`` on and below ``end``; None is no limit."""

    first: Any = None
    end: Any = None

    def of_rollup(self, past: Past, rows: ir.Table) -> ir.Table:
        if self.first is not None:
            rows = rows.filter(rows.user_id >= self.first)
        return rows if self.end is None else rows.filter(rows.user_id < self.end)

    def of_table(self, rows: pa.Table) -> pa.Table:
        if self.first is not None:
            rows = rows.filter(pc.greater_equal(rows["user_id"], self.first))
        return rows if self.end is None else rows.filter(pc.less(rows["user_id"], self.end))


@dataclass(frozen=True)
class Drawn(SomeUsers):
    """These ids alone."""

    ids: pa.Array

    def of_rollup(self, past: Past, rows: ir.Table) -> ir.Table:
        drawn = past.engine.from_arrow(pa.table({"user_id": self.ids}))
        return rows.semi_join(drawn, "user_id")

    def of_table(self, rows: pa.Table) -> pa.Table:
        return rows.filter(pc.is_in(rows["user_id"], self.ids))


class PastOf(Past):
    """A past in which nobody but ``users`` did anything; sums without a user are of everybody."""

    def __init__(self, past: Past, users: SomeUsers):
        self._whole, self._users = past, users

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def table(self, name: str, days: int | None = None) -> ir.Table:
        rows = self._whole.table(name, days)
        return self._users.of_rollup(self, rows) if "user_id" in rows.columns else rows


def rows_of_users(past: Past, history_days: int | None = None) -> pd.Series:
    """By ``user_id``, ascending: rows of ``user_item_days``."""
    days = past.table("user_item_days", days=history_days)
    counted = days.group_by("user_id").agg(n_rows=days.count()).order_by("user_id")
    found = past.engine.to_arrow(counted).to_pandas()
    return found.set_index("user_id")["n_rows"]


def in_ranges(past: Past, history_days: int | None = None) -> list[SomeUsers]:
    """All listeners, in ranges of ascending ids with about `MOST_ROWS` rows; one where few are."""
    days = past.table("user_item_days", days=history_days)
    if past.engine.to_arrow(days.agg(n=days.count()))["n"][0].as_py() <= MOST_ROWS:
        return [Between()]
    rows = rows_of_users(past, history_days)
    number = (rows.cumsum() - 1) // MOST_ROWS
    firsts = rows.index[~number.duplicated()][1:].tolist()
    return [Between(*ends) for ends in zip([None, *firsts], [*firsts, None], strict=True)]
