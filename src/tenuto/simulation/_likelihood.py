"""How likely a history is under each leaving day, for given habits.

A hypothesis is a leaving day and whether the listener fades towards it. The log-likelihood
of a history is a sum over its days of an activity term, which depends on ``base``, and of
an amount term, which depends on ``mean_events``; both are linear in what was observed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tenuto.simulation._listeners import STAYS, leaving_chances
from tenuto.simulation._model import Kind, Model

IMPOSSIBLE = -60.0  # stands for the logarithm of 0, so that 0 times it stays 0


@dataclass(frozen=True)
class Hypothesis:
    """Leave on ``leaving_day`` (a day number), fading before it or not."""

    leaving_day: int
    is_drifting: bool


@dataclass
class Histories:
    """What was seen of the listeners of one part: arrays of listeners x days before the cutoff.

    ``active`` is 0 or 1, ``further`` the events beyond the day's first (0 if inactive).
    """

    start_age: int
    active: np.ndarray
    further: np.ndarray

    @property
    def n_days(self) -> int:
        """Days before the cutoff; also the cutoff's day number."""
        return self.active.shape[1]

    def of(self, some: np.ndarray) -> Histories:
        """The histories of these listeners (a mask)."""
        return Histories(self.start_age, self.active[some], self.further[some])

    def last_active_day(self) -> np.ndarray:
        """Day number of each listener's last active day, -1 for none."""
        days = np.arange(self.n_days)
        return np.where(self.active > 0, days, -1).max(axis=1)


@dataclass(frozen=True)
class Terms:
    """Log terms of one hypothesis; arrays of days x habits (habits: nodes or listeners).

    ``quiet`` is the log chance of no event from the cutoff to the end of the horizon.
    """

    is_active: np.ndarray
    is_inactive: np.ndarray
    any_amount: np.ndarray
    per_event: np.ndarray
    quiet: np.ndarray


def hypotheses(model: Model, n_days: int, horizon_days: int) -> Iterator[Hypothesis]:
    """Every leaving day that the history or the horizon can tell apart, and one for later."""
    for day in range(1, n_days + horizon_days + len(model.drift) + 1):
        yield Hypothesis(day, False)
        yield Hypothesis(day, True)
    yield Hypothesis(int(STAYS), False)


def prior(kind: Kind, hypothesis: Hypothesis, start_age: int, last_day: int) -> float:
    """Chance of the hypothesis for a listener of this kind, alive on the first log day.

    ``STAYS`` stands for every leaving day after ``last_day``.
    """
    chances = leaving_chances(kind, start_age)
    if hypothesis.leaving_day == STAYS:
        return float(chances[last_day:].sum())
    drifting = kind.drifting_share if hypothesis.is_drifting else 1.0 - kind.drifting_share
    return float(chances[hypothesis.leaving_day - 1] * drifting)


def terms(
    model: Model,
    hypothesis: Hypothesis,
    histories: Histories,
    horizon_days: int,
    base: np.ndarray,
    mean_events: np.ndarray,
) -> Terms:
    """The log terms for habits ``base`` and ``mean_events``, which may differ in length."""
    n_days = histories.n_days
    end = min(hypothesis.leaving_day, n_days + horizon_days)
    days = np.arange(end)[:, None]
    age = days + histories.start_age
    drift = model.drift_at(hypothesis.leaving_day - days, np.array(hypothesis.is_drifting))
    chance = model.probability(base, age, days, drift)
    mean = mean_events * model.events_by_age(age) * drift
    size, seen = model.events_dispersion, min(end, n_days)
    never = np.where(chance < 1.0, np.log1p(-np.minimum(chance, 1 - 1e-12)), IMPOSSIBLE)
    return Terms(
        is_active=np.log(chance[:seen]),
        is_inactive=never[:seen],
        any_amount=size * np.log(size / (size + mean[:seen])),
        per_event=np.log(mean[:seen] / (size + mean[:seen])),
        quiet=never[seen:].sum(axis=0),
    )
