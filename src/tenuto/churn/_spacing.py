"""How far cutoffs must be apart for a label."""

from __future__ import annotations

from dataclasses import dataclass

from tenuto import labels
from tenuto.settings import ChurnSettings


@dataclass(frozen=True)
class Spacing:
    """In days.

    open_days : how long after a cutoff the label may stay open
    apart_days : from a training cutoff to the test, so that every training label is closed
    step_days : between two training cutoffs; 0 where the log's length decides
    furthest_days : at most so far apart where it does
    """

    open_days: int
    apart_days: int
    step_days: int
    furthest_days: int

    @classmethod
    def of(cls, label: str, settings: ChurnSettings) -> Spacing:
        """On each user's own clock, cutoffs lie anywhere in the bin before a day."""
        bins = getattr(labels.CATALOGUE.get(label), "BINS", None)
        if bins is None:
            horizon = settings.horizon_days
            return cls(horizon, horizon, settings.days_between_cutoffs, -(-horizon // 3))
        open_days = bins[1] * settings.bin_days
        return cls(open_days, open_days + settings.bin_days, settings.bin_days, settings.bin_days)

    def step_within(self, room_days: int, n_cutoffs: int) -> int:
        """Days between ``n_cutoffs`` that have to lie within so many days.

        Close together they tell of the same leavers again and again: with four cutoffs five days
        apart instead of three in a row, the lift at 10 % of `boosting` rose from 2.93 to 3.10
        (20,000 simulated subscribers, seed 1, 2018-11-18). Far apart, the oldest are old.
        """
        if self.step_days:
            return self.step_days
        return max(1, min(self.furthest_days, room_days // max(n_cutoffs - 1, 1)))
