"""The best that a reader of the log can know of who cancels, given the true population.

It knows how the service's listeners are made, and of each listener only what the log tells:
when they signed up, their plan, on which days they came, what they did there. What is hidden,
whether a drift has begun and how restless the listener is, is inferred: a forward filter over
the days of a drift, on a grid of restlessness and activity. Only tests and benchmarks may use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import beta

from tenuto.errors import ContractError
from tenuto.simulation import _sittings as sittings
from tenuto.simulation import _visits as visits
from tenuto.simulation._cancellation_oracle import account_states, stays
from tenuto.simulation._subscription_model import (
    FIRST_DAY,
    PAID,
    WEEKDAYS,
    SubscriptionModel,
)

LISTENERS_AT_A_TIME = 1_000
#: Quantiles of the standard normal frailty and of the activity that stand for all.
N_FRAILTY, N_ACTIVITY = 7, 9
#: What a listener does, per song: columns of the log, chance, change by a full drift, and the
#: slope on frailty and sd of the listener's own factor (see ``_subscribers._temperaments``).
_DEEDS = {
    "n_likes": (sittings.THUMBS_UP, sittings.DRIFT_UP, -0.2, 0.35),
    "n_dislikes": (sittings.THUMBS_DOWN, sittings.DRIFT_DOWN, 0.5, 0.3),
    "n_shared": (visits.PLAYLIST + visits.FRIEND, visits.DRIFT["sharing"], -0.05, 0.5),
    "n_errors": (visits.ERROR, visits.DRIFT["error"], 0.4, 0.3),
    "n_helps": (visits.HELP, visits.DRIFT["help"], 0.0, 0.0),
    "n_settings": (visits.SETTINGS, visits.DRIFT["settings"], 0.0, 0.0),
    "n_adverts": (visits.ADVERT[0], visits.DRIFT["advert"], 0.4, 0.25),
}
NEEDS = (
    "user_id",
    "day",
    "n_plays",
    "n_playlist_adds",
    "n_friend_adds",
    "n_cancel_pages",
    "is_paid",
)


@dataclass(frozen=True)
class _Grid:
    """Hidden and constant: a listener's frailty and activity, equally likely cells."""

    frailty: np.ndarray
    activity: np.ndarray

    @classmethod
    def of(cls, model: SubscriptionModel) -> _Grid:
        f = ndtri((np.arange(N_FRAILTY) + 0.5) / N_FRAILTY)
        share = (np.arange(N_ACTIVITY) + 0.5) / N_ACTIVITY
        return cls(f, beta.ppf(share, model.active_alpha, model.active_beta))


def cancellation_posterior(
    truth: Path, history: pd.DataFrame, cutoff: date, horizon_days: int = 14
) -> pd.Series:
    """P(Cancellation Confirmation in ``[cutoff, cutoff + horizon_days)``) given the log before.

    Parameters
    ----------
    truth : the folder that ``simulate`` returned
    history : one row per (user_id, day) with events, as the rollup ``user_days`` has them; days
        from the cutoff on are ignored

    Returns
    -------
    Series indexed by user_id in ascending order, values in [0, 1], of the accounts that
    `cancellation_chances` knows. Up to the grid, and to the counts of pages per song, whose
    own factors are plugged in, not integrated out.

    Raises
    ------
    ContractError : if ``history`` lacks a column
    """
    missing = [name for name in NEEDS if name not in history.columns]
    if missing:
        raise ContractError(
            f"the history lacks {', '.join(missing)}", mend="pass the rollup user_days"
        )
    model = SubscriptionModel.load(truth / "model.toml")
    states = account_states(truth, cutoff)
    n_days = (cutoff - FIRST_DAY).days
    seen = _seen(history, n_days)
    pieces = []
    for start in range(0, len(states), LISTENERS_AT_A_TIME):
        some = states.iloc[start : start + LISTENERS_AT_A_TIME].reset_index(drop=True)
        pieces.append(_chances(model, some, seen, n_days, horizon_days))
    values = np.concatenate(pieces) if pieces else np.empty(0)
    return pd.Series(values, index=states["user_id"], name="p_cancels")


def _seen(history: pd.DataFrame, n_days: int) -> pd.DataFrame:
    """The log in day numbers, with what is shared in one column."""
    table = history.assign(
        number=(pd.to_datetime(history["day"]) - pd.Timestamp(FIRST_DAY)).dt.days,
        n_shared=history["n_playlist_adds"] + history["n_friend_adds"],
    )
    return table[(table["number"] >= 0) & (table["number"] < n_days)]


def _chances(
    model: SubscriptionModel,
    states: pd.DataFrame,
    seen: pd.DataFrame,
    n_days: int,
    horizon_days: int,
) -> np.ndarray:
    grid = _Grid.of(model)
    days = _Days.of(states, seen, n_days)
    belief = _filtered(model, grid, days, states["age"].to_numpy())
    by_state = belief.sum(axis=2)  # over activity: what matters ahead is frailty and drift
    by_state /= by_state.sum(axis=(1, 2), keepdims=True)
    ahead = np.empty_like(by_state)
    for place, frailty in enumerate(grid.frailty):
        known = states.assign(frailty=frailty, upgrading=1.0, downgrading=1.0)
        found = stays(model, known, horizon_days)
        ahead[:, place] = 1.0 - found[np.arange(len(states)), states["plan"].to_numpy()]
    return (by_state * ahead).sum(axis=(1, 2))


@dataclass(frozen=True)
class _Days:
    """What the log tells, as arrays of (listener, day)."""

    came: np.ndarray
    paid: np.ndarray
    songs: np.ndarray
    given_up: np.ndarray
    deeds: dict[str, np.ndarray]

    @classmethod
    def of(cls, states: pd.DataFrame, seen: pd.DataFrame, n_days: int) -> _Days:
        place = pd.Series(np.arange(len(states)), index=states["user_id"])
        rows = seen[seen["user_id"].isin(place.index)]
        where = (place[rows["user_id"]].to_numpy(), rows["number"].to_numpy())

        def spread(values) -> np.ndarray:
            table = np.zeros((len(states), n_days))
            table[where] = values
            return table

        paid = np.full((len(states), n_days), np.nan)
        paid[where] = rows["is_paid"]
        known = pd.DataFrame(paid).ffill(axis=1).bfill(axis=1).fillna(0.0)
        deeds = {name: spread(rows[name]) for name in _DEEDS if name in rows}
        return cls(
            spread(1.0) > 0,
            known.to_numpy() > 0,
            spread(rows["n_plays"]),
            spread(rows["n_cancel_pages"]),
            deeds,
        )


def _filtered(model: SubscriptionModel, grid: _Grid, days: _Days, age: np.ndarray) -> np.ndarray:
    """P(frailty, activity, day of drift | the log), as (listener, frailty, activity, drift).

    Unnormalised; each day is scaled, since only the shares matter.
    """
    n_days = days.came.shape[1]
    belief = _start(model, grid, age, n_days) * _by_temper(grid, days)
    own = _own_factors(grid, days)
    size = _usual_size(days)
    for day in range(n_days):
        day_age = age - (n_days - day)
        moved = belief * _likelihood(model, grid, days, day, own, size)
        moved = _moved(model, grid, moved, day_age, days.paid[:, day].astype(int))
        # An account's chain moves from the day after signing up on.
        belief = np.where((day_age > 0)[:, None, None, None], moved, belief)
        belief /= belief.max(axis=(1, 2, 3), keepdims=True)
    return belief


def _start(model, grid: _Grid, age: np.ndarray, n_days: int) -> np.ndarray:
    """Before the first log day: content, or in a drift, as in ``_subscribers._first_drifts``."""
    old = np.maximum(age - n_days, 1)
    day = np.arange(1, model.longest_drift + 1)
    still = (1.0 - model.drift_hazard) ** np.maximum(day - 1 - model.quiet_days, 0)
    started = np.zeros((len(age), len(grid.frailty), len(day) + 1))
    for place, frailty in enumerate(grid.frailty):
        # The plan of then is not known; that of the free is half as much again.
        weight = model.drifting(frailty, old, PAID) * still.sum()
        share = weight / (1.0 + weight)
        fits = day[None, :] < (age - n_days)[:, None]
        started[:, place, 1:] = share[:, None] * (still / still.sum())[None, :] * fits
    started[:, :, 0] = 1.0 - started[:, :, 1:].sum(axis=2)
    return np.repeat(started[:, :, None, :], len(grid.activity), axis=2)


def _by_temper(grid: _Grid, days: _Days) -> np.ndarray:
    """How well all that was done, per song, fits each frailty: a gamma mixture of Poissons."""
    fit = np.zeros((len(days.songs), len(grid.frailty)))
    for name, done in days.deeds.items():
        chance, _, slope, sd = _DEEDS[name]
        if slope == 0.0:
            continue
        n_done, expected = done.sum(axis=1)[:, None], _exposure(name, days)[:, None] * chance
        mean = np.exp(slope * grid.frailty)[None, :]
        shape = 1.0 / (np.exp(sd**2) - 1.0)
        fit += n_done * np.log(mean) - (n_done + shape) * np.log(shape + expected * mean)
    fit -= fit.max(axis=1, keepdims=True)
    return np.exp(fit)[:, :, None, None]


def _exposure(name: str, days: _Days) -> np.ndarray:
    songs = days.songs * ~days.paid if name == "n_adverts" else days.songs
    return songs.sum(axis=1)


def _own_factors(grid: _Grid, days: _Days) -> dict[str, np.ndarray]:
    """Each listener's own factor on each deed, by frailty: the mean of its gamma posterior."""
    found = {}
    for name, done in days.deeds.items():
        chance, _, slope, sd = _DEEDS[name]
        mean = np.exp(slope * grid.frailty)[None, :]
        expected = _exposure(name, days)[:, None] * chance
        if sd == 0.0:
            found[name] = np.repeat(mean, len(done), axis=0)
            continue
        shape = 1.0 / (np.exp(sd**2) - 1.0)
        found[name] = (shape + done.sum(axis=1)[:, None]) / (shape / mean + expected)
    return found


def _usual_size(days: _Days) -> np.ndarray:
    """A listener's usual logarithm of songs a sitting, drawn to that of all."""
    usual = np.log(sittings.USUAL_SONGS * np.where(days.paid, *reversed(sittings.PLAN_SONGS)))
    over = (np.log(np.maximum(days.songs, 0.5)) - usual) * days.came
    return over.sum(axis=1) / (days.came.sum(axis=1) + sittings.SONGS_SD**2 / (0.25**2 + 0.4**2))


def _likelihood(model, grid, days, day, own, size) -> np.ndarray:
    """Of what was seen on a day, as (listener, frailty, activity, drift); up to a constant."""
    plan, came = days.paid[:, day].astype(int), days.came[:, day]
    chance = _coming(model, grid, plan, (FIRST_DAY.weekday() + day) % 7)
    likely = np.where(came[:, None, None], chance, 1.0 - chance)
    pages = np.zeros((len(came), len(grid.frailty), model.longest_drift + 1))
    here = np.flatnonzero(came)
    pages[here] = _pages(model, days, day, here, own, size)
    return likely[:, None] * np.exp(pages)[:, :, None, :]


def _pages(model, days, day, here, own, size) -> np.ndarray:
    """Logarithm of how well the day's pages fit, as (listener who came, frailty, drift)."""
    depth = model.depth(np.arange(model.longest_drift + 1))
    songs, plan = days.songs[here, day], days.paid[here, day].astype(int)
    tried = np.maximum(visits.GIVEN_UP * depth * np.maximum(songs, 1)[:, None], 1e-6)
    n_tried = days.given_up[here, day][:, None]
    fit = (n_tried * np.log(tried) - tried + _sitting(songs, plan, size[here], depth))[:, None]
    for name, done in days.deeds.items():
        per_song, change, _, _ = _DEEDS[name]
        exposed = songs * (plan != PAID) if name == "n_adverts" else songs
        factor = 1.0 + change * depth
        rate = exposed[:, None] * per_song * own[name][here]
        fit = fit + done[here, day][:, None, None] * np.log(factor)
        fit = fit - rate[:, :, None] * (factor - 1.0)
    return fit


def _coming(model, grid, plan, weekday: int) -> np.ndarray:
    """The chance to come, as (listener, activity, drift)."""
    paid = np.where(plan == PAID, model.paid_activity, 1.0)
    depth = model.depth(np.arange(model.longest_drift + 1))
    left = 1.0 - (1.0 - model.drift_activity) * depth
    chance = grid.activity[None, :, None] * paid[:, None, None] * left[None, None, :]
    return np.minimum(chance * WEEKDAYS[weekday], model.highest_activity)


def _sitting(songs, plan, size, depth) -> np.ndarray:
    """How well so many songs fit each depth: log-normal around the listener's own size."""
    usual = np.log(sittings.USUAL_SONGS * np.where(plan == PAID, *reversed(sittings.PLAN_SONGS)))
    over = np.log(np.maximum(songs, 0.5)) - usual - size
    shrunk = np.log(1.0 - sittings.DRIFT_SONGS * depth)
    return -0.5 * ((over[:, None] - shrunk[None, :]) / sittings.SONGS_SD) ** 2


def _moved(model, grid, belief, age, plan) -> np.ndarray:
    """A night further: nobody cancelled, some began to drift, drifts went on or were over."""
    drift = np.arange(model.longest_drift + 1)[None, None, :]
    f, age, plan = (
        grid.frailty[None, :, None],
        np.maximum(age, 1)[:, None, None],
        plan[:, None, None],
    )
    stayed = 1.0 - model.hazards(f, age, plan, drift)
    begins = model.drifting(f, age, plan)
    belief = belief * stayed[:, :, None, :]
    after = np.empty_like(belief)
    after[..., 1:] = belief[..., :-1]
    after[..., 1] = belief[..., 0] * begins
    after[..., 0] = belief[..., 0] * (1.0 - begins) + belief[..., -1]
    return after
