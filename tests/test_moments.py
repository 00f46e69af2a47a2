"""When and on what songs are played."""

import pytest

from conftest import ALL_KNOWING
from service import ANN, BOB, CUTOFF, day_before, did, played, timeline_of
from subscribers import at
from tenuto.preferences import item_devices, item_hours

# The day before the cutoff is a Friday.
FRIDAY, THURSDAY, SUNDAY, MONDAY = 1, 2, 6, 5
PHONE, SONG = "android", 7


def play(user, ago, hour, *, item=SONG, device=PHONE):
    return played(user, ago, item=item, timestamp=at(day_before(ago), hour), device=device)


EVENTS = (
    play(ANN, THURSDAY, 9),
    play(ANN, FRIDAY, 9),
    play(ANN, FRIDAY, 9),
    play(BOB, FRIDAY, 9, device="iphone"),
    play(BOB, FRIDAY, 23),
    play(BOB, SUNDAY, 23),
    play(ANN, MONDAY, 0, item=8, device=None),
    play(ANN, 0, 12),
    played(ANN, FRIDAY, device=PHONE, item=9),
    did(ANN, "download", timestamp=at(day_before(1), 15), device=PHONE),
)


def past_of(engine, folder, *events, source=ALL_KNOWING):
    return timeline_of(engine, folder, events, source=source).past(engine, CUTOFF)


def hours(past, window_days=30, **options):
    rows = past.engine.to_arrow(item_hours(past, window_days, **options)).to_pylist()
    keys = ("item_id", "part_of_day", "is_weekend")
    return {tuple(row[key] for key in keys): (row["n_plays"], row["n_listeners"]) for row in rows}


def devices(past, window_days=30):
    rows = past.engine.to_arrow(item_devices(past, window_days)).to_pylist()
    return {(row["item_id"], row["device"]): (row["n_plays"], row["n_listeners"]) for row in rows}


def test_plays_are_counted_by_part_of_the_day_and_weekend(duckdb_engine, tmp_path):
    assert hours(past_of(duckdb_engine, tmp_path, *EVENTS)) == {
        (SONG, "morning", False): (4, 3),
        (SONG, "evening", False): (1, 1),
        (SONG, "evening", True): (1, 1),
        (8, "night", False): (1, 1),
    }


def test_clocks_ahead_of_utc_move_plays_to_the_next_day(duckdb_engine, tmp_path):
    past = past_of(duckdb_engine, tmp_path, *EVENTS)

    # 9 o'clock is 11, 23 o'clock is 1 of the next day: Friday's is Saturday's, Sunday's Monday's
    assert hours(past, utc_offset_hours=2) == {
        (SONG, "working hours", False): (4, 3),
        (SONG, "night", True): (1, 1),
        (SONG, "night", False): (1, 1),
        (8, "night", False): (1, 1),
    }


def test_clocks_behind_utc_move_plays_to_the_day_before(duckdb_engine, tmp_path):
    past = past_of(duckdb_engine, tmp_path, *EVENTS)

    # midnight on Monday is Sunday evening
    assert hours(past, utc_offset_hours=-5)[8, "evening", True] == (1, 1)


def test_plays_are_counted_by_device(duckdb_engine, tmp_path):
    assert devices(past_of(duckdb_engine, tmp_path, *EVENTS)) == {
        (SONG, PHONE): (5, 4),
        (SONG, "iphone"): (1, 1),
        (9, PHONE): (1, 1),
    }


def test_the_window_of_moments_is_half_open(duckdb_engine, tmp_path):
    past = past_of(duckdb_engine, tmp_path, play(ANN, 0, 9), play(ANN, 7, 9), play(ANN, 8, 9))

    assert list(hours(past, 7).values()) == list(devices(past, 7).values()) == [(1, 1)]


@pytest.mark.parametrize("counted", [hours, devices])
def test_a_log_that_knows_no_moments_has_tables_without_rows(duckdb_engine, tmp_path, counted):
    class Poor:
        PRECISION, USER_ID, ITEM_ID = "day", "int64", "int64"
        ACTIONS, KNOWS = ("play",), ()

    past = past_of(duckdb_engine, tmp_path, played(ANN), source=Poor)

    assert not past.has("item_day_hours")
    assert not past.has("item_day_devices")
    assert counted(past) == {}


@pytest.mark.slow
def test_both_engines_count_the_same_moments(duckdb_engine, spark_engine, tmp_path):
    timeline = timeline_of(duckdb_engine, tmp_path, EVENTS, source=ALL_KNOWING)
    ours, theirs = (timeline.past(engine, CUTOFF) for engine in (duckdb_engine, spark_engine))

    for ahead in (-5, 0, 2):
        assert hours(ours, utc_offset_hours=ahead) == hours(theirs, utc_offset_hours=ahead)
    assert devices(ours) == devices(theirs)
