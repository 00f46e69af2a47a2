"""When the thing that a label asks about happened, as far as anybody could know by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tenuto.errors import ContractError, LeakError

#: How far ahead an outlook looks, where the log allows; longer if the horizon of the label is.
LONGEST_DAYS = 28


@dataclass(frozen=True)
class FollowUp:
    """The first event after each row's cutoff, within the days that were followed.

    Parameters
    ----------
    event_day : days from the cutoff to the first event, 0 on the day of the cutoff; NaN where none
        came in the days followed
    followed_days : how many days after the cutoff are known, per row; what came later is not
        known (censored)
    horizon_days : the label's
    is_return : the event ends a silence, so that who has one within the horizon has label 0;
        else the event is what the label is 1 for

    Raises
    ------
    ContractError : if a row is not followed to the end of its horizon, or has an event outside
        the days followed
    """

    event_day: np.ndarray
    followed_days: np.ndarray
    horizon_days: int
    is_return: bool

    def __post_init__(self):
        put = object.__setattr__
        put(self, "event_day", np.asarray(self.event_day, dtype=np.float64))
        put(self, "followed_days", np.asarray(self.followed_days, dtype=np.int64))
        is_outside = (self.event_day < 0) | (self.event_day >= self.followed_days)
        if (self.followed_days < self.horizon_days).any() or is_outside.any():
            raise ContractError(
                f"an event, or the end of a horizon of {self.horizon_days} days, lies outside the "
                "days followed",
                mend="leave out rows whose label is still open; an event not seen is NaN",
            )

    def __len__(self) -> int:
        return len(self.event_day)

    def take(self, rows) -> FollowUp:
        """The rows of a bool mask or of an array of positions."""
        return replace(self, event_day=self.event_day[rows], followed_days=self.followed_days[rows])

    def labels(self) -> np.ndarray:
        """The label that these days lead to: 1 = left, or whatever it asks about."""
        happened = self.event_day < self.horizon_days
        return (happened != self.is_return).astype(np.int8)

    @staticmethod
    def concatenate(parts: Sequence[FollowUp | None]) -> FollowUp | None:
        """The rows of all parts; None if one of them has no times, or another question."""
        known = [part for part in parts if part is not None]
        questions = {(part.horizon_days, part.is_return) for part in known}
        if len(known) < len(parts) or len(questions) != 1:
            return None
        days = np.concatenate([part.event_day for part in known])
        followed = np.concatenate([part.followed_days for part in known])
        return replace(known[0], event_day=days, followed_days=followed)


def followed_days(cutoff: date, known_until: date, horizon_days: int) -> int:
    """How long the rows of ``cutoff`` may be followed by somebody who stands at ``known_until``.

    Raises
    ------
    LeakError : if not even the horizon of the label was over then
    """
    days = (known_until - cutoff).days
    if days < horizon_days:
        raise LeakError(
            f"a label of {horizon_days} days at {cutoff} was not known on {known_until}",
            mend="train at an earlier cutoff",
        )
    return min(days, max(LONGEST_DAYS, horizon_days))
