"""What the room promises of every family of features, whoever adds the next one."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service import CUTOFF, did, features_at, frame, played, timeline_of
from tenuto.features import CATALOGUE, build_features, feature_dictionary
from tenuto.features._contract import UNITS, features_of
from tenuto.timeline import listeners

FAMILIES = CATALOGUE.names()
COUNTS = ("events", "plays", "songs", "days", "seconds", "devices")
N_USERS, N_EVENTS = 12, 700
each_family = pytest.mark.parametrize("family", FAMILIES)


def some_events(seed=0):
    """Some 700 events of twelve listeners on 44 days, each listener at a rate of their own.

    Lengths, seconds, songs and devices are unknown now and then. Listener 12 only searches, the
    even ones have mostly one kind of phone and the odd ones mostly the other.
    """
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(N_USERS, 0.7))
    events = [_some_event(rng, int(user)) for user in rng.choice(N_USERS, N_EVENTS, p=rates) + 1]
    return [*events, did(N_USERS, "search", 30)]


def _some_event(rng, user):
    ago = int(rng.integers(-13, 31))
    phones = ("android", "iphone") if user % 2 else ("iphone", "android")
    device = rng.choice([None, *phones], p=[0.1, 0.8, 0.1])
    kind = rng.choice(["play", "download", "search"], p=[0.7, 0.15, 0.15])
    if kind != "play" or user == N_USERS:
        return did(user, "search" if user == N_USERS else str(kind), ago, device=device)
    item = None if rng.random() < 0.2 else int(rng.integers(7, 12))
    length = None if rng.random() < 0.2 else 200.0
    seconds = rng.choice([None, 0, 50, 90, 130, 200, 210])
    return played(user, ago, seconds=seconds, length=length, item=item, device=device)


EVENTS = some_events()


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("some"), EVENTS)


@pytest.fixture(scope="module")
def table(duckdb_engine, timeline):
    """All features of everybody seen before the cutoff."""
    return features_at(duckdb_engine, timeline)


def of_family(family):
    return features_of(family, CATALOGUE.get(family))


@each_family
def test_a_family_has_features_and_says_what_they_have_in_common(family):
    assert of_family(family)
    assert CATALOGUE.describe(family)
    assert CATALOGUE.get(family).rows.__doc__.startswith("One row per ")


@each_family
def test_a_feature_has_a_name_a_unit_and_a_sentence_of_its_own(family):
    for item in of_family(family):
        assert item.unit in UNITS
        assert item.description.endswith((".", ").")), item.name
        assert "{w}" not in item.description + item.seeds
        assert item.name.isidentifier()
        assert item.name == item.name.lower()


def test_no_two_features_share_a_name_or_a_sentence():
    features = feature_dictionary()
    assert len({item.name for item in features}) == len(features)
    assert len({item.description for item in features}) == len(features)


@each_family
def test_a_feature_that_looks_back_so_many_days_says_so_in_its_name(family):
    for item in of_family(family):
        days = item.window_days
        assert days is None or item.name.endswith((f"_{days}d", f"_{days}")), item.name


@each_family
def test_there_is_one_row_per_listener_and_one_column_of_floats_per_feature(
    duckdb_engine, timeline, family
):
    past = timeline.past(duckdb_engine, CUTOFF)
    people = frame(duckdb_engine, listeners(past))
    built = features_at(duckdb_engine, timeline, families=[family])
    assert list(built.index) == sorted(people["user_id"])
    assert list(built) == [item.name for item in of_family(family)]
    assert set(built.dtypes.astype(str)) == {"float64"}


@each_family
def test_null_stands_only_where_a_feature_may_be_null_and_infinity_nowhere(table, family):
    for item in of_family(family):
        assert not np.isinf(table[item.name]).any(), item.name
        assert item.is_nullable or table[item.name].notna().all(), item.name


@each_family
def test_shares_are_from_0_to_1_counts_from_0_and_answers_0_or_1(table, family):
    """But for differences, which say in their name above what they are counted."""
    for item in of_family(family):
        values = table[item.name].dropna()
        assert item.unit != "share" or values.between(0, 1).all(), item.name
        is_amount = item.unit in (*COUNTS, "ratio") and "_above_" not in item.name
        assert not is_amount or (values >= 0).all(), item.name
        assert item.unit != "yes/no" or set(values) <= {0, 1}, item.name


@each_family
def test_the_data_of_these_tests_move_every_feature(table, family):
    """Else the laws below would be kept by a column of noughts."""
    for item in of_family(family):
        assert table[item.name].nunique() > 1, item.name


@each_family
def test_a_listener_without_any_row_has_noughts_and_nulls(duckdb_engine, timeline, family):
    """Such as one of whom only searches are known, in a family about songs."""
    past = timeline.past(duckdb_engine, CUTOFF)
    stranger = listeners(past).limit(1).mutate(user_id=999)
    built = frame(duckdb_engine, build_features(past, stranger, families=[family]).table)
    for item in of_family(family):
        value = built[item.name].item()
        assert np.isnan(value) if item.is_nullable else value == 0, item.name


@each_family
def test_a_window_sees_nothing_older_than_itself(duckdb_engine, tmp_path, table, family):
    windows = sorted({item.window_days for item in of_family(family)} - {None})
    for window in windows[:: 1 + len(windows) // 6]:
        oldest = CUTOFF - timedelta(days=window)
        recent = [row for row in EVENTS if row["day"] >= oldest]
        cut = timeline_of(duckdb_engine, tmp_path / str(window), recent)
        built = features_at(duckdb_engine, cut, families=[family])
        names = [
            item.name
            for item in of_family(family)
            if item.window_days == window and not _stands_on_lengths(item.name)
        ]
        pd.testing.assert_frame_equal(built[names], table.loc[built.index, names])


def _stands_on_lengths(name):
    """The usual length of a song is learned from all days before, on purpose."""
    return "share" in name or "finished" in name or "80_100" in name


@each_family
def test_a_listener_has_the_same_features_whoever_else_is_there(
    duckdb_engine, tmp_path, table, family
):
    # But for lengths: the usual length of a song is learned from all who heard it.
    names = [item.name for item in of_family(family) if not _stands_on_lengths(item.name)]
    for user in (1, N_USERS):
        own = [row for row in EVENTS if row["user_id"] == user]
        alone = timeline_of(duckdb_engine, tmp_path / str(user), own)
        built = features_at(duckdb_engine, alone, families=[family])
        pd.testing.assert_frame_equal(built[names], table.loc[[user], names])


def test_only_the_days_before_the_cutoff_count_and_not_their_dates(duckdb_engine, tmp_path, table):
    earlier = [{**row, "day": row["day"] - timedelta(days=9)} for row in EVENTS]
    shifted = timeline_of(duckdb_engine, tmp_path, earlier)
    built = features_at(duckdb_engine, shifted, CUTOFF - timedelta(days=9))
    pd.testing.assert_frame_equal(built, table)


FUTURES = st.lists(
    st.builds(
        played,
        user=st.integers(1, 14),
        ago=st.integers(-20, 0),
        seconds=st.sampled_from([0.0, 40.0, 9e5]),
        item=st.integers(7, 12),
        device=st.sampled_from([None, "android", "iphone"]),
    )
    | st.builds(
        did,
        user=st.integers(1, 14),
        action=st.sampled_from(["download", "search"]),
        ago=st.integers(-20, 0),
    ),
    max_size=30,
)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(future=FUTURES)
def test_no_future_changes_a_feature(duckdb_engine, tmp_path_factory, table, future):
    past = [row for row in EVENTS if row["day"] < CUTOFF]
    folder = tmp_path_factory.mktemp("future")
    built = features_at(duckdb_engine, timeline_of(duckdb_engine, folder, past + future))
    pd.testing.assert_frame_equal(built, table, check_exact=True)


@pytest.mark.slow
@each_family
def test_spark_gives_the_features_that_duckdb_gives(duckdb_engine, spark_engine, timeline, family):
    on_duckdb = features_at(duckdb_engine, timeline, families=[family])
    on_spark = features_at(spark_engine, timeline, families=[family])
    pd.testing.assert_frame_equal(on_spark, on_duckdb, rtol=1e-9)
