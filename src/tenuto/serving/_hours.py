"""What suits a part of the day: a lift of songs, for who asks for songs of this hour."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import NotEnoughData
from tenuto.preferences import PARTS_OF_DAY, item_hours
from tenuto.recommenders._context import ContextPrior
from tenuto.timeline import Past

#: Half of what was counted. Arbitrary: no part of the log is held out to learn it from.
_STRENGTH = 0.5
PARTS = tuple(name for name, _ in PARTS_OF_DAY)


def hours_prior(past: Past, item_ids: pd.Index, window_days: int) -> ContextPrior | None:
    """Of the plays before the cutoff; None where the log has no clock, or too few plays.

    Whoever asks names the hour; the lists of the run, which are for no hour, do not use it.
    """
    table = past.engine.to_arrow(item_hours(past, window_days)).to_pandas()
    item = item_ids.get_indexer(pd.Index(table["item_id"]))
    part = pd.Index(PARTS).get_indexer(pd.Index(table["part_of_day"]))
    kept = (item >= 0) & (part >= 0)
    counts = np.zeros((len(item_ids), len(PARTS)))
    np.add.at(counts, (item[kept], part[kept]), table["n_plays"].to_numpy()[kept])
    try:
        return ContextPrior.fit(counts, PARTS, strength=_STRENGTH)
    except NotEnoughData:
        return None


def part_of(hour: int) -> int:
    """The number of the part of the day that ``hour``, 0 to 23, is in."""
    return sum(hour >= first for _, first in PARTS_OF_DAY) - 1
