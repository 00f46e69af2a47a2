"""The best possible churn score: the exact chance of silence, given the true population.

No model can beat it on simulated listeners, so it tells how far a score is from what the
data allow. Only tests and benchmarks may use it: it reads the truth.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import betainc, ndtr

from tenuto.errors import ContractError, CutoffError, SettingsError
from tenuto.simulation._likelihood import Histories, Terms, hypotheses, prior, terms
from tenuto.simulation._model import FIRST_DAY, Kind, Model

LISTENERS_AT_A_TIME = 5_000
# The population's habits on a grid: chance of an active day, mean of further events.
BASE_EDGES = 1.0 / (1.0 + np.exp(-np.linspace(-7.0, 5.0, 33)))
NEGLIGIBLE = -300.0  # a logarithm below it adds nothing but slow, denormal arithmetic
EVENTS_EDGES = np.linspace(np.log(0.05), np.log(8_000.0), 31)


def oracle_scores(
    truth: Path,
    history: pd.DataFrame,
    cutoff: date,
    horizon_days: int,
    *,
    knows: str = "population",
) -> pd.Series:
    """P(no event in ``[cutoff, cutoff + horizon_days)``) given the events before the cutoff.

    Parameters
    ----------
    truth : the folder that ``simulate`` returned
    history : one row per (user_id, day) with events: ``user_id``, ``day``, ``n_events`` (all
        kinds together), from the first log day on; rows at or after the cutoff are ignored.
        Days that are not there count as silent, so lost files must not be among them
    knows : "habits", the listener's own kind and habits, though not the leaving day; or
        "population", only how habits are distributed: the best for a reader of the log

    Returns
    -------
    Series indexed by user_id in ascending order, values in [0, 1]; everybody with an event
    before the cutoff and a place in the truth. Exact for "habits"; for "population" up to
    the grid over habits (33 x 31 edges).

    Raises
    ------
    SettingsError : if ``knows`` is neither of the two
    CutoffError : if the cutoff is not after the first log day
    ContractError : if ``history`` lacks a column
    """
    _check(history, cutoff, knows)
    model = Model.load(truth / "model.json")
    listeners = pd.read_parquet(truth / "listeners.parquet").sort_values("user_id")
    n_days = (cutoff - FIRST_DAY).days
    known = _known_events(history, listeners, n_days)
    listeners = listeners[listeners["user_id"].isin(known["user_id"])]
    pieces = []
    for _, of_part in listeners.groupby("part", sort=True):
        for start in range(0, len(of_part), LISTENERS_AT_A_TIME):
            some = of_part.iloc[start : start + LISTENERS_AT_A_TIME]
            histories = _histories(model, some, known, n_days)
            score = _scores(model, some, histories, horizon_days, knows)
            pieces.append(pd.Series(score, index=some["user_id"], name="p_silent"))
    return pd.concat(pieces).sort_index() if pieces else pd.Series(dtype=float, name="p_silent")


def _check(history: pd.DataFrame, cutoff: date, knows: str) -> None:
    if knows not in ("habits", "population"):
        raise SettingsError(f"knows is '{knows}'", mend="use 'habits' or 'population'")
    if cutoff <= FIRST_DAY:
        raise CutoffError(
            f"nothing is known before {cutoff}", mend=f"use a cutoff after {FIRST_DAY}"
        )
    missing = {"user_id", "day", "n_events"} - set(history.columns)
    if missing:
        raise ContractError(f"the history lacks {', '.join(sorted(missing))}")


def _known_events(history: pd.DataFrame, listeners: pd.DataFrame, n_days: int) -> pd.DataFrame:
    number = (pd.to_datetime(history["day"]) - pd.Timestamp(FIRST_DAY)).dt.days
    known = history[["user_id", "n_events"]].assign(number=number)
    known = known[(number >= 0) & (number < n_days) & (known["n_events"] > 0)]
    return known[known["user_id"].isin(listeners["user_id"])]


def _histories(model: Model, some: pd.DataFrame, known: pd.DataFrame, n_days: int) -> Histories:
    ids = some["user_id"].to_numpy()
    known = known[known["user_id"].isin(ids)]
    events = np.zeros((len(ids), n_days))
    place = np.searchsorted(ids, known["user_id"])
    np.add.at(events, (place, known["number"].to_numpy()), known["n_events"].to_numpy())
    active = (events > 0).astype(float)
    start_age = -model.sign_up_days[int(some["part"].iloc[0])]
    return Histories(start_age, active, events - active)


def _scores(
    model: Model, some: pd.DataFrame, histories: Histories, horizon_days: int, knows: str
) -> np.ndarray:
    """Sum over hypotheses of the chance with silence, over the sum of the chance at all."""
    weigh: _Habits | _Population = (
        _Population(model, histories) if knows == "population" else _Habits(model, some)
    )
    last_active = histories.last_active_day()
    last_day = histories.n_days + horizon_days + len(model.drift)
    silent, total = np.full((2, len(last_active)), -np.inf)
    for hypothesis in hypotheses(model, histories.n_days, horizon_days):
        # Whoever was active on the leaving day or later cannot have left on it.
        possible = last_active < hypothesis.leaving_day
        base, mean_events = weigh.habits(possible)
        logs = terms(model, hypothesis, histories, horizon_days, base, mean_events)
        chances = [prior(kind, hypothesis, histories.start_age, last_day) for kind in model.kinds]
        more = weigh.log_sums(logs, histories.of(possible), np.array(chances), possible)
        silent[possible] = np.logaddexp(silent[possible], more[0])
        total[possible] = np.logaddexp(total[possible], more[1])
    return np.exp(np.minimum(silent - total, 0.0))


class _Habits:
    """The listener's own habits and kind are known."""

    def __init__(self, model: Model, some: pd.DataFrame):
        places = {kind.name: place for place, kind in enumerate(model.kinds)}
        self.base = some["base"].to_numpy()
        self.mean_events = some["mean_events"].to_numpy()
        self.kind = some["kind"].map(places).to_numpy()

    def habits(self, possible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those of each listener in question."""
        return self.base[possible], self.mean_events[possible]

    def log_sums(
        self, logs: Terms, histories: Histories, chances: np.ndarray, possible: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log of prior x likelihood x silence, and without the silence; one per listener."""
        seen = len(logs.is_active)
        active, further = histories.active[:, :seen], histories.further[:, :seen]
        likelihood = active * (logs.is_active + logs.any_amount).T
        likelihood += (1 - active) * logs.is_inactive.T + further * logs.per_event.T
        total = likelihood.sum(axis=1) + _log(chances)[self.kind[possible]]
        return total + logs.quiet, total


class _Population:
    """Only the distribution of habits is known: a grid of habits, weighted for each kind."""

    def __init__(self, model: Model, histories: Histories):
        self.base = np.sqrt(BASE_EDGES[1:] * BASE_EDGES[:-1])
        self.mean_events = np.exp((EVENTS_EDGES[1:] + EVENTS_EDGES[:-1]) / 2)
        alive = [kind.share * kind.survival()[histories.start_age] for kind in model.kinds]
        shares = np.array(alive) / np.sum(alive)
        weights = [_grid(kind, self.base) for kind in model.kinds]
        self.weights = shares[:, None, None] * np.array(weights)

    def habits(self, possible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The grid, the same for everybody."""
        return self.base, self.mean_events

    def log_sums(
        self, logs: Terms, histories: Histories, chances: np.ndarray, possible: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As for known habits, summed over the grid and the kinds."""
        seen = len(logs.is_active)
        active, further = histories.active[:, :seen], histories.further[:, :seen]
        by_base = active @ logs.is_active + (1 - active) @ logs.is_inactive
        by_amount = active @ logs.any_amount + further @ logs.per_event
        top = by_base.max(axis=1, initial=-np.inf), by_amount.max(axis=1, initial=-np.inf)
        base = np.exp(np.maximum(by_base - top[0][:, None], NEGLIGIBLE))
        amount = np.exp(np.maximum(by_amount - top[1][:, None], NEGLIGIBLE))
        weighted = base * (amount @ np.tensordot(chances, self.weights, axes=1).T)
        total = _log(weighted.sum(axis=1)) + top[0] + top[1]
        silent = _log(weighted @ np.exp(logs.quiet)) + top[0] + top[1]
        return silent, total


def _grid(kind: Kind, base: np.ndarray) -> np.ndarray:
    """The kind's probability of each cell, base x amount."""
    edges = betainc(kind.alpha, kind.beta, np.concatenate([[0.0], BASE_EDGES[1:-1], [1.0]]))
    centre = kind.alpha / (kind.alpha + kind.beta)
    mean = kind.log_events_mean + kind.log_events_slope * (base - centre)
    inner = ndtr((EVENTS_EDGES[1:-1] - mean[:, None]) / kind.log_events_sd)
    amounts = np.diff(np.pad(inner, ((0, 0), (1, 1)), constant_values=(0.0, 1.0)), axis=1)
    return np.diff(edges)[:, None] * amounts


def _log(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(values)
