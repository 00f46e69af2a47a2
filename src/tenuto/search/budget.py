"""How long a search may take, and whom it tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Told after each trial: what is done, trials done, trials in all at most, seconds left or None.
Told = Callable[[str, int, int, float | None], None]


class Budget:
    """Seconds that may be spent; None for as long as it takes.

    ``clock`` gives seconds. Where time runs out depends on the machine, so what comes of a
    search does too: only a search that ends by itself repeats to the byte.

    seconds : what was given, whatever is left of it
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic):
        self.seconds, self._clock = seconds, clock
        self._ends_s = None if seconds is None else clock() + seconds
        self._kept_s = 0.0

    def now_s(self) -> float:
        """What the clock says; only differences mean anything."""
        return self._clock()

    def left_s(self) -> float | None:
        """Seconds left, 0 when spent; None without a limit."""
        if self._ends_s is None:
            return None
        return max(0.0, self._ends_s - self._kept_s - self._clock())

    def is_spent(self) -> bool:
        return self.left_s() == 0

    def keep_back(self, seconds: float) -> None:
        """Do not spend the last ``seconds``: they are for what follows. The last word counts."""
        self._kept_s = seconds

    def part(self, share: float) -> Budget:
        """``share`` of what is left, from now on."""
        left = self.left_s()
        return Budget(None if left is None else share * left, self._clock)
