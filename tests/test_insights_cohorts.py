"""Week of arrival by weeks since, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from insight_views import WITH_PLANS, view_of
from service import played
from tenuto.insights import cohorts

FIRST_AGO = 28


@pytest.fixture
def table_of(duckdb_engine, tmp_path):
    def build(events, name="cohorts", **options):
        table = cohorts.tables(view_of(duckdb_engine, tmp_path, events, **options))[name]
        return table.set_index([table.columns[0] if name == "cohorts" else "group", "week"])

    return build


def came(users, ago):
    return [played(user, ago) for user in users]


def test_a_share_is_of_those_who_came_in_the_same_week(table_of):
    """Twenty came 28 days ago; five of them were there again in week 1, ten in week 3."""
    events = came(range(20), FIRST_AGO) + came(range(5), 20) + came(range(10), 2)
    shares = table_of(events)["share_active"].loc[0]
    assert shares.tolist() == [1, 0.25, 0, 0.5]


def test_a_week_runs_on_the_listeners_own_clock(table_of):
    """Six days after the first event is week 0, seven days after it week 1."""
    events = came(range(20), 26) + came(range(20), 20) + came(range(4), 19) + came([99], FIRST_AGO)
    row = table_of(events).loc[(0, 1)]
    assert row["n_active"] == 4


def test_a_week_that_is_not_over_for_all_is_open_and_told_of_the_others(table_of):
    """Of twelve and ten of one cohort only the twelve have had their fourth week."""
    events = came(range(12), FIRST_AGO) + came(range(100, 110), FIRST_AGO - 5) + came(range(6), 1)
    table = table_of(events)
    assert table["is_open"].loc[0].tolist() == [False, False, False, True]
    assert table.loc[(0, 3), ["n_listeners", "n_active", "share_active"]].tolist() == [12, 6, 0.5]


def test_what_is_known_of_a_few_of_a_cohort_is_not_told(table_of):
    """The fourth week is over for nine of nineteen."""
    events = came(range(9), FIRST_AGO) + came(range(100, 110), FIRST_AGO - 5)
    row = table_of(events).loc[(0, 3)]
    assert row["is_open"]
    assert row[["n_listeners", "n_active", "share_active", "low", "high"]].isna().all()


def test_a_cohort_of_nine_is_not_there_at_all(table_of):
    events = came(range(20), FIRST_AGO) + came(range(100, 109), FIRST_AGO - 7)
    assert set(table_of(events).index.get_level_values("cohort")) == {0}


def test_who_had_registered_before_the_log_is_a_cohort_of_its_own(duckdb_engine, tmp_path):
    from conftest import ALL_KNOWING

    old, new = pd.Timestamp("2016-01-01"), pd.Timestamp("2017-04-01")
    events = [played(user, FIRST_AGO, registered=old) for user in range(15)]
    events += [played(user, FIRST_AGO, registered=new) for user in range(20, 32)]
    table = cohorts.tables(view_of(duckdb_engine, tmp_path, events, source=ALL_KNOWING))["cohorts"]
    sizes = table.groupby("cohort")["n_cohort"].max()
    assert sizes.to_dict() == {-1: 15, 0: 12}
    assert table.loc[table["cohort"] == -1, "first_day"].isna().all()


def test_a_plan_is_that_of_the_first_day_whatever_came_later(table_of):
    events = [played(user, FIRST_AGO, is_paid=user < 12, timestamp=None) for user in range(24)]
    clock = pd.Timestamp("2017-04-01 12:00")
    events = [{**event, "timestamp": clock} for event in events]
    events += [played(user, 3, is_paid=True, timestamp=clock) for user in range(24)]
    table = table_of(events, "cohorts_by_group", source=WITH_PLANS)
    assert table.loc[("paid", 0), "n_cohort"] == 12
    assert table.loc[("free", 0), "n_cohort"] == 12
