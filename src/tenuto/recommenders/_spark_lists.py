"""Lists made on Spark by ``recommendForUserSubset``, for listeners whom no one machine holds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenuto.recommenders._spark_pairs import Pairs

# Spark cannot leave out what was heard: so many more are asked for, and then taken away. Listeners
# who hide about as much are asked for together, lest one of them makes all lists long.
_BANDS = [0, *(4**power for power in range(2, 12))]
_COLUMNS = ["user_id", "rank", "item_id", "score"]
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class OnSpark:
    """A model that Spark still holds, with the pairs that it learned from.

    model : Spark's ``ALSModel``; gone with the session
    """

    engine: Any
    model: Any
    pairs: Pairs

    def lists(self, asked: ir.Table | None, k: int, exclude_heard: bool) -> ir.Table:
        """``user_id``, ``rank`` from 1, ``item_id``, ``score``; ties go to the earlier item."""
        users, hidden = self._wanted(asked), self._hidden(exclude_heard)
        n_hidden = hidden.group_by("user").aggregate(n=hidden.count())
        banded = users.left_join(n_hidden, "user").select(
            "user", band=_band(ibis.coalesce(n_hidden.n, 0))
        )
        banded = self.engine.cache(banded)
        bands = self.engine.to_arrow(banded.select("band").distinct())["band"].to_pylist()
        parts = [
            self._of_band(banded.filter(banded.band == band), k + band) for band in sorted(bands)
        ]
        if not parts:
            parts = [self._of_band(banded, k)]
        every = parts[0]
        for part in parts[1:]:
            every = every.union(part)
        left = every.join(self.engine.frame(hidden), ["user", "item"], "left_anti")
        return self._named(left, k)

    def _of_band(self, users: ir.Table, n_items: int) -> Any:
        """``user``, ``item`` and ``score``, so many of each listener."""
        n_items = min(n_items, len(self.pairs.item_ids))
        found = self.model.recommendForUserSubset(self.engine.frame(users.select("user")), n_items)
        each = found.selectExpr("user", "explode(recommendations) AS one")
        return each.selectExpr("user", "one.item AS item", "one.rating AS score")

    def _named(self, frame: Any, k: int) -> ir.Table:
        placed = frame.selectExpr(
            "*",
            "CAST(row_number() OVER (PARTITION BY user ORDER BY score DESC, item) AS BIGINT)"
            " AS rank",
        )
        view = f"tenuto_lists_{next(_NUMBERS)}"
        placed.filter(f"rank <= {k}").createOrReplaceTempView(view)
        lists = self.engine.backend.table(view)
        named = lists.inner_join(self.pairs.items, "item").inner_join(self.pairs.users, "user")
        return named.select(*_COLUMNS)

    def _wanted(self, asked: ir.Table | None) -> ir.Table:
        users = self.pairs.users
        return users if asked is None else users.semi_join(asked, "user_id")

    def _hidden(self, exclude_heard: bool) -> ir.Table:
        known = self.pairs.known
        if not exclude_heard:
            is_told = "opinion" in known.columns
            known = known.filter(known.opinion < 0 if is_told else ibis.literal(False))
        return known.select("user", "item")


def _band(n_hidden: ir.Value) -> ir.Value:
    """The least of `_BANDS` that is not less; listeners of more than all of them hide so many."""
    return ibis.cases(*((n_hidden <= most, most) for most in _BANDS), else_=_BANDS[-1])
