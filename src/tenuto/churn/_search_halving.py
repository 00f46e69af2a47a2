"""Successive halving: many settings on a part of the users, the better third on more of them.

Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016, with thirds instead of halves. Each rung costs about as much as the one before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: Of three trials one survives a rung, and the next rung has three times the rows.
THIRD = 3
DEFAULTS = 0
# The defaults and one other: with fewer there is nothing to choose.
_A_PAIR = 2


@dataclass(frozen=True)
class Trial:
    """One setting tried on one rung.

    number : 0 for the defaults
    n_rows : that each model learned from, at most
    log_loss, auc : on the listeners validated on
    """

    number: int
    rung: int
    settings: dict[str, Any]
    n_rows: int
    log_loss: float
    auc: float


class Budget:
    """Seconds that may be spent; None for as long as it takes.

    ``clock`` gives seconds. Where time runs out depends on the machine, so what comes of a
    search does too: only a search that ends by itself repeats to the byte.
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._ends_s = None if seconds is None else clock() + seconds

    def left_s(self) -> float | None:
        """Seconds left, 0 when spent; None without a limit."""
        return None if self._ends_s is None else max(0.0, self._ends_s - self._clock())

    def is_spent(self) -> bool:
        return self.left_s() == 0

    def part(self, share: float) -> Budget:
        """``share`` of what is left, from now on."""
        left = self.left_s()
        return Budget(None if left is None else share * left, self._clock)


def halving(
    n_settings: int, rows: Sequence[int], try_out: Callable[[int, int], Trial], budget: Budget
) -> list[Trial]:
    """Every trial that was made, in order.

    ``try_out(number, rung)`` tries a setting on a rung of ``rows[rung]`` rows; no call begins
    when the time is spent. The defaults are tried on every rung: what is chosen can be held
    against them. With a limit, a rung ends early so that time for the next ones is left.
    """
    trials: list[Trial] = []
    alive = list(range(n_settings))
    for rung, n_rows in enumerate(rows):
        later = sum(rows[rung + 1 :]) / n_rows
        of_rung = _rung(alive, rung, try_out, budget, budget.part(1 / (len(rows) - rung)), later)
        trials += of_rung
        alive = _survivors(of_rung)
        if len(alive) < _A_PAIR:
            break
    return trials


def _rung(
    alive: Sequence[int],
    rung: int,
    try_out: Callable[[int, int], Trial],
    budget: Budget,
    share: Budget,
    later: float,
) -> list[Trial]:
    """One rung; ``later`` is how many times its rows all later rungs together have."""
    trials: list[Trial] = []
    began_with_s = budget.left_s()
    for number in alive:
        left_s = budget.left_s()
        if began_with_s is not None and left_s is not None and len(trials) >= _A_PAIR:
            each_s = (began_with_s - left_s) / len(trials)
            if share.is_spent() or left_s <= _A_PAIR * each_s * later:
                break
        if budget.is_spent():
            break
        trials.append(try_out(number, rung))
    return trials


def n_planned(n_settings: int, n_rungs: int) -> int:
    """How many calls `halving` makes at most."""
    planned, alive = 0, n_settings
    for _ in range(n_rungs):
        planned += alive
        alive = min(alive, math.ceil(alive / THIRD) + 1)
    return planned


def _survivors(trials: Sequence[Trial]) -> list[int]:
    """The defaults, then the better third; a tie goes to the earlier."""
    ranked = sorted(trials, key=lambda trial: (trial.log_loss, trial.number))
    best = [trial.number for trial in ranked[: math.ceil(len(trials) / THIRD)]]
    if not best:
        return []
    if len(trials) > 1 and best == [DEFAULTS]:
        # The defaults need somebody to be held against on the next rung.
        best = [trial.number for trial in ranked[:2]]
    return [DEFAULTS, *(number for number in best if number != DEFAULTS)]
