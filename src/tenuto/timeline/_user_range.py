"""A part of the listeners: those whose ids lie in a range, since rows of a day are sorted by id.

What is computed of one listener needs no other, so that a part stands alone, and the parts of a
large service are computed side by side. How many parts there are follows from how many listeners
there are, never from how many cores: the same bytes on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

#: Fewer are one part: the days of all are read once for each.
LISTENERS_IN_A_PART = 200_000


@dataclass(frozen=True)
class UserRange:
    """Ids from ``low`` up to ``high``, which is not included; None has no end."""

    low: Any = None
    high: Any = None

    def of(self, rows: ir.Table) -> ir.Table:
        """The rows of these users."""
        if self.low is not None:
            rows = rows.filter(rows.user_id >= self.low)
        if self.high is not None:
            rows = rows.filter(rows.user_id < self.high)
        return rows


def parts_of(sorted_ids: pa.Array, n_in_a_part: int = LISTENERS_IN_A_PART) -> list[UserRange]:
    """Ranges with about as many of ``sorted_ids`` each, which hold all ids there can be."""
    n_parts = max(1, -(-len(sorted_ids) // n_in_a_part))
    starts = [sorted_ids[len(sorted_ids) * part // n_parts].as_py() for part in range(1, n_parts)]
    bounds = [None, *starts, None]
    return [UserRange(low, high) for low, high in pairwise(bounds)]
