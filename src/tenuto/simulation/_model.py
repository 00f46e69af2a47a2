"""Every number of the population: who listens how often, how much, and until when.

Time is the listener's *age*, whole days since sign-up, and never the calendar: three
cohorts that grow old together make a falling daily total without a falling service (K1).
The service's three cohorts signed up on 2017-03-28, 29 and 30; its logs begin on the 30th.
Days are numbered from the first log day, so sign-ups happen on days -2, -1 and 0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FIRST_DAY = date(2017, 3, 30)
SIGN_UP_DAYS = {1: -2, 2: -1, 3: 0}  # part -> day number
LAST_AGE = 180  # a listener who is still here at this age stays for good
# Public holidays inside the published 44 days (section 4: "slightly up").
HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in ("2017-04-02", "2017-04-03", "2017-04-04", "2017-04-29", "2017-04-30", "2017-05-01")
)


@dataclass(frozen=True)
class Kind:
    """One kind of listener: a distribution of habits and a risk of leaving by age.

    ``base`` (probability of an active day) is Beta(alpha, beta). The mean number of events
    beyond the first on an active day is log-normal with
    ``log_events_mean + log_events_slope * (base - mean of base)`` and ``log_events_sd``.
    ``early_hazards[age]`` is the chance that the day of that age is the last one alive;
    ``hazard`` holds at every later age. ``drifting_share`` of the leavers fade first.
    """

    name: str
    share: float
    alpha: float
    beta: float
    log_events_mean: float
    log_events_slope: float
    log_events_sd: float
    early_hazards: tuple[float, ...]
    hazard: float
    drifting_share: float

    def hazards(self) -> np.ndarray:
        """The chance of leaving at the end of each age, 0 to ``LAST_AGE - 1``."""
        hazards = np.full(LAST_AGE, self.hazard)
        hazards[: len(self.early_hazards)] = self.early_hazards
        return hazards

    def survival(self) -> np.ndarray:
        """The chance of being alive at each age, 0 to ``LAST_AGE``; 1 at age 0."""
        return np.concatenate([[1.0], np.cumprod(1.0 - self.hazards())])


@dataclass(frozen=True)
class Model:
    """The whole population; what ``truth/model.json`` holds.

    ``drift[s - 1]`` multiplies both the chance of an active day and the number of events
    ``s`` days before a fading listener's leaving day.
    """

    kinds: tuple[Kind, ...]
    drift: tuple[float, ...] = (0.22, 0.28, 0.35, 0.43, 0.52, 0.61, 0.71, 0.81, 0.91)
    events_dispersion: float = 0.55
    activity_boost: float = 2.4
    activity_boost_days: float = 3.0
    events_boost: float = 0.12
    events_boost_days: float = 0.6
    weekend_factor: float = 1.03
    highest_probability: float = 0.97
    sign_up_days: dict[int, int] = field(default_factory=lambda: dict(SIGN_UP_DAYS))

    def activity_by_age(self, age: np.ndarray) -> np.ndarray:
        """Factor on the chance of an active day; new listeners come back sooner."""
        return 1.0 + self.activity_boost * np.exp(-np.asarray(age) / self.activity_boost_days)

    def events_by_age(self, age: np.ndarray) -> np.ndarray:
        """Factor on the number of events of an active day; the first day is a long one."""
        return 1.0 + self.events_boost * np.exp(-np.asarray(age) / self.events_boost_days)

    def calendar(self, days: np.ndarray) -> np.ndarray:
        """Factor on the chance of an active day at weekends and on holidays."""
        dates = [FIRST_DAY + timedelta(days=int(day)) for day in np.ravel(days)]
        is_free = np.array([when.weekday() >= 5 or when in HOLIDAYS for when in dates])
        return np.where(is_free, self.weekend_factor, 1.0).reshape(np.shape(days))

    def probability(
        self, base: np.ndarray, age: np.ndarray, days: np.ndarray, drift: np.ndarray
    ) -> np.ndarray:
        """The chance that a living listener is active; 1 on the day of sign-up.

        The arguments are broadcast against each other; ``days`` are day numbers.
        """
        chance = base * (self.activity_by_age(age) * self.calendar(days)) * drift
        return np.where(np.asarray(age) == 0, 1.0, np.minimum(chance, self.highest_probability))

    def drift_at(self, days_left: np.ndarray, is_drifting: np.ndarray) -> np.ndarray:
        """The drift factor ``days_left`` (1 or more) before leaving; 1 for the steady."""
        steps = np.concatenate([self.drift, [1.0]])
        position = np.clip(np.asarray(days_left) - 1, 0, len(self.drift)).astype(int)
        return np.where(is_drifting, steps[position], 1.0)

    def save(self, path: Path) -> None:
        """Write as JSON, keys sorted so that equal models are equal bytes."""
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> Model:
        """Read what ``save`` wrote."""
        found = json.loads(path.read_text("utf-8"))
        found["kinds"] = tuple(_kind(each) for each in found["kinds"])
        found["drift"] = tuple(found["drift"])
        found["sign_up_days"] = {int(part): day for part, day in found["sign_up_days"].items()}
        return cls(**found)


def _kind(found: dict) -> Kind:
    early: Sequence[float] = found.pop("early_hazards")
    return Kind(**found, early_hazards=tuple(early))


# Fitted by random search to section 4 of the reference (plays per listener 9/40/174, daily
# totals by age, churn .62 and more than half silent for 14 days at 2017-04-29), then rounded.
# Triers look in and are gone; passing listeners last weeks; settled ones months; occasional
# ones come twice a month and are why a fortnight's silence is not yet a goodbye.
POPULATION = Model(
    kinds=(
        Kind("trier", 0.31, 1.1, 2.6, 1.70, 1.4, 1.35, (0.46, 0.55, 0.55, 0.55), 0.27, 0.0),
        Kind("passing", 0.29, 1.27, 3.2, 2.06, 1.7, 1.15, (), 0.037, 0.6),
        Kind("settled", 0.30, 0.95, 2.5, 2.98, 0.8, 0.75, (), 0.0079, 0.6),
        Kind("occasional", 0.10, 2.1, 28.0, 2.6, 1.0, 1.3, (), 0.0068, 0.6),
        Kind("robot", 0.001, 40.0, 2.0, 7.0, 0.0, 0.5, (), 0.0, 0.0),
    )
)
