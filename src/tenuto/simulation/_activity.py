"""What happens on one day: who is active, and how many plays, downloads and searches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenuto.simulation._listeners import Listeners
from tenuto.simulation._model import Model

DAY_S = 86_400
# Share of the day's events by hour, midnight first: a trough at four, a peak at nine.
HOURS = np.array([3, 2, 1, 1, 1, 1, 2, 4, 5, 5, 5, 5, 6, 6, 5, 5, 5, 5, 5, 6, 7, 7, 6, 4.0])


@dataclass
class Activity:
    """One day of one part: one entry per active listener; ``row`` is its place in Listeners.

    Each active listener has at least one play.
    """

    row: np.ndarray
    age: np.ndarray
    n_plays: np.ndarray
    n_downloads: np.ndarray
    n_searches: np.ndarray
    start_second: np.ndarray

    def n_events(self) -> np.ndarray:
        """All events of each active listener."""
        return self.n_plays + self.n_downloads + self.n_searches


def one_day(
    model: Model, listeners: Listeners, part: int, day: int, rng: np.random.Generator
) -> Activity:
    """Draw the day; only listeners alive on it can be active."""
    rows = np.arange(len(listeners))[listeners.rows_of(part)]
    rows = rows[listeners.leaving_day[rows] > day]
    age = day - listeners.sign_up_day[rows]
    drift = model.drift_at(listeners.leaving_day[rows] - day, listeners.is_drifting[rows])
    chance = model.probability(listeners.base[rows], age, np.array([day]), drift)
    is_active = rng.random(len(rows)) < chance
    rows, age, drift = rows[is_active], age[is_active], drift[is_active]
    mean = listeners.mean_events[rows] * model.events_by_age(age) * drift
    size = model.events_dispersion
    further = rng.negative_binomial(size, size / (size + mean))
    downloads, searches = _split(listeners, rows, age, further, rng)
    return Activity(
        row=rows,
        age=age,
        n_plays=1 + further - downloads - searches,
        n_downloads=downloads,
        n_searches=searches,
        start_second=_starts(listeners, rows, age, rng),
    )


def _split(listeners: Listeners, rows, age, further, rng: np.random.Generator):
    """How many of the further events are downloads and searches.

    Both belong to setting up a new telephone, so their shares fall fast (section 4, Decay).
    """
    download = 0.048 + 0.165 * np.exp(-age / 0.9)
    search = 0.064 + 0.095 * np.exp(-age / 0.9)
    download = np.minimum(download * listeners.downloading[rows], 0.6)
    search = np.minimum(search * listeners.searching[rows], 0.6)
    download, search = np.where(listeners.is_robot[rows], 0.0, [download, search])
    downloads = rng.binomial(further, download)
    searches = rng.binomial(further - downloads, np.minimum(search / (1 - download), 0.9))
    return downloads, searches


def _starts(listeners: Listeners, rows, age, rng: np.random.Generator) -> np.ndarray:
    """Second of the day at which each listener begins; on the first day, after signing up."""
    hour = rng.choice(24, len(rows), p=HOURS / HOURS.sum())
    second = hour * 3600 + rng.integers(0, 3600, len(rows))
    second = np.where(listeners.is_robot[rows], 0, second)
    return np.where(age == 0, listeners.sign_up_second[rows], second)
