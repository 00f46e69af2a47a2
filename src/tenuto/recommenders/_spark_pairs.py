"""Who likes what, as Spark's ALS wants it: numbers of 32 bits for listeners and items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import ContractError, NotEnoughData

#: Pairs that make up one part of Spark's work. In one part sums are always added up in the same
#: order; so up to here, the same fit gives the same bytes.
PAIRS_PER_PART = 500_000
_NEEDED = ("user_id", "item_id", "preference")


@dataclass(frozen=True)
class Pairs:
    """A table of pairs on Spark, numbered.

    known : ``user``, ``item``, and the columns of the table, of items that somebody likes
    item_ids : the item of each number, here; ascending
    n_listeners : how many like each item
    n_pairs : that like each other
    users : ``user_id`` and its ``user``, on Spark
    items : ``item_id`` and its ``item``, on Spark
    """

    known: ir.Table
    item_ids: pd.Index
    n_listeners: NDArray[np.int64]
    users: ir.Table
    items: ir.Table

    @classmethod
    def of_table(cls, engine: Any, table: ir.Table) -> Self:
        """Only the items, each once, come here.

        Listeners are numbered in the order of their ids, which one task of Spark does alone.

        Raises
        ------
        ContractError : if a column is missing
        NotEnoughData : if nobody likes anything
        """
        missing = [name for name in _NEEDED if name not in table.columns]
        if missing:
            raise ContractError(
                f"the table of pairs lacks {', '.join(missing)}", mend=f"give {', '.join(_NEEDED)}"
            )
        liked = table.filter(table.preference > 0)
        counted = liked.group_by("item_id").aggregate(n=liked.count()).order_by("item_id")
        found = engine.to_arrow(counted)
        if found.num_rows == 0:
            raise NotEnoughData("nobody likes anything", mend="look at the table's preferences")
        number = pa.array(np.arange(found.num_rows, dtype=np.int32))
        items = engine.from_arrow(pa.table({"item_id": found["item_id"], "item": number}))
        everybody = table.select("user_id").distinct()
        users = engine.cache(
            everybody.mutate(user=ibis.row_number().over(order_by="user_id").cast("int32"))
        )
        known = table.inner_join(items, "item_id").inner_join(users, "user_id")
        ids = pd.Index(found["item_id"].to_pandas(), name=None)
        return cls(known, ids, found["n"].to_numpy(), users, items)

    @property
    def n_liked(self) -> int:
        """Pairs that like each other."""
        return int(self.n_listeners.sum())

    def liked(self, weigh: Callable[[ir.Value], ir.Value]) -> ir.Table:
        """``user``, ``item`` and ``weight`` of those."""
        liked = self.known.filter(self.known.preference > 0)
        weight = weigh(liked.preference.cast("float64")).cast("float32")
        return liked.select("user", "item", weight=weight)


def frame_of(engine: Any, weight: csr_array) -> Any:
    """Weights that are in memory, listeners by items, as Spark's frame."""
    row = np.repeat(np.arange(weight.shape[0], dtype=np.int32), np.diff(weight.indptr))
    columns = {"user": row, "item": weight.indices.astype(np.int32), "weight": weight.data}
    return engine.frame(pa.table(columns)).coalesce(n_parts(len(row)))


def n_parts(n_pairs: int) -> int:
    """Into how many so many pairs are cut."""
    return max(1, -(-n_pairs // PAIRS_PER_PART))


def item_factors(model: Any) -> NDArray[np.float32]:
    """Of Spark's model, by the numbers of the items."""
    found = model.itemFactors.toArrow().sort_by("id")
    flat = found["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(found.num_rows, -1).astype(np.float32)
