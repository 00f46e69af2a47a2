"""What the room promises of every rollup, whoever adds the next one."""

from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ALL_KNOWING, FIRST_DAY, built, event
from conftest import day_of as day_of_source
from tenuto.rollups import CATALOGUE
from tenuto.sources._contract import FACTS

ROLLUPS = CATALOGUE.names()
day_of = partial(day_of_source, source=ALL_KNOWING)
EXAMPLES = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

CLOCKS = st.none() | st.integers(0, 86_399).map(
    lambda second: datetime(2017, 3, 30) + timedelta(seconds=second)
)
SESSIONS = st.sampled_from([None, "1", "2"])
REGISTERED = st.sampled_from([None, datetime(2017, 3, 1), datetime(2017, 3, 2)])
SECONDS = st.none() | st.integers(0, 400).map(float)
EVENTS = st.lists(
    st.builds(
        event,
        user_id=st.integers(1, 4),
        action=st.sampled_from(["play", "play", "download"]),
        item_id=st.none() | st.integers(1, 4),
        played_s=SECONDS,
        length_s=st.none() | st.sampled_from([100.0, 200.0, 300.0]),
        device=st.sampled_from([None, "android", "iphone"]),
        is_paid=st.booleans(),
        timestamp=CLOCKS,
        session_id=SESSIONS,
        artist=st.sampled_from([None, "Adele", "Björk"]),
    )
    | st.builds(
        event,
        user_id=st.integers(1, 4),
        action=st.just("search"),
        item_id=st.none(),
        timestamp=CLOCKS,
        device=st.just("android"),
        session_id=SESSIONS,
        registered=REGISTERED,
        plan=st.sampled_from([None, "free", "paid"]),
    ),
    min_size=1,
    max_size=30,
)


@pytest.mark.parametrize("name", ROLLUPS)
def test_a_rollup_says_what_a_row_is(name):
    assert CATALOGUE.describe(name).startswith("One row per ")
    assert CATALOGUE.get(name).build.__doc__


@pytest.mark.parametrize("name", ROLLUPS)
@EXAMPLES
@given(events=EVENTS)
def test_a_key_names_one_row_and_is_never_null(duckdb_engine, name, events):
    table = built(duckdb_engine, name, day_of(duckdb_engine, events))
    assert table.index.is_unique
    assert not table.index.to_frame().isna().any(axis=None)
    assert set(table.reset_index().day) <= {pd.Timestamp(FIRST_DAY), FIRST_DAY}


@pytest.mark.parametrize("name", ROLLUPS)
@EXAMPLES
@given(data=st.data(), events=EVENTS)
def test_the_order_of_events_changes_nothing(duckdb_engine, name, data, events):
    table = built(duckdb_engine, name, day_of(duckdb_engine, events))
    shuffled = data.draw(st.permutations(events))
    again = built(duckdb_engine, name, day_of(duckdb_engine, shuffled))
    pd.testing.assert_frame_equal(again, table, rtol=1e-12)


@pytest.mark.parametrize("name", ROLLUPS)
def test_a_day_without_events_has_no_rows(duckdb_engine, name):
    assert built(duckdb_engine, name, day_of(duckdb_engine, [])).empty


@pytest.mark.parametrize("name", ROLLUPS)
def test_a_rollup_needs_facts_that_a_source_can_know(name):
    assert set(getattr(CATALOGUE.get(name), "NEEDS", ())) <= set(FACTS)


@pytest.mark.parametrize("name", ROLLUPS)
def test_a_rollup_has_columns_for_what_is_known_and_none_for_what_is_not(duckdb_engine, name):
    """A column of zeros would say that nobody ever did what the log is silent about."""
    if not set(getattr(CATALOGUE.get(name), "NEEDS", ())):
        poor = SimpleNamespace(**{**vars(ALL_KNOWING), "KNOWS": (), "ACTIONS": ("play", "cancel")})
        columns = built(duckdb_engine, name, day_of_source(duckdb_engine, [event()], source=poor))
        unknown = {"n_likes", "played_s", "started_s", "n_finished", "n_sessions", "n_paid_events"}
        assert not unknown & set(columns)


@pytest.mark.parametrize("name", ROLLUPS)
@EXAMPLES
@given(events=EVENTS)
def test_counts_are_whole_numbers_and_never_null_or_negative(duckdb_engine, name, events):
    table = built(duckdb_engine, name, day_of(duckdb_engine, events))
    counts = table[[column for column in table if column.startswith("n_")]]
    assert {str(kind) for kind in counts.dtypes} <= {"Int64"}
    assert not counts.isna().any(axis=None)
    assert (counts >= 0).all(axis=None)


@pytest.mark.parametrize("name", ROLLUPS)
@EXAMPLES
@given(events=EVENTS)
def test_other_users_change_nothing_in_the_rows_of_a_user(duckdb_engine, name, events):
    if CATALOGUE.get(name).KEY[0] != "user_id":
        return
    titles = [
        {"item_id": item, "title": "A", "artist": "B", "length_s": 200.0, "n_events": 9}
        for item in range(1, 5)
    ]
    table = built(duckdb_engine, name, day_of(duckdb_engine, events, titles)).reset_index()
    user = events[0]["user_id"]
    own = [row for row in events if row["user_id"] == user]
    alone = built(duckdb_engine, name, day_of(duckdb_engine, own, titles)).reset_index()
    of_user = table[table.user_id == user].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, of_user, rtol=1e-12)
