"""How far cutoffs must be apart for a label."""

from __future__ import annotations

from dataclasses import dataclass

from tenuto import labels
from tenuto.workspace import ChurnSettings


@dataclass(frozen=True)
class Spacing:
    """In days.

    open_days : how long after a cutoff the label may stay open
    apart_days : from a training cutoff to the test, so that every training label is closed
    step_days : between two training cutoffs
    """

    open_days: int
    apart_days: int
    step_days: int

    @classmethod
    def of(cls, label: str, settings: ChurnSettings) -> Spacing:
        """On each user's own clock, cutoffs lie anywhere in the bin before a day."""
        bins = getattr(labels.CATALOGUE.get(label), "BINS", None)
        if bins is None:
            return cls(settings.horizon_days, settings.horizon_days, settings.days_between_cutoffs)
        open_days = bins[1] * settings.bin_days
        return cls(open_days, open_days + settings.bin_days, settings.bin_days)
