"""Successive halving: many settings on a part of the users, the better third on more of them.

Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016, with thirds instead of halves. Each rung costs about as much as the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tenuto.search.budget import Budget

#: Of three trials one survives a rung, and the next rung has three times the rows.
THIRD = 3
#: The number of the trial that sets nothing.
DEFAULTS = 0
# The defaults and one other: with fewer there is nothing to choose.
_A_PAIR = 2


class Trial(Protocol):
    """One setting tried on one rung; a searcher adds what else it knows of it."""

    @property
    def number(self) -> int:
        """`DEFAULTS` for the defaults."""

    @property
    def rung(self) -> int:
        """From 0; the last one has all rows."""

    @property
    def loss(self) -> float:
        """Less is better; comparable within a rung."""


Tried = TypeVar("Tried", bound=Trial)


def halving(
    n_settings: int, rows: Sequence[int], try_out: Callable[[int, int], Tried], budget: Budget
) -> list[Tried]:
    """Every trial that was made, in order.

    ``try_out(number, rung)`` tries a setting on a rung of ``rows[rung]`` rows; no call begins
    when the time is spent. The defaults are tried on every rung: what is chosen can be held
    against them. With a limit, a rung ends early so that time for the next ones is left.
    """
    trials: list[Tried] = []
    alive = list(range(n_settings))
    for rung, n_rows in enumerate(rows):
        later = sum(rows[rung + 1 :]) / n_rows
        of_rung = _rung(alive, rung, try_out, budget, budget.part(1 / (len(rows) - rung)), later)
        trials += of_rung
        alive = _survivors(of_rung)
        if len(alive) < _A_PAIR:
            break
    return trials


def n_planned(n_settings: int, n_rungs: int) -> int:
    """How many calls `halving` makes at most."""
    planned, alive = 0, n_settings
    for _ in range(n_rungs):
        planned += alive
        alive = min(alive, math.ceil(alive / THIRD) + 1)
    return planned


def is_whole(trials: Sequence[Tried], n_settings: int, n_rungs: int) -> bool:
    """Whether `halving` ended by itself, and would so again, not because the time was up."""
    alive = n_settings
    for rung in range(n_rungs):
        of_rung = [trial for trial in trials if trial.rung == rung]
        if len(of_rung) < alive:
            return False
        alive = len(_survivors(of_rung))
        if alive < _A_PAIR:
            break
    return True


def _rung(
    alive: Sequence[int],
    rung: int,
    try_out: Callable[[int, int], Tried],
    budget: Budget,
    share: Budget,
    later: float,
) -> list[Tried]:
    """One rung; ``later`` is how many times its rows all later rungs together have."""
    trials: list[Tried] = []
    began_s = budget.now_s()
    for number in alive:
        left_s = budget.left_s()
        if left_s is not None and len(trials) >= _A_PAIR:
            each_s = (budget.now_s() - began_s) / len(trials)
            if share.is_spent() or left_s <= _A_PAIR * each_s * later:
                break
        if budget.is_spent():
            break
        trials.append(try_out(number, rung))
    return trials


def _survivors(trials: Sequence[Tried]) -> list[int]:
    """The defaults, then the better third; a tie goes to the earlier."""
    ranked = sorted(trials, key=lambda trial: (trial.loss, trial.number))
    best = [trial.number for trial in ranked[: math.ceil(len(trials) / THIRD)]]
    if not best:
        return []
    if len(trials) > 1 and best == [DEFAULTS]:
        # The defaults need somebody to be held against on the next rung.
        best = [trial.number for trial in ranked[:_A_PAIR]]
    return [DEFAULTS, *(number for number in best if number != DEFAULTS)]
