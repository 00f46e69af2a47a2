"""What the room promises of every rollup, whoever adds the next one."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import FIRST_DAY, built, day_of, event
from tenuto.rollups import CATALOGUE

ROLLUPS = CATALOGUE.names()
EXAMPLES = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

CLOCKS = st.none() | st.integers(0, 86_399).map(
    lambda second: datetime(2017, 3, 30) + timedelta(seconds=second)
)
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
    )
    | st.builds(
        event,
        user_id=st.integers(1, 4),
        action=st.just("search"),
        item_id=st.none(),
        timestamp=CLOCKS,
        device=st.just("android"),
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
@EXAMPLES
@given(events=EVENTS)
def test_counts_are_whole_numbers_and_never_null_or_negative(duckdb_engine, name, events):
    table = built(duckdb_engine, name, day_of(duckdb_engine, events))
    counts = table[[column for column in table if column.startswith("n_")]]
    assert len(counts.columns) > 0
    assert {str(kind) for kind in counts.dtypes} == {"Int64"}
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
