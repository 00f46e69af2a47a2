"""Most listeners: the items that most different people played in the window.

Listeners, not plays: one user on repeat moves nothing. The window is that of the interactions,
30 days unless told otherwise. With ``half_life_days`` a listener who last played the item that
many days before another counts half as much, so that new songs rise and old ones fade.

Source: S2-R1, K33.
"""

from __future__ import annotations

import numpy as np

from tenuto.errors import SettingsError
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._one_list import OneList

LABEL = "Most listeners"
NEEDS = ("user_item_days", "item_days")
COST = "fit 0.5 s for 20 million pairs, lists for 600,000 listeners 1 s (two cores)"


class Model(OneList):
    """The number of distinct listeners of an item, each weighted by freshness if asked.

    Parameters
    ----------
    half_life_days : None counts every listener as 1; else a listener whose last play was
        yesterday counts as 1, ``half_life_days`` earlier as one half
    """

    def __init__(self, half_life_days: float | None = None):
        super().__init__(half_life_days=half_life_days)
        if half_life_days is not None and not half_life_days > 0:
            raise SettingsError(
                f"half_life_days is {half_life_days}", mend="use days above 0, or None for no decay"
            )
        self.half_life_days = half_life_days

    def _score_items(self, interactions: Interactions) -> np.ndarray:
        listeners = interactions.listeners_by_age()
        days_back = np.arange(interactions.window_days)
        half_life = np.inf if self.half_life_days is None else self.half_life_days
        scores = (listeners * 0.5 ** (days_back / half_life)).sum(axis=1)
        return np.where(listeners.sum(axis=1) > 0, scores, np.nan)
