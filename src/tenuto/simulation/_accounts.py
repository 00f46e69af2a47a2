"""What becomes of the accounts from day to day: plans, drifts, cancellations.

An account's chain does not look at what its listener does; a day on which it moves brings
the listener to the service to make the move. So the chance of cancelling within some days
is a sum over the chain alone (``_cancellation_oracle``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenuto.simulation._subscribers import Subscribers
from tenuto.simulation._subscription_model import FIRST_DAY, PAID, PLANS, SubscriptionModel

NOTHING, UPGRADE, DOWNGRADE, CANCEL = range(4)


@dataclass
class History:
    """What happened to accounts, as rows of (place in Subscribers, day number, …)."""

    plans: list[pd.DataFrame] = field(default_factory=list)
    cancellations: list[pd.DataFrame] = field(default_factory=list)
    drifts: list[pd.DataFrame] = field(default_factory=list)


class Accounts:
    """The state of all accounts at the start of a day; ``step`` moves them to the next.

    ``plan`` is ``FREE`` or ``PAID``; ``drift`` the day of the drift, 0 for none.
    """

    def __init__(self, model: SubscriptionModel, people: Subscribers):
        self.model, self.people = model, people
        self.plan = people.first_plan.copy()
        self.drift = people.first_drift.copy()
        self.is_cancelled = np.zeros(len(people), dtype=bool)
        self.history = History()
        drifting = np.flatnonzero(self.drift)
        self._note(self.history.drifts, drifting, 1 - self.drift[drifting].astype(int), end="")

    def step(self, day: int, rng: np.random.Generator) -> np.ndarray:
        """What each account does on ``day`` (``NOTHING`` for most); the state moves on.

        Nothing happens on the day of signing up or before it.
        """
        rows = self.living(day)
        plan, drift = self.plan[rows], self.drift[rows]
        age, frailty = day - self.people.sign_up_day[rows], self.people.frailty[rows]
        draw = self._draws(day, rows, rng)
        cancels = draw[0] < self.model.hazards(frailty, age, plan, drift)
        cancels = self._swayed(day, rows, cancels)
        up, down = self.people.upgrading[rows], self.people.downgrading[rows]
        changes = ~cancels & (draw[1] < self.model.changes(up, down, plan, drift))
        begins = (drift == 0) & (draw[2] < self.model.drifting(frailty, age, plan))
        moves = np.zeros(len(self.people), dtype=np.int8)
        moves[rows[cancels]] = CANCEL
        moves[rows[changes]] = np.where(plan[changes] == PAID, DOWNGRADE, UPGRADE)
        self._cancel(rows[cancels], day)
        self._change(rows[changes], day)
        self._drift(rows[begins & ~cancels], rows[(drift > 0) & ~cancels], day)
        return moves

    def living(self, day: int) -> np.ndarray:
        """Places of the accounts that exist at the start of ``day``."""
        return np.flatnonzero((self.people.sign_up_day < day) & ~self.is_cancelled)

    def _draws(self, day: int, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Three numbers in [0, 1) for each of ``rows``."""
        return rng.random((3, len(rows)))

    def _swayed(self, day: int, rows: np.ndarray, cancels: np.ndarray) -> np.ndarray:
        """Who cancels after all; a campaign has a word in it (``_campaign_accounts``)."""
        return cancels

    def _cancel(self, rows: np.ndarray, day: int) -> None:
        self.is_cancelled[rows] = True
        had_drifted = self.drift[rows] > self.model.quiet_days
        plan = np.array(PLANS)[self.plan[rows]]
        self._note(self.history.cancellations, rows, day, plan=plan, had_drifted=had_drifted)
        self._end(rows[self.drift[rows] > 0], day, "cancelled")

    def _change(self, rows: np.ndarray, day: int) -> None:
        self.plan[rows] = 1 - self.plan[rows]
        self._note(self.history.plans, rows, day, plan=np.array(PLANS)[self.plan[rows]])

    def _drift(self, beginning: np.ndarray, going_on: np.ndarray, day: int) -> None:
        self.drift[going_on] += 1
        over = going_on[self.drift[going_on] > self.model.longest_drift]
        self._end(over, day, "settled")
        self.drift[beginning] = 1
        self._note(self.history.drifts, beginning, day + 1, end="")

    def _end(self, rows: np.ndarray, day: int, how: str) -> None:
        self.drift[rows] = 0
        self._note(self.history.drifts, rows, day, end=how)

    def _note(self, notes: list[pd.DataFrame], rows: np.ndarray, day, **more) -> None:
        if len(rows):
            notes.append(pd.DataFrame({"user_id": self.people.user_id[rows], "day": day, **more}))


def plans_table(accounts: Accounts, days: int) -> pd.DataFrame:
    """One row per listener and plan: ``from_day`` is the day of the change.

    A first plan counts from the day of signing up. A listener who signs up after the last
    log day is left out.
    """
    people = accounts.people
    first = pd.DataFrame(
        {
            "user_id": people.user_id,
            "day": people.sign_up_day,
            "plan": np.array(PLANS)[people.first_plan],
        }
    )
    found = pd.concat([first[first["day"] < days], *accounts.history.plans])
    found = found.sort_values(["user_id", "day"], kind="stable", ignore_index=True)
    return _dated(found, day="from_day")


def cancellations_table(accounts: Accounts) -> pd.DataFrame:
    """One row per cancelled account: ``day``, its ``plan`` and whether a drift led there."""
    columns = {"user_id": "int64", "day": "int64", "plan": "str", "had_drifted": "bool"}
    found = _joined(accounts.history.cancellations, columns)
    return _dated(found.sort_values("user_id", ignore_index=True))


def drifts_table(accounts: Accounts) -> pd.DataFrame:
    """One row per drift: its ``first_day`` and ``last_day``, and how it ``ended``.

    ``ended`` is "settled", "cancelled", or "" while it goes on (``last_day`` is NULL then).
    """
    noted = _joined(accounts.history.drifts, {"user_id": "int64", "day": "int64", "end": "str"})
    noted = noted.sort_values(["user_id", "day"], kind="stable", ignore_index=True)
    begins = noted["end"] == ""
    # Drifts of one listener do not overlap: what follows a beginning is its end.
    following = noted.shift(-1)
    is_over = begins & (following["user_id"] == noted["user_id"])
    found = noted[begins].rename(columns={"day": "first_day"}).drop(columns="end")
    found["last_day"] = following["day"].where(is_over)[begins]
    found["ended"] = following["end"].where(is_over, "")[begins]
    found["last_day"] = _dates(found["last_day"])
    return found.assign(first_day=_dates(found["first_day"])).reset_index(drop=True)


def _joined(notes: Iterable[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    nothing = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    return pd.concat([*notes]) if notes else nothing


def _dated(table: pd.DataFrame, day: str = "day") -> pd.DataFrame:
    return table.rename(columns={"day": day}).assign(**{day: _dates(table["day"])})


def _dates(day_numbers: pd.Series) -> pd.Series:
    return pd.Timestamp(FIRST_DAY) + pd.to_timedelta(day_numbers, unit="D")
