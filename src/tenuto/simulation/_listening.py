"""Which song: new ones by taste, old ones from memory.

Each listener remembers the last 32 songs. A repeated play goes back some steps in what the
listener heard, be it earlier today or on an earlier day; recent songs come back most.
"""

from __future__ import annotations

import numpy as np

from tenuto.simulation._activity import Activity
from tenuto.simulation._listeners import Listeners
from tenuto.simulation._songs import Songs
from tenuto.simulation._tastes import Tastes

MEMORY = 32
ROBOT_REPEATING = 0.97


class Listening(Tastes):
    """Tastes of all listeners, and what they heard last.

    ``memory`` holds a ring of songs per listener, ``n_heard`` how many songs went through it.
    """

    def __init__(self, songs: Songs, listeners: Listeners, rng: np.random.Generator):
        n = len(listeners)
        super().__init__(songs, n, rng)
        self.memory = np.zeros((n, MEMORY), dtype=np.int32)
        self.n_heard = np.zeros(n, dtype=np.int64)
        self.repeating = np.where(listeners.is_robot, ROBOT_REPEATING, listeners.repeating)

    def plays(self, activity: Activity, rng: np.random.Generator) -> np.ndarray:
        """The songs of a day's plays, listener by listener, in the order heard; remembered."""
        n_plays = activity.n_plays
        row = np.repeat(activity.row, n_plays)
        start = np.repeat(np.cumsum(n_plays) - n_plays, n_plays)
        event = np.arange(len(row))
        heard = self.n_heard[row]
        steps_back = (MEMORY * rng.random(len(row)) ** 2.5).astype(np.int64)
        position = heard + (event - start) - 1 - steps_back
        # Who has heard little has little to come back to, and hears something new instead.
        is_new = (rng.random(len(row)) >= self.repeating[row]) | (position < 0)
        from_today = ~is_new & (position >= heard)
        song = self.memory[row, position % MEMORY]
        song[is_new] = self.new_songs(row[is_new], rng)
        source = np.where(from_today, start + position - heard, event)
        song = song[_first_sources(source)]
        self._remember(row, event - start, np.repeat(n_plays, n_plays), song)
        self.n_heard[activity.row] += n_plays
        return song

    def downloads_or_searches(
        self, activity: Activity, count: np.ndarray, plays: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """A song for each download or search: half of them one of the day's plays."""
        row = np.repeat(activity.row, count)
        first = np.cumsum(activity.n_plays) - activity.n_plays
        n_plays = np.repeat(activity.n_plays, count)
        played = np.repeat(first, count) + (rng.random(len(row)) * n_plays).astype(np.int64)
        return np.where(rng.random(len(row)) < 0.5, plays[played], self.new_songs(row, rng))

    def _remember(self, row, rank, n_plays, song) -> None:
        kept = rank >= n_plays - MEMORY
        slot = (self.n_heard[row] + rank) % MEMORY
        self.memory[row[kept], slot[kept]] = song[kept]


def _first_sources(source: np.ndarray) -> np.ndarray:
    """Follow "the same song as that earlier play" to its beginning, halving the chain each time."""
    while True:
        further = source[source]
        if np.array_equal(further, source):
            return source
        source = further
