"""The oracle knows the population and gives the exact chance that a listener stays silent."""

from __future__ import annotations

from datetime import date, timedelta
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tenuto.errors import ContractError, CutoffError, SettingsError
from tenuto.simulation._model import FIRST_DAY, Kind, Model
from tenuto.simulation._oracle import oracle_scores
from tenuto.simulation.musicbox import simulate

CUTOFF = date(2017, 4, 29)
HORIZON_DAYS = 14
VARIANTS = pytest.mark.parametrize("knows", ["habits", "population"])


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """The truth about 3,000 listeners over the 44 days."""
    out = tmp_path_factory.mktemp("world")
    return simulate(out, listeners=3_000, seed=3, packed=False, dirt=False, file_faults=False)


@pytest.fixture(scope="module")
def history(world) -> pd.DataFrame:
    return pd.read_parquet(world / "user_days.parquet")


@pytest.fixture(scope="module")
def scored(world, history) -> pd.DataFrame:
    """One row per listener seen before the cutoff: both scores, simple rules, the outcome."""
    table = pd.DataFrame(
        {
            knows: oracle_scores(world, history, CUTOFF, HORIZON_DAYS, knows=knows)
            for knows in ("habits", "population")
        }
    )
    past = history[history["day"] < CUTOFF]
    days = past.groupby("user_id")["day"]
    table["recency_days"] = (pd.Timestamp(CUTOFF) - pd.to_datetime(days.max())).dt.days
    table["few_active_days"] = -days.size()
    table["few_events"] = -past.groupby("user_id")["n_events"].sum()
    recent = past[past["day"] >= CUTOFF - timedelta(days=7)]
    table["few_recent_events"] = -recent.groupby("user_id")["n_events"].sum()
    table["few_recent_events"] = table["few_recent_events"].fillna(0)
    table["is_silent"] = ~table.index.isin(history.loc[history["day"] >= CUTOFF, "user_id"])
    return table


def test_everybody_seen_before_the_cutoff_has_a_chance_between_0_and_1(scored, history):
    assert set(scored.index) == set(history.loc[history["day"] < CUTOFF, "user_id"])
    assert scored[["habits", "population"]].stack().between(0.0, 1.0).all()


@VARIANTS
def test_the_chance_is_what_happens(scored, knows):
    """Mean prediction and mean outcome agree in every tenth, within four standard errors."""
    tenth = pd.qcut(scored[knows].rank(method="first"), 10, labels=False)
    bands = scored.groupby(tenth).agg(
        told=(knows, "mean"), seen=("is_silent", "mean"), n=("is_silent", "size")
    )
    error = np.sqrt(np.maximum(bands["told"] * (1 - bands["told"]), 0.002) / bands["n"])
    assert ((bands["told"] - bands["seen"]).abs() < 4 * error).all(), bands


@pytest.mark.parametrize(
    "rule", ["recency_days", "few_active_days", "few_events", "few_recent_events"]
)
@pytest.mark.parametrize("within_days", [30, 14, 7])
def test_no_rule_beats_the_oracle(scored, rule, within_days):
    some = scored[scored["recency_days"] <= within_days]
    of_rule, of_oracle = (
        roc_auc_score(some["is_silent"], some[column]) for column in (rule, "population")
    )
    assert of_oracle > of_rule


def test_among_the_recently_active_habits_are_worth_more_than_recency(scored):
    """Six silent days mean little for a weekly listener and much for a daily one: what a
    model can learn beyond the recency rule."""
    some = scored[scored["recency_days"] <= 14]
    recency, population, habits = (
        roc_auc_score(some["is_silent"], some[column])
        for column in ("recency_days", "population", "habits")
    )
    assert population > recency + 0.02
    assert habits > population


@VARIANTS
def test_what_happens_after_the_cutoff_is_not_looked_at(world, history, knows):
    before = history[history["day"] < date(2017, 4, 10)]
    early = oracle_scores(world, before, date(2017, 4, 10), 7, knows=knows)
    late = oracle_scores(world, history, date(2017, 4, 10), 7, knows=knows)
    pd.testing.assert_series_equal(early, late)


@VARIANTS
def test_the_order_of_the_history_does_not_matter(world, history, knows):
    shuffled = history.sample(frac=1.0, random_state=1)
    settings = {"cutoff": date(2017, 4, 5), "horizon_days": 7, "knows": knows}
    pd.testing.assert_series_equal(
        oracle_scores(world, history, **settings), oracle_scores(world, shuffled, **settings)
    )


@VARIANTS
def test_a_longer_silence_is_less_likely(world, history, knows):
    cutoff = date(2017, 4, 5)
    week = oracle_scores(world, history, cutoff, 7, knows=knows)
    fortnight = oracle_scores(world, history, cutoff, 14, knows=knows)
    assert (fortnight <= week + 1e-12).all()


def test_strangers_to_the_truth_are_left_out(world, history):
    stranger = pd.DataFrame({"user_id": [1], "day": [FIRST_DAY], "n_events": [5]})
    with_stranger = pd.concat([history, stranger])
    assert 1 not in oracle_scores(world, with_stranger, date(2017, 4, 5), 7).index


class TestByHand:
    """One kind of listener who is active every other day on average and leaves with chance
    one tenth each night: the sum over leaving days fits on a slip of paper."""

    BASE, HAZARD = 0.5, 0.1

    @pytest.fixture
    def truth(self, tmp_path) -> Path:
        kind = Kind("only", 1.0, 2.0, 2.0, 1.0, 0.0, 1.0, (), self.HAZARD, 0.0)
        model = Model(kinds=(kind,), activity_boost=0.0, events_boost=0.0, weekend_factor=1.0)
        model.save(tmp_path / "model.json")
        listener = {"user_id": [5], "part": [1], "base": [self.BASE], "mean_events": [3.0]}
        pd.DataFrame({**listener, "kind": ["only"]}).to_parquet(tmp_path / "listeners.parquet")
        return tmp_path

    def by_hand(self, n_silent_days: int, horizon_days: int) -> float:
        """Alive on the last active day; then every night may be the last one."""
        stay, quiet = 1 - self.HAZARD, 1 - self.BASE
        left_before = sum(self.HAZARD * (stay * quiet) ** n for n in range(n_silent_days + 1))
        here = (stay * quiet) ** n_silent_days * stay
        silent_here = sum(
            here * quiet**n * stay ** (n - 1) * self.HAZARD for n in range(1, horizon_days)
        )
        silent_here += here * quiet**horizon_days * stay ** (horizon_days - 1)
        return (left_before + silent_here) / (left_before + here)

    @pytest.mark.parametrize("n_silent_days", [0, 1, 4])
    @pytest.mark.parametrize("horizon_days", [1, 3, 14])
    def test_known_habits_give_the_sum_over_leaving_days(self, truth, n_silent_days, horizon_days):
        cutoff = FIRST_DAY + timedelta(days=6)
        last = cutoff - timedelta(days=n_silent_days + 1)
        history = pd.DataFrame({"user_id": [5, 5], "day": [FIRST_DAY, last], "n_events": [2, 4]})
        score = oracle_scores(truth, history, cutoff, horizon_days, knows="habits")
        assert score.loc[5] == pytest.approx(self.by_hand(n_silent_days, horizon_days))

    def test_unknown_habits_are_weighed_by_the_history(self, truth):
        """Beta(2, 2) and one silent night: integrals of powers of base, again by hand."""
        history = pd.DataFrame({"user_id": [5], "day": [FIRST_DAY], "n_events": [1]})
        cutoff = FIRST_DAY + timedelta(days=2)
        score = oracle_scores(truth, history, cutoff, 1, knows="population")

        def moment(n_active: int, n_quiet: int) -> float:
            """E[base^a (1 - base)^q] under Beta(2, 2)."""
            n = n_active + n_quiet + 3
            return 6 / (n * comb(n - 1, n_active + 1))

        stay = 1 - self.HAZARD
        gone = self.HAZARD * moment(1, 0) + stay * self.HAZARD * moment(1, 1)
        here = stay**2
        exact = (gone + here * moment(1, 2)) / (gone + here * moment(1, 1))
        assert score.loc[5] == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"knows": "everything"}, SettingsError, id="unknown variant"),
        pytest.param({"cutoff": FIRST_DAY}, CutoffError, id="nothing known yet"),
        pytest.param({"history": pd.DataFrame({"user_id": [1]})}, ContractError, id="columns"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(world, history, change, error):
    settings = {"history": history, "cutoff": CUTOFF, "horizon_days": 14, **change}
    with pytest.raises(error):
        oracle_scores(world, **settings)
