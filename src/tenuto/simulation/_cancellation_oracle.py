"""The true chance that a listener cancels within some days: no model can do better.

It knows what no log tells, a listener's own hazards and whether a drift has begun, so it is
a bound that even the best model stays below. Only tests and benchmarks may use it: it reads
the truth.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.errors import CutoffError, SettingsError
from tenuto.simulation._subscription_model import FIRST_DAY, FREE, PAID, SubscriptionModel

LISTENERS_AT_A_TIME = 20_000


def cancellation_chances(truth: Path, cutoff: date, horizon_days: int = 14) -> pd.Series:
    """P(Cancellation Confirmation in ``[cutoff, cutoff + horizon_days)``) of each account.

    Parameters
    ----------
    truth : the folder that ``simulate`` returned
    cutoff : a log day; the state of the accounts at its start counts
    horizon_days : 1 or more; may end after the last log day

    Returns
    -------
    Series indexed by user_id in ascending order, values in [0, 1]; everybody who signed up
    before the cutoff's day and had not cancelled by then. Exact: the sum over all ways of
    the account's chain.

    Raises
    ------
    CutoffError : if the cutoff is before the first log day
    SettingsError : if ``horizon_days`` is below 1
    """
    if cutoff < FIRST_DAY:
        raise CutoffError(f"{cutoff} is before the logs begin", mend=f"use {FIRST_DAY} or later")
    if horizon_days < 1:
        raise SettingsError(f"horizon_days is {horizon_days}", mend="use 1 or more")
    model = SubscriptionModel.load(truth / "model.toml")
    states = account_states(truth, cutoff)
    pieces = [
        _chances(model, states.iloc[start : start + LISTENERS_AT_A_TIME], horizon_days)
        for start in range(0, len(states), LISTENERS_AT_A_TIME)
    ]
    values = np.concatenate(pieces) if pieces else np.empty(0)
    return pd.Series(values, index=states["user_id"], name="p_cancels")


def account_states(truth: Path, cutoff: date) -> pd.DataFrame:
    """The accounts at the start of ``cutoff``: one row each, by user_id.

    Columns ``age`` (days since sign-up, 1 or more), ``plan`` (0 free, 1 paid), ``drift`` (day of
    the drift, 0 for none), ``frailty``, ``upgrading`` and ``downgrading``.
    """
    wall = pd.Timestamp(cutoff)
    listeners = pd.read_parquet(truth / "listeners.parquet")
    gone = pd.read_parquet(truth / "cancellations.parquet").query("day < @wall")
    age = (wall - pd.Timestamp(FIRST_DAY)).days - listeners["sign_up_day"]
    states = listeners.assign(age=age)[(age > 0) & ~listeners["user_id"].isin(gone["user_id"])]
    states = states.sort_values("user_id", ignore_index=True)
    plans = pd.read_parquet(truth / "plans.parquet").query("from_day < @wall")
    plan = plans.groupby("user_id")["plan"].agg("last")
    states["plan"] = np.where(states["user_id"].map(plan) == "paid", PAID, FREE)
    drifts = pd.read_parquet(truth / "drifts.parquet").query("first_day <= @wall")
    drifts = drifts[drifts["last_day"].isna() | (drifts["last_day"] >= wall)]
    since = drifts.set_index("user_id")["first_day"].reindex(states["user_id"])
    states["drift"] = ((wall - since).dt.days + 1).fillna(0).astype(int).to_numpy()
    columns = ["user_id", "age", "plan", "drift", "frailty", "upgrading", "downgrading"]
    return states[columns]


def _chances(model: SubscriptionModel, states: pd.DataFrame, horizon_days: int) -> np.ndarray:
    found = stays(model, states, horizon_days)
    rows = np.arange(len(states))
    return 1.0 - found[rows, states["plan"].to_numpy(), states["drift"].to_numpy()]


def stays(model: SubscriptionModel, states: pd.DataFrame, horizon_days: int) -> np.ndarray:
    """The chance to be there at the end, of each account in each state: (account, plan, drift).

    Backwards over the days, by the account's ``age``, ``frailty``, ``upgrading``, ``downgrading``.
    """
    frailty, up, down = (
        states[name].to_numpy()[:, None, None] for name in ("frailty", "upgrading", "downgrading")
    )
    plan = np.array([FREE, PAID])[None, :, None]
    drift = np.arange(model.longest_drift + 1)[None, None, :]
    there = np.ones((len(states), 2, model.longest_drift + 1))
    changes = model.changes(up, down, plan, drift)
    for ahead in reversed(range(horizon_days)):
        age = states["age"].to_numpy()[:, None, None] + ahead
        begins = model.drifting(frailty, age, plan)
        # The drift moves by the plan of the day's start, the plan by the drift of its start.
        next_drift = np.append(np.arange(2, model.longest_drift + 1), 0)
        same, other = there, there[:, ::-1]
        on_same = _moved(same, begins, next_drift)
        on_other = _moved(other, begins, next_drift)
        left = 1.0 - model.hazards(frailty, age, plan, drift)
        there = left * ((1.0 - changes) * on_same + changes * on_other)
    return there


def _moved(there: np.ndarray, begins: np.ndarray, next_drift: np.ndarray) -> np.ndarray:
    """Tomorrow's chances to be ``there`` seen from each drift of today."""
    content = (1.0 - begins) * there[:, :, :1] + begins * there[:, :, 1:2]
    return np.concatenate([content, there[:, :, next_drift]], axis=2)
