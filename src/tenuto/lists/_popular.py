"""What is popular, for listeners of whom little is known: on their device, or at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.lists._asked import Asked
from tenuto.lists._made import CODES, Made
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._one_list import top_unheard

#: Among devices: all of them together.
EVERYBODY = ""


class Popular:
    """Items in order of listeners, per device and for all.

    Items that nobody on a device played follow in the order of all, so that a rare device
    still fills its list.
    """

    def __init__(self, interactions: Interactions, device: pd.Series | None = None):
        overall = interactions.listeners_per_item()
        self.orders = {EVERYBODY: (_order(overall, overall), overall)}
        known = pd.Series(dtype=object) if device is None else device
        of_user = known.reindex(interactions.user_ids).to_numpy(dtype=object)
        for name in sorted(known.dropna().unique()):
            here = interactions.listeners_per_item(of_user == name)
            self.orders[name] = (_order(here, overall), here)

    def top(self, asked: Asked, k: int) -> Made:
        """The first ``k`` that each has not heard; score: listeners on that device, or at all."""
        made = Made.empty(len(asked), k)
        chart_of = self._chart_of(asked)
        for name in sorted(set(chart_of)):
            order, listeners = self.orders[name]
            rows = np.flatnonzero(chart_of == name)
            item = top_unheard(order, asked.histories.take(rows), k)
            score = np.where(item >= 0, listeners[item], np.nan)
            reason = "popular" if name is EVERYBODY else "popular_on_device"
            made.put(rows, Made(item, score, np.full(item.shape, CODES[reason], dtype=np.int8)))
        return made

    def _chart_of(self, asked: Asked) -> NDArray[np.object_]:
        """The device whose chart each gets; `EVERYBODY` where theirs is not known."""
        found = [device if device in self.orders else EVERYBODY for device in asked.device]
        return np.array(found, dtype=object)


def _order(here: NDArray[np.int64], overall: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(len(here)), -overall, -here))
    return order[overall[order] > 0]
