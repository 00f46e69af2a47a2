"""Who is new, current, at risk, dormant, back or gone, and that nobody is lost on the way."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insight_views import WITH_PLANS, a_service, view_of
from service import did, played
from tenuto.insights import lifecycle

LOG_BEGINS = played(1, 44)


@pytest.fixture
def state_of(duckdb_engine, tmp_path):
    """The state of listener 2 on the day before the cutoff, of days of activity before it."""

    def state(*days_before, events=(), **options):
        log = [LOG_BEGINS, *(played(2, ago) for ago in days_before), *events]
        table = lifecycle.tables(view_of(duckdb_engine, tmp_path, log, **options))["states_of"]
        return table.set_index("user_id").loc[2]

    return state


@pytest.mark.parametrize(
    ("days_before", "state"),
    [
        # First seen seven days before the cutoff: the last day of being new; one more is too many.
        ((7,), "new"),
        ((8, 7, 1), "current"),
        # Every second day so far: patience is four silent days.
        ((21, 19, 17, 15, 13, 11, 9, 7, 5), "current"),
        ((21, 19, 17, 15, 13, 11, 9, 7), "at_risk"),
        # Daily so far: patience is never under three days.
        ((14, 13, 12, 11, 10, 9, 8, 4), "current"),
        ((14, 13, 12, 11, 10, 9, 8, 5), "at_risk"),
        # Fourteen silent days end with the day before the cutoff.
        ((30, 29, 28, 15), "dormant"),
        ((30, 29, 28, 14), "at_risk"),
        # Silent for fourteen days, then back: resurrected for a week.
        ((30, 22, 7), "resurrected"),
        ((31, 16, 7, 1), "current"),
    ],
)
def test_a_state_follows_from_the_days_of_activity(state_of, days_before, state):
    assert state_of(*days_before)["state"] == state


def test_the_usual_gap_is_told_with_the_state(state_of):
    row = state_of(21, 17, 9)
    assert (row["usual_gap_days"], row["silent_days"]) == (6.0, 8)


def test_somebody_who_slipped_away_yesterday_is_newly_at_risk(state_of):
    habit = tuple(range(30, 5, -2))
    assert state_of(*habit)["is_newly_at_risk"]
    assert not state_of(*(ago + 1 for ago in habit))["is_newly_at_risk"]


def test_who_has_cancelled_is_neither_at_risk_nor_dormant(state_of):
    gone = [did(2, "cancel", 20)]
    assert state_of(30, 29, 28, events=gone, source=WITH_PLANS)["state"] == "cancelled"
    back = [*gone, played(2, 3)]
    assert state_of(30, 29, 28, events=back, source=WITH_PLANS)["state"] == "resurrected"


def flows_and_counts(view):
    walked = view.engine.cache(lifecycle._with_previous(lifecycle._states(view)), "states_again")
    return lifecycle._flows(view, walked), lifecycle._counts(view, walked)


def assert_nobody_is_lost(flows: pd.DataFrame, counts: pd.DataFrame) -> None:
    counted = counts[counts["n_listeners"] > 0].set_index(["day", "state"])["n_listeners"]
    arrived = flows.groupby(["day", "to_state"])["n_listeners"].sum()
    assert arrived.to_dict() == counted.to_dict()
    known = flows[flows["from_state"] != ""]
    left = known.groupby(["day", "from_state"])["n_listeners"].sum()
    days = sorted(counts["day"].unique())
    yesterday = dict(zip(days[1:], days[:-1], strict=True))
    assert left.to_dict() == {
        (day, state): counted[yesterday[day], state]
        for day in days[1:]
        for state in lifecycle.STATES
        if (yesterday[day], state) in counted.index
    }


def test_the_flows_of_a_day_add_up_to_its_states_and_to_those_of_the_day_before(
    duckdb_engine, tmp_path
):
    assert_nobody_is_lost(*flows_and_counts(view_of(duckdb_engine, tmp_path, a_service(40))))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 40)), min_size=1, max_size=40))
def test_nobody_is_lost_whenever_they_come(duckdb_engine, tmp_path_factory, visits):
    events = [LOG_BEGINS, *(played(user, ago) for user, ago in visits)]
    view = view_of(duckdb_engine, tmp_path_factory.mktemp("log"), events)
    flows, counts = flows_and_counts(view)
    assert_nobody_is_lost(flows, counts)
    assert counts.groupby("day")["n_listeners"].sum().iloc[-1] == len(
        {row["user_id"] for row in events}
    )


def test_a_horizon_decides_when_somebody_is_dormant(duckdb_engine, tmp_path):
    log = [LOG_BEGINS, *(played(2, ago) for ago in (13, 12, 11, 10))]
    for horizon_days, state in ((9, "dormant"), (10, "at_risk")):
        view = view_of(duckdb_engine, tmp_path, log, horizon_days=horizon_days)
        table = lifecycle.tables(view)["states_of"].set_index("user_id")
        assert table.loc[2, "state"] == state
