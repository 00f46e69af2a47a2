"""The true chance of cancelling: worked out by hand, held against what happens, never beaten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tenuto.errors import CutoffError, SettingsError
from tenuto.simulation import _accounts
from tenuto.simulation._accounts import Accounts
from tenuto.simulation._cancellation_oracle import account_states, cancellation_chances
from tenuto.simulation._subscribers import Subscribers, make_subscribers, subscribers_table
from tenuto.simulation._subscription_model import DAYS, FIRST_DAY, SubscriptionModel

CUTOFF = date(2018, 11, 5)
#: No drifts, no changes of plan, and nobody is more restless than another.
SUDDEN_ONLY = SubscriptionModel(
    drift_begins=0.0, frailty_sd=0.0, new_factor=0.0, plan_factors=(1.0, 1.0), sudden_hazard=0.01
)


def write_truth(
    folder: Path, model: SubscriptionModel, people: Subscribers, days: int = DAYS
) -> Path:
    """The truth's files after ``days`` days, without anybody hearing a song."""
    accounts = Accounts(model, people)
    rng = np.random.default_rng(0)
    for day in range(days):
        accounts.step(day, rng)
    folder.mkdir(exist_ok=True)
    model.save(folder / "model.toml")
    subscribers_table(people).to_parquet(folder / "listeners.parquet")
    _accounts.plans_table(accounts, days).to_parquet(folder / "plans.parquet")
    _accounts.drifts_table(accounts).to_parquet(folder / "drifts.parquet")
    _accounts.cancellations_table(accounts).to_parquet(folder / "cancellations.parquet")
    return folder


def people_of(model: SubscriptionModel, n: int, **same) -> Subscribers:
    """``n`` listeners; all have the ``same`` values."""
    people = make_subscribers(model, n, DAYS, np.random.default_rng(1))
    return replace(people, **{name: np.full(n, value) for name, value in same.items()})


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> Path:
    model = SubscriptionModel()
    return write_truth(tmp_path_factory.mktemp("truth"), model, people_of(model, 8_000))


def outcomes(truth: Path, chances: pd.Series, cutoff: date, horizon_days: int) -> np.ndarray:
    gone = pd.read_parquet(truth / "cancellations.parquet")
    start, end = pd.Timestamp(cutoff), pd.Timestamp(cutoff + timedelta(days=horizon_days))
    within = gone[(gone["day"] >= start) & (gone["day"] < end)]
    return chances.index.isin(within["user_id"])


# By hand.


def test_a_steady_hazard_is_survived_day_by_day(tmp_path):
    people = people_of(SUDDEN_ONLY, 10, first_drift=np.int8(0), sign_up_day=-5)
    write_truth(tmp_path, SUDDEN_ONLY, people, days=1)
    chances = cancellation_chances(tmp_path, FIRST_DAY + timedelta(days=1), horizon_days=14)
    assert chances.tolist() == pytest.approx([1 - 0.99**14] * len(chances))


def test_a_drift_is_quiet_at_first_and_then_ripe(tmp_path):
    model = replace(SUDDEN_ONLY, sudden_hazard=0.0)
    people = people_of(model, 2, first_drift=np.int8(5), sign_up_day=-30)
    write_truth(tmp_path, model, people, days=1)
    # Days 5 and 6 of the drift are quiet, 7 to 21 are ripe, and then it is over.
    for days, ripe in ((2, 0), (3, 1), (14, 12), (17, 15), (40, 15)):
        chances = cancellation_chances(tmp_path, FIRST_DAY, days)
        assert chances.tolist() == pytest.approx([1 - 0.92**ripe] * 2)


def test_the_plan_to_come_counts(tmp_path):
    model = replace(SUDDEN_ONLY, plan_factors=(0.0, 1.0), upgrade=0.5, downgrade=0.0)
    same = {"first_drift": np.int8(0), "first_plan": np.int8(0), "upgrading": 1.0}
    write_truth(tmp_path, model, people_of(model, 3, sign_up_day=-30, **same), days=1)
    # The first day is free of risk; the second has the paid hazard after an upgrade.
    assert cancellation_chances(tmp_path, FIRST_DAY, 1).tolist() == [0.0] * 3
    assert cancellation_chances(tmp_path, FIRST_DAY, 2).tolist() == pytest.approx([0.005] * 3)


def test_the_chance_of_one_day_is_that_days_hazard(truth):
    model = SubscriptionModel()
    states = account_states(truth, CUTOFF)
    chances = cancellation_chances(truth, CUTOFF, 1)
    hazards = model.hazards(states["frailty"], states["age"], states["plan"], states["drift"])
    assert chances.to_numpy() == pytest.approx(hazards)


# Against what happens.


def test_the_accounts_are_those_who_signed_up_and_have_not_cancelled(truth):
    chances = cancellation_chances(truth, CUTOFF)
    listeners = pd.read_parquet(truth / "listeners.parquet")
    gone = pd.read_parquet(truth / "cancellations.parquet")
    there = set(listeners.loc[listeners["registered"] < pd.Timestamp(CUTOFF), "user_id"])
    there -= set(gone.loc[gone["day"] < pd.Timestamp(CUTOFF), "user_id"])
    assert set(chances.index) == there
    assert chances.index.is_monotonic_increasing


@pytest.mark.parametrize("horizon_days", [7, 14, 28])
def test_in_every_band_of_chances_as_many_cancel_as_were_to(truth, horizon_days):
    chances = cancellation_chances(truth, CUTOFF, horizon_days)
    assert chances.between(0, 1).all()
    cancelled = outcomes(truth, chances, CUTOFF, horizon_days)
    bands = pd.qcut(chances, 5, labels=False).to_numpy()
    for band in range(5):
        p, happened = chances.to_numpy()[bands == band], cancelled[bands == band]
        error = np.sqrt((p * (1 - p)).sum()) / len(p)
        assert abs(happened.mean() - p.mean()) < 3.5 * error


def test_a_longer_horizon_is_never_safer(truth):
    chances = [cancellation_chances(truth, CUTOFF, days) for days in (1, 5, 14, 15)]
    for shorter, longer in pairwise(chances):
        assert (longer > shorter).all()


def test_nothing_known_of_an_account_ranks_better_than_its_true_chance(truth):
    states = account_states(truth, CUTOFF).set_index("user_id")
    chances = cancellation_chances(truth, CUTOFF)
    cancelled = outcomes(truth, chances, CUTOFF, 14)
    best = roc_auc_score(cancelled, chances)
    assert 0.78 < best < 0.92
    rules = {"frailty": states["frailty"], "drift": states["drift"] > 6, "new": -states["age"]}
    for values in rules.values():
        assert 0.5 < roc_auc_score(cancelled, values) < best - 0.02


def test_about_23_percent_cancel_in_63_days_six_in_ten_after_a_drift(truth):
    gone = pd.read_parquet(truth / "cancellations.parquet")
    assert len(gone) / 8_000 == pytest.approx(0.231, abs=0.02)
    assert gone["had_drifted"].mean() == pytest.approx(0.6, abs=0.06)
    per_week = np.histogram((gone["day"] - pd.Timestamp(FIRST_DAY)).dt.days, bins=9)[0]
    assert per_week.max() < 1.6 * per_week.min()


# Mistakes.


def test_a_cutoff_before_the_logs_is_refused(truth):
    with pytest.raises(CutoffError, match="2018-09-30 is before the logs begin"):
        cancellation_chances(truth, date(2018, 9, 30))


def test_a_horizon_without_days_is_refused(truth):
    with pytest.raises(SettingsError, match="horizon_days is 0"):
        cancellation_chances(truth, CUTOFF, 0)


def test_a_model_is_read_as_it_was_written(tmp_path):
    SUDDEN_ONLY.save(tmp_path / "model.toml")
    assert SubscriptionModel.load(tmp_path / "model.toml") == SUDDEN_ONLY
