"""What is likely to become of the plans: sums of probabilities, and what came before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from insight_views import WITH_PLANS, scores_of, view_of
from service import day_before, did, played
from tenuto.insights import outlook


def clocked(events):
    return [
        {**row, "timestamp": pd.Timestamp(row["day"]) + pd.Timedelta(hours=9)} for row in events
    ]


@pytest.fixture
def outlook_of(duckdb_engine, tmp_path):
    def build(events, **columns):
        view = view_of(duckdb_engine, tmp_path, clocked(events), source=WITH_PLANS)
        scores = scores_of(view, plans=True).assign(**columns)
        return outlook.tables(replace(view, scores=scores))["outlook"].set_index(
            ["plan", "outcome"]
        )

    return build


def a_month(users, *, is_paid):
    return [played(user, ago, is_paid=is_paid) for user in users for ago in (30, 16, 2)]


FREE, PAID = range(1, 31), range(101, 141)
EVENTS = [*a_month(FREE, is_paid=False), *a_month(PAID, is_paid=True)]
PLANS = {"is_paid": [0] * len(FREE) + [1] * len(PAID)}


def test_what_is_expected_is_the_sum_of_the_probabilities(outlook_of):
    """30 on the free plan at 0.2: 6, give or take 1.96 times the root of 30 · 0.2 · 0.8."""
    row = outlook_of(EVENTS, **PLANS).loc[("free", "upgrades")]
    assert row["expected"] == pytest.approx(6)
    assert row["high"] == pytest.approx(6 + 1.96 * np.sqrt(4.8), abs=1e-3)
    assert row["low"] == pytest.approx(6 - 1.96 * np.sqrt(4.8), abs=1e-3)


def test_nobody_free_can_downgrade_and_nobody_paid_upgrade(outlook_of):
    assert set(outlook_of(EVENTS, **PLANS).index) == {
        ("free", "upgrades"),
        ("free", "cancels"),
        ("paid", "downgrades"),
        ("paid", "cancels"),
    }


def test_what_came_before_is_counted_of_those_who_were_there(outlook_of):
    """Twelve of forty who paid two weeks before the cutoff have downgraded since."""
    events = [*EVENTS, *(did(user, "downgrade", 9, is_paid=False) for user in PAID[:12])]
    row = outlook_of(events, **PLANS).loc[("paid", "downgrades")]
    assert row[["n_listeners_before", "n_before", "share_before"]].tolist() == [40, 12, 0.3]


def test_what_came_to_fewer_than_ten_is_not_told(outlook_of):
    events = [*EVENTS, *(did(user, "cancel", 9, is_paid=True) for user in PAID[:9])]
    assert pd.isna(outlook_of(events, **PLANS).loc[("paid", "cancels"), "n_before"])


def test_a_plan_of_nine_has_no_outlook(outlook_of):
    plans = {"is_paid": [0] * (len(FREE) + len(PAID) - 9) + [1] * 9}
    assert set(outlook_of(EVENTS, **plans).index.get_level_values("plan")) == {"free"}


def test_a_log_without_plans_has_no_outlook(duckdb_engine, tmp_path):
    view = view_of(duckdb_engine, tmp_path, [played(1, 5), played(2, 3)])
    assert outlook.tables(replace(view, scores=scores_of(view))) == {}


def test_a_log_no_longer_than_the_horizon_has_nothing_before(duckdb_engine, tmp_path):
    events = clocked(played(user, ago, is_paid=False) for user in FREE for ago in (9, 2))
    view = view_of(duckdb_engine, tmp_path, events, source=WITH_PLANS)
    assert view.timeline.first_day == day_before(9)
    scores = scores_of(view, plans=True).assign(is_paid=0)
    assert outlook.tables(replace(view, scores=scores))["outlook"]["n_before"].isna().all()
