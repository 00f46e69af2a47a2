"""Contact in a simulated service: who is contacted, and whom it moves.

Offers work on the persuadable only. Whether a listener is open to them is a trait, drawn from
what a log shows (volume, device, plan, tenure) by a generator of its own: days before the
campaign are the same bytes with and without it. ``persuasion.parquet`` tells the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from tenuto.errors import SettingsError, SourceError
from tenuto.simulation._campaign_table import KINDS, campaign_table, check_effect, kinds_of
from tenuto.simulation._day import World
from tenuto.simulation._listeners import STAYS
from tenuto.simulation._model import FIRST_DAY

STREAM = 60
#: Who went silent within so many days before the contact may still be won back.
WIN_BACK_DAYS = 14
#: A kind is about leaving within so many days from the contact on.
HORIZON_DAYS = 14
_ID_COLUMNS = ("user_id", "external_id")


@dataclass(frozen=True)
class Contacts:
    """Who is contacted at the start of ``day``, and how well offers work, from 0 to 1."""

    user_id: np.ndarray
    day: date
    effect: float = 1.0

    @classmethod
    def asked(cls, file: Path | None, day: str | None, effect: float) -> Contacts:
        """As the command line asks for it: a list needs a day, and a day a list.

        Raises
        ------
        SettingsError : if either is missing, or ``day`` is not a date; else as `read`
        """
        if file is None or day is None:
            raise SettingsError(
                "a campaign needs a call list and the day of the contact",
                mend="--campaign list.csv --from 2017-04-29",
            )
        try:
            when = date.fromisoformat(day)
        except ValueError as failure:
            raise SettingsError(
                f"'{day}' is not a date", mend="write it like 2017-04-29"
            ) from failure
        return cls.read(file, when, effect)

    @classmethod
    def read(cls, file: Path | str, day: date, effect: float = 1.0) -> Contacts:
        """Those in a call list (CSV or Parquet); rows of a hold-out group are left out.

        Raises
        ------
        SettingsError : if ``effect`` is not within [0, 1]
        SourceError : if there is no such file, or no column of whole-number ids in it
        """
        check_effect(effect)
        path = Path(file)
        if not path.is_file():
            raise SourceError(f"there is no call list {path}", mend="name a CSV or Parquet file")
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        found = [name for name in _ID_COLUMNS if name in table.columns]
        if not found or not pd.api.types.is_integer_dtype(table[found[0]]):
            raise SourceError(
                f"{path} has no column 'user_id' or 'external_id' of whole numbers",
                mend="use a list that `tenuto campaign export` wrote",
            )
        if "group" in table.columns:
            table = table[table["group"] == "treat"]
        return cls(np.unique(table[found[0]].to_numpy(dtype=np.int64)), day, effect)

    def places(self, user_id: np.ndarray) -> np.ndarray:
        """Whether each of ``user_id`` is contacted.

        Raises
        ------
        SettingsError : if nobody is: the list is of another service
        """
        is_contacted = np.isin(user_id, self.user_id)
        if len(self.user_id) and not is_contacted.any():
            raise SettingsError(
                "nobody on the call list is a listener of this simulation",
                mend="simulate with the --listeners and --seed behind the list",
            )
        return is_contacted

    def day_number(self, first_day: date, days: int) -> int:
        """The day of contact counted from the first log day.

        Raises
        ------
        SettingsError : if it is not one of the ``days`` of log
        """
        number = (self.day - first_day).days
        if not 0 < number < days:
            raise SettingsError(
                f"the campaign's day {self.day} is not within the log, which begins on "
                f"{first_day} and has {days} days",
                mend="name a later --from, or simulate more --days",
            )
        return number


def leaving_days(world: World, contacts: Contacts, day: int) -> tuple[np.ndarray, np.ndarray]:
    """The leaving day of each listener of Music Box without and with contact on day ``day``."""
    listeners, rng = world.listeners, world.rng(STREAM)
    open_draw, touchy_draw = rng.random((2, len(listeners)))
    is_person = ~listeners.is_robot
    is_open = open_draw < contacts.effect * _openness(world) * is_person
    # Who searches finds music without being written to.
    is_touchy = touchy_draw < contacts.effect * np.where(listeners.searching > 1.5, 0.12, 0.005)
    without = listeners.leaving_day
    may_stay = is_open & (without >= day - WIN_BACK_DAYS)
    put_off = is_touchy & is_person & (without >= day + HORIZON_DAYS) & ~is_open
    return without.copy(), np.where(may_stay, STAYS, np.where(put_off, day, without))


def _openness(world: World) -> np.ndarray:
    """The chance that an offer works: higher for who listens much, or on a costly telephone.

    Arbitrary, but for the directions: of those who leave about four in ten can be kept.
    """
    volume = (np.log(world.listeners.mean_events) - 2.4) / 1.2
    return expit(-0.4 + 1.3 * volume + 1.2 * (world.listeners.device == 1))


def write_persuasion(
    truth: Path,
    user_id: np.ndarray,
    is_contacted: np.ndarray,
    leaving: tuple[np.ndarray, np.ndarray],
    day: int,
    first_day: date = FIRST_DAY,
) -> None:
    """One row per listener in ``truth/persuasion.parquet``.

    ``leaves_without`` and ``leaves_with``: the first day of silence, or the day of the
    cancellation, without and with contact; NULL for none. ``kind``: what that means for the 14
    days from the contact on, of who is contacted as of who is not.
    """
    would, would_still = (days < day + HORIZON_DAYS for days in leaving)
    without, with_contact = (_dates(days, first_day) for days in leaving)
    pd.DataFrame(
        {
            "user_id": user_id,
            "is_contacted": is_contacted,
            "kind": np.array(KINDS)[kinds_of(would, would != would_still)],
            "leaves_without": without,
            "leaves_with": with_contact,
        }
    ).to_parquet(truth / "persuasion.parquet", index=False)


def _dates(days: np.ndarray, first_day: date) -> np.ndarray:
    dates = np.datetime64(first_day, "D") + days.astype("timedelta64[D]")
    dates[days >= STAYS] = np.datetime64("NaT")
    return dates.astype("M8[s]")


__all__ = ["Contacts", "campaign_table", "leaving_days", "write_persuasion"]
