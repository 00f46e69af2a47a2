"""What the room promises of every family of features, whoever adds the next one."""

import functools
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service import CUTOFF, did, features_at, frame, played
from subscribers import N_USERS, at, log_of, part_of, some_events
from tenuto.features import CATALOGUE, build_features, feature_dictionary
from tenuto.features._contract import UNITS, features_of
from tenuto.timeline import listeners

FAMILIES = CATALOGUE.names()
COUNTS = ("events", "plays", "songs", "artists", "sessions", "days", "bins", "seconds", "devices")
EVENTS = some_events()
#: Takes the place of seconds played in logs that cannot tell those: see the laws of
#: subscription logs in test_features_subscription.py.
NOT_HERE = {"started_s_14d"}
each_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    return log_of(duckdb_engine, tmp_path_factory.mktemp("some"), EVENTS)


@pytest.fixture(scope="module")
def table(duckdb_engine, timeline):
    """All features of everybody seen before the cutoff."""
    return features_at(duckdb_engine, timeline)


def of_family(family):
    features = features_of(family, CATALOGUE.get(family))
    return [item for item in features if item.name not in NOT_HERE]


def test_a_source_that_knows_everything_has_every_feature(table):
    assert set(table) == {item.name for item in feature_dictionary()} - NOT_HERE


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


@pytest.fixture(scope="module")
def seen_from(duckdb_engine, tmp_path_factory, timeline):
    """All features of a log that begins so many days before the cutoff."""

    @functools.cache
    def built(window):
        oldest = CUTOFF - timedelta(days=window)
        folder = tmp_path_factory.mktemp("cut")
        recent = part_of(timeline, folder, [day for day in timeline.days if day >= oldest])
        return features_at(duckdb_engine, recent)

    return built


@pytest.mark.parametrize("window", [1, 2, 3, 7, 14, 25, 30])
def test_a_window_sees_nothing_older_than_itself(table, seen_from, window):
    names = [
        item.name
        for item in feature_dictionary()
        if item.window_days == window and item.name in table
    ]
    built = seen_from(window)
    pd.testing.assert_frame_equal(built[names], table.loc[built.index, names])


def _stands_on_lengths(name):
    """The usual length of a song is learned from all days before, on purpose."""
    return "share" in name or "finished" in name or "80_100" in name


@pytest.mark.parametrize("user", [1, 4, N_USERS])
def test_a_listener_has_the_same_features_whoever_else_is_there(
    duckdb_engine, tmp_path, table, user
):
    # But for lengths: the usual length of a song is learned from all who heard it.
    names = [name for name in table if not _stands_on_lengths(name)]
    own = [row for row in EVENTS if row["user_id"] == user]
    built = features_at(duckdb_engine, log_of(duckdb_engine, tmp_path, own))
    pd.testing.assert_frame_equal(built[names], table.loc[[user], names])


def test_who_has_which_id_and_the_order_of_rows_change_nothing(duckdb_engine, tmp_path, table):
    renamed = [{**row, "user_id": 1000 - row["user_id"]} for row in reversed(EVENTS)]
    built = features_at(duckdb_engine, log_of(duckdb_engine, tmp_path, renamed))
    built.index = 1000 - built.index
    pd.testing.assert_frame_equal(built.sort_index(), table, check_names=False)


def test_only_the_days_before_the_cutoff_count_and_not_their_dates(duckdb_engine, tmp_path, table):
    clocks = ("day", "timestamp", "registered")
    earlier = [
        {**row, **{name: row[name] - timedelta(days=9) for name in clocks if row[name]}}
        for row in EVENTS
    ]
    shifted = log_of(duckdb_engine, tmp_path, earlier)
    built = features_at(duckdb_engine, shifted, CUTOFF - timedelta(days=9))
    pd.testing.assert_frame_equal(built, table)


@each_family
def test_gender_place_browser_and_ids_are_never_read(duckdb_engine, timeline, family):
    """They are sensitive, or name the person; without them nothing is different (S3-F7, S4-F3)."""
    past = timeline.past(duckdb_engine, CUTOFF)
    blind = Blind(past)
    built = build_features(blind, listeners(past), families=[family])
    assert built.names == [item.name for item in of_family(family)]


class Blind:
    """A past without what no feature may read."""

    HIDDEN = ("gender", "location", "user_agent", "plan")

    def __init__(self, past):
        self.has = past.has
        self._past = past

    def table(self, name, days=None):
        rows = self._past.table(name, days)
        return rows.drop(*(column for column in self.HIDDEN if column in rows.columns))


def later(user, ago, action, session_id, is_paid, **others):
    """Something done on the day of the cutoff or after it; the session may have begun before."""
    told = {"session_id": session_id, "is_paid": is_paid, "registered": at(CUTOFF, hour=1)}
    clock = at(CUTOFF - timedelta(days=ago), hour=3)
    done = played(user, ago) if action == "play" else did(user, action, ago)
    return {**done, "timestamp": clock, **told, **others}


FUTURES = st.lists(
    st.builds(
        later,
        user=st.integers(1, 14),
        ago=st.integers(-20, 0),
        action=st.sampled_from(["play", "play", "search", "like", "advert", "downgrade", "cancel"]),
        session_id=st.sampled_from(["0", "1", "new"]),
        is_paid=st.booleans(),
        device=st.sampled_from([None, "android", "iphone"]),
        item_id=st.integers(7, 12),
        played_s=st.sampled_from([0.0, 40.0, 9e5]),
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
    built = features_at(duckdb_engine, log_of(duckdb_engine, folder, past + future))
    pd.testing.assert_frame_equal(built, table, check_exact=True)


@pytest.mark.slow
@each_family
def test_spark_gives_the_features_that_duckdb_gives(duckdb_engine, spark_engine, timeline, family):
    on_duckdb = features_at(duckdb_engine, timeline, families=[family])
    on_spark = features_at(spark_engine, timeline, families=[family])
    pd.testing.assert_frame_equal(on_spark, on_duckdb, rtol=1e-9)
