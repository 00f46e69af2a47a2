"""What the room promises of every preference."""

import pytest

from fake_past import FakePast, downloaded, liked, opened, played
from tenuto.errors import SettingsError
from tenuto.preferences import CATALOGUE, preferences_of, settings_of

PREFERENCES = list(CATALOGUE)


@pytest.fixture(params=PREFERENCES)
def member(request):
    return CATALOGUE.get(request.param)


def known(member, past, window_days=30):
    table = past.engine.to_arrow(member.preferences(past, window_days)).to_pylist()
    return {(row["user_id"], row["item_id"]): row["preference"] for row in table}


EVENTS = (
    played("ann", "a", share=1.0),
    played("ann", "a", ago=3, share=0.5),
    played("ann", "b", share=0.1),
    played("ann", "c", share=None, seconds=30.0),
    downloaded("ann", "d"),
    played("bob", "a", share=0.7),
    played("bob", "b", ago=2, share=1 / 3),
    downloaded("bob", "b", ago=5),
)


def test_it_says_what_it_is_and_what_its_values_mean(member):
    assert member.LABEL
    assert member.SCALE


def test_its_rows_are_pairs_of_user_and_item_with_a_preference_of_at_least_0(member, duckdb_engine):
    table = duckdb_engine.to_arrow(member.preferences(FakePast(duckdb_engine, *EVENTS), 30))

    assert table.column_names == ["user_id", "item_id", "preference"]
    assert str(table.schema.field("preference").type) == "double"
    assert table["preference"].null_count == 0
    assert all(value >= 0 for value in table["preference"].to_pylist())
    pairs = list(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))
    assert len(pairs) == len(set(pairs)) == 6


def test_a_song_downloaded_but_never_played_is_a_pair(member, duckdb_engine):
    assert ("ann", "d") in known(member, FakePast(duckdb_engine, *EVENTS))


def test_an_event_without_a_song_is_no_pair(member, duckdb_engine):
    past = FakePast(duckdb_engine, played("ann", "a"), opened("ann"))

    assert set(known(member, past)) == {("ann", "a")}


@pytest.mark.parametrize("name", PREFERENCES)
def test_a_song_only_liked_is_a_pair_of_those_that_read_likes(duckdb_engine, name):
    past = FakePast(duckdb_engine, played("ann", "a"), liked("ann", "b"))

    found = set(known(CATALOGUE.get(name), past))

    assert found - {("ann", "b")} == {("ann", "a")}
    assert (("ann", "b") in found) == ("likes" in settings_of(name))


@pytest.mark.parametrize("name", PREFERENCES)
def test_asked_by_name_it_gives_the_same_table_and_knows_its_settings(duckdb_engine, name):
    past = FakePast(duckdb_engine, *EVENTS)

    asked = duckdb_engine.to_arrow(preferences_of(past, name, 30, settings_of(name))).to_pylist()

    found = {(row["user_id"], row["item_id"]): row["preference"] for row in asked}
    assert found == known(CATALOGUE.get(name), past)
    with pytest.raises(SettingsError, match="no setting 'zither'"):
        preferences_of(past, name, 30, {"zither": 1.0})


def test_the_window_is_half_open(member, duckdb_engine):
    past = FakePast(duckdb_engine, played("ann", "in", ago=7), played("ann", "out", ago=8))

    assert set(known(member, past, window_days=7)) == {("ann", "in")}


def test_neither_the_cutoff_day_nor_a_later_one_is_seen(member, duckdb_engine):
    today = FakePast(duckdb_engine, *EVENTS)
    later = FakePast(
        duckdb_engine, *EVENTS, played("ann", "b", ago=0), downloaded("bob", "a", ago=-1)
    )

    assert known(member, today) == known(member, later)


def test_the_order_of_events_does_not_matter(member, duckdb_engine):
    forward = known(member, FakePast(duckdb_engine, *EVENTS))

    assert known(member, FakePast(duckdb_engine, *EVENTS[::-1])) == forward


def test_ids_may_be_whole_numbers_of_fifteen_digits(member, duckdb_engine):
    past = FakePast(duckdb_engine, played(1, 168_000_000_000_001), played(1, 2, share=0.3))

    assert set(known(member, past)) == {(1, 168_000_000_000_001), (1, 2)}


def test_nothing_happened_gives_no_rows(member, duckdb_engine):
    assert known(member, FakePast(duckdb_engine, played("ann", "a", ago=-3))) == {}


@pytest.mark.slow
def test_duckdb_and_spark_give_the_same_numbers(member, duckdb_engine, spark_engine):
    ours = known(member, FakePast(duckdb_engine, *EVENTS))
    theirs = known(member, FakePast(spark_engine, *EVENTS))

    assert ours.keys() == theirs.keys()
    assert theirs == pytest.approx(ours, rel=1e-12)
