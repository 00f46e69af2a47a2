"""Contact in the subscription service: accounts whose listeners may be kept, or put off.

From the day of contact on each account has draws of its own, so that what it does with and
without contact can both be told, whatever the others do.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.special import expit

from tenuto.simulation._accounts import CANCEL, Accounts, History
from tenuto.simulation._campaign import HORIZON_DAYS, STREAM, Contacts, write_persuasion
from tenuto.simulation._listeners import STAYS
from tenuto.simulation._subscription_model import FIRST_DAY, PAID

#: Within so many days after the contact sleeping dogs cancel.
PUT_OFF_DAYS = 7


class ContactedAccounts(Accounts):
    """Accounts as they were at the start of ``day``, going on with some of them contacted."""

    def __init__(self, before: Accounts, contacts: Contacts, day: int, seed: int):
        # Not by super().__init__, which would begin anew: these accounts go on.
        self.model, self.people, self.history = before.model, before.people, before.history
        self.plan, self.drift = before.plan.copy(), before.drift.copy()
        self.is_cancelled = before.is_cancelled.copy()
        self.is_contacted = contacts.places(before.people.user_id)
        self._seed = seed
        draws = np.random.default_rng([seed, STREAM]).random((3, len(before.people)))
        tenure = (np.log(np.maximum(day - before.people.sign_up_day, 1)) - 4.0) / 0.8
        is_paid = before.plan == PAID
        # Arbitrary, but for the directions: see the how-to "Measure a campaign".
        openness = expit(-1.0 + 1.8 * is_paid + 0.9 * tenure - 0.8 * before.people.log_songs)
        self._is_open = draws[0] < contacts.effect * openness
        touchy = np.where(~is_paid & (tenure < -0.5), 0.1, 0.004)
        is_put_off = (draws[1] < contacts.effect * touchy) & ~self._is_open
        last_day = day + (draws[2] * PUT_OFF_DAYS).astype(int)
        self._put_off_day = np.where(is_put_off, last_day, STAYS)

    def imagined(self, is_contacted: bool) -> ContactedAccounts:
        """The same accounts, all of them or none contacted, with a history of its own."""
        other = object.__new__(ContactedAccounts)
        other.__dict__.update(self.__dict__)
        other.plan, other.drift = self.plan.copy(), self.drift.copy()
        other.is_cancelled, other.history = self.is_cancelled.copy(), History()
        other.is_contacted = np.full(len(self.people), is_contacted)
        return other

    def _draws(self, day: int, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        own = np.random.default_rng([self._seed, STREAM, day])
        return own.random((3, len(self.people)))[:, rows]

    def _swayed(self, day: int, rows: np.ndarray, cancels: np.ndarray) -> np.ndarray:
        is_kept = self.is_contacted[rows] & self._is_open[rows]
        is_put_off = self.is_contacted[rows] & (self._put_off_day[rows] == day)
        return (cancels & ~is_kept) | is_put_off


def contacted(
    accounts: Accounts, contacts: Contacts, day: int, seed: int, truth: Path
) -> ContactedAccounts:
    """The accounts from ``day`` on; the truth about those there are goes to ``truth``."""
    found = ContactedAccounts(accounts, contacts, day, seed)
    here = found.living(day)
    leaving = (
        _leaving(found.imagined(False), day)[here],
        _leaving(found.imagined(True), day)[here],
    )
    user_id = found.people.user_id[here]
    write_persuasion(truth, user_id, found.is_contacted[here], leaving, day, FIRST_DAY)
    return found


def _leaving(accounts: ContactedAccounts, day: int) -> np.ndarray:
    """The day of cancelling within the horizon; ``STAYS`` for who does not."""
    leaving = np.full(len(accounts.people), STAYS)
    for ahead in range(day, day + HORIZON_DAYS):
        moves = accounts.step(ahead, np.random.default_rng(0))
        leaving[moves == CANCEL] = ahead
    return leaving
