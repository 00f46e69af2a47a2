"""The listeners: who they are, what they are used to, and the day they leave.

Only listeners who are still there when the logs begin are made; the parts' sizes follow
from equal cohorts of sign-ups. The same number and seed give the same listeners, however
many days are logged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenuto.simulation._model import FIRST_DAY, LAST_AGE, Kind, Model
from tenuto.simulation._tastes import TASTE_SHARES

STAYS = np.int32(1_000_000)  # leaving day of those who never leave
DEVICES = ("ar", "ip", "mc")
OLD_ID_SHARE = 0.05  # section 4: about 95 % of uids are newly issued
TWO_DEVICES_SHARE = 0.0002  # K10: 13 of 63,077
FIRST_NEW_ID = 168_000_000


@dataclass
class Listeners:
    """Columns of equal length, one entry per listener, ordered by part and sign-up time.

    ``leaving_day`` is the first day of silence, ``STAYS`` for none. ``base`` is the chance
    of an active day, ``mean_events`` the mean number of events beyond the day's first.
    """

    user_id: np.ndarray
    part: np.ndarray
    sign_up_day: np.ndarray
    sign_up_second: np.ndarray
    kind: np.ndarray
    is_robot: np.ndarray
    base: np.ndarray
    mean_events: np.ndarray
    leaving_day: np.ndarray
    is_drifting: np.ndarray
    device: np.ndarray
    has_two_devices: np.ndarray
    is_paid: np.ndarray
    downloading: np.ndarray
    searching: np.ndarray
    repeating: np.ndarray
    finishing: np.ndarray
    local_share: np.ndarray

    def __len__(self) -> int:
        return len(self.user_id)

    def rows_of(self, part: int) -> slice:
        """The listeners of one part, which lie side by side."""
        start, stop = np.searchsorted(self.part, [part, part + 1])
        return slice(int(start), int(stop))


def make_listeners(model: Model, n_listeners: int, rng: np.random.Generator) -> Listeners:
    """Draw a population of ``n_listeners`` who are alive on the first log day."""
    part = _parts(model, n_listeners)
    start_age = -np.array([model.sign_up_days[p] for p in part.tolist()])
    kind = _kinds(model, start_age, rng)
    base, mean_events = _habits(model, kind, rng)
    leaving_day, is_drifting = _leaving(model, kind, start_age, rng)
    device = rng.choice(3, n_listeners, p=[0.8728, 0.1270, 0.0002]).astype(np.int8)
    is_android = device == 0
    return Listeners(
        user_id=_user_ids(part, rng),
        part=part,
        sign_up_day=-start_age,
        sign_up_second=_sign_up_seconds(part, rng),
        kind=kind,
        is_robot=np.array([each.name == "robot" for each in model.kinds])[kind],
        base=base,
        mean_events=mean_events,
        leaving_day=leaving_day,
        is_drifting=is_drifting,
        device=device,
        has_two_devices=(rng.random(n_listeners) < TWO_DEVICES_SHARE) & (device < 2),
        is_paid=rng.random(n_listeners) < 0.004,
        # Most never download, a few fetch whole albums: gamma with a shape far below 1.
        downloading=rng.gamma(0.35, 1 / 0.35, n_listeners),
        searching=rng.gamma(0.8, 1 / 0.8, n_listeners) * np.where(device == 1, 2.2, 0.85),
        repeating=rng.beta(4.2, 2.3, n_listeners),
        finishing=rng.beta(2.2, 2.2, n_listeners),
        local_share=np.where(is_android, _local_shares(n_listeners, rng), 0.0),
    )


def listeners_table(model: Model, listeners: Listeners, tastes: np.ndarray) -> pd.DataFrame:
    """The truth about every listener, one row each; days as dates, NULL = stays."""
    first = np.datetime64(FIRST_DAY, "D")
    leaving = first + listeners.leaving_day.astype("timedelta64[D]")
    leaving[listeners.leaving_day == STAYS] = np.datetime64("NaT")
    names = np.array([kind.name for kind in model.kinds])
    table = {
        "user_id": listeners.user_id,
        "part": listeners.part,
        "sign_up_day": (first + listeners.sign_up_day.astype("timedelta64[D]")).astype("M8[s]"),
        "leaving_day": leaving.astype("M8[s]"),
        "device": np.array(DEVICES)[listeners.device],
        "kind": names[listeners.kind],
        "is_robot": listeners.is_robot,
    }
    for column in ("base", "mean_events", "is_drifting", "is_paid", "downloading", "searching"):
        table[column] = getattr(listeners, column)
    for column in ("repeating", "finishing", "local_share"):
        table[column] = getattr(listeners, column)
    for place in range(len(TASTE_SHARES)):
        table[f"taste_{place + 1}"] = tastes[:, place]
    return pd.DataFrame(table)


def _parts(model: Model, n_listeners: int) -> np.ndarray:
    """The part of each listener: equal cohorts of sign-ups, thinned by early leaving."""
    alive = [_alive_shares(model, -day).sum() for day in model.sign_up_days.values()]
    edges = np.round(np.cumsum(alive) / np.sum(alive) * n_listeners).astype(int)
    return np.repeat(list(model.sign_up_days), np.diff(edges, prepend=0)).astype(np.int8)


def _alive_shares(model: Model, age: int) -> np.ndarray:
    return np.array([kind.share * kind.survival()[age] for kind in model.kinds])


def _kinds(model: Model, start_age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Kinds in their shares; evenly spread draws keep the few robots from being none or many."""
    kind = np.zeros(len(start_age), dtype=np.int8)
    for age in np.unique(start_age):
        here = np.flatnonzero(start_age == age)
        draw = (rng.permutation(len(here)) + rng.random(len(here))) / len(here)
        shares = _alive_shares(model, int(age))
        kind[here] = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], draw)
    return kind


def _habits(model: Model, kind: np.ndarray, rng: np.random.Generator):
    alpha, beta, mean, slope, sd = (
        np.array([getattr(each, name) for each in model.kinds])[kind]
        for name in ("alpha", "beta", "log_events_mean", "log_events_slope", "log_events_sd")
    )
    base = rng.beta(alpha, beta)
    centre = alpha / (alpha + beta)
    mean_events = np.exp(mean + slope * (base - centre) + sd * rng.standard_normal(len(kind)))
    return base, mean_events


def leaving_chances(kind: Kind, start_age: int) -> np.ndarray:
    """Chance of leaving on each day ``1 … `` of the log, given alive on day 0; last: stays.

    Entry ``j`` is the chance that day ``j + 1`` is the first day of silence.
    """
    survival = kind.survival()[start_age:] / kind.survival()[start_age]
    return np.append(-np.diff(survival), survival[-1])


def _leaving(model: Model, kind: np.ndarray, start_age: np.ndarray, rng: np.random.Generator):
    draw, faded = rng.random(len(kind)), rng.random(len(kind))
    leaving_day = np.full(len(kind), STAYS)
    for number, each in enumerate(model.kinds):
        for age in np.unique(start_age):
            here = (kind == number) & (start_age == age)
            edges = np.cumsum(leaving_chances(each, int(age)))[:-1]
            day = np.searchsorted(edges, draw[here], side="right") + 1
            leaving_day[here] = np.where(day > LAST_AGE - age, STAYS, day)
    drifting = faded < np.array([each.drifting_share for each in model.kinds])[kind]
    return leaving_day, drifting & (leaving_day != STAYS)


def _user_ids(part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ids handed out in time order, with gaps; a few accounts are much older."""
    n = len(part)
    ids = FIRST_NEW_ID + np.cumsum(rng.integers(1, max(2, 2_000_000 // max(n, 1)), n))
    old = np.flatnonzero(rng.random(n) < OLD_ID_SHARE)
    # One old id per slot of equal width, so that no two are the same.
    width = (FIRST_NEW_ID - 10_000) // max(len(old), 1)
    ids[old] = 10_000 + rng.permutation(len(old)) * width + rng.integers(0, width, len(old))
    return ids.astype(np.int64)


def _sign_up_seconds(part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    seconds = rng.integers(0, 80_000, len(part))
    return seconds[np.lexsort((seconds, part))]


def _local_shares(n: int, rng: np.random.Generator) -> np.ndarray:
    """Share of plays from files on the telephone: two thirds of the Androids have any."""
    return np.where(rng.random(n) < 0.65, rng.beta(0.9, 4.8, n), 0.0)
