"""Who is a machine: by rate and by impossibility, and from the past alone."""

import pytest

from service import ANN, BOB, CUTOFF, EVE, frame, played, timeline_of
from tenuto.timeline import clipped_seconds, listeners, robots
from tenuto.timeline._robots import (
    MOST_EVENTS_A_DAY,
    MOST_PLAYS_A_DAY_SUSTAINED,
    MOST_SECONDS_A_DAY,
)


def flagged(engine, tmp_path, *events, on=None):
    """The reason of each robot, by user."""
    timeline = timeline_of(engine, tmp_path, events)
    past = timeline.past(on or engine, CUTOFF)
    table = frame(past.engine, robots(past).order_by("user_id"))
    return dict(zip(table["user_id"], table["robot_reason"], strict=True))


def busy(user, ago, n, seconds=1.0):
    """``n`` plays on one day."""
    return [played(user, ago, seconds=seconds) for _ in range(n)]


def test_a_day_with_more_seconds_than_a_day_has_is_impossible(duckdb_engine, tmp_path):
    too_long = played(ANN, 5, seconds=MOST_SECONDS_A_DAY + 1)
    long = played(BOB, 5, seconds=MOST_SECONDS_A_DAY)
    assert flagged(duckdb_engine, tmp_path, too_long, long) == {ANN: "impossible"}


def test_a_burst_is_a_day_with_more_events_than_anybody_can_make(duckdb_engine, tmp_path):
    events = busy(ANN, 5, MOST_EVENTS_A_DAY + 1) + busy(BOB, 5, MOST_EVENTS_A_DAY)
    assert flagged(duckdb_engine, tmp_path, *events) == {ANN: "burst"}


def test_a_rate_is_too_many_plays_on_every_one_of_three_active_days(duckdb_engine, tmp_path):
    n = MOST_PLAYS_A_DAY_SUSTAINED + 1
    events = [row for ago in (1, 2, 9) for row in busy(ANN, ago, n)]
    events += [row for ago in (1, 2) for row in busy(BOB, ago, n)]
    events += [row for ago in (1, 2, 9) for row in busy(EVE, ago, n - 1)]
    assert flagged(duckdb_engine, tmp_path, *events) == {ANN: "rate"}


def test_a_robot_is_told_from_the_past_alone(duckdb_engine, tmp_path):
    """K4: what a listener does from the cutoff on does not decide who was in the sample."""
    person, machine_later = played(ANN, 1), played(ANN, 0, seconds=9e5)
    machine, person_later = played(BOB, 1, seconds=9e5), played(BOB, 0)
    events = (person, machine_later, machine, person_later)
    assert flagged(duckdb_engine, tmp_path, *events) == {BOB: "impossible"}


def test_a_robot_is_flagged_and_nothing_of_it_is_deleted(duckdb_engine, tmp_path):
    timeline = timeline_of(duckdb_engine, tmp_path, [played(ANN, 1, seconds=9e5), played(BOB, 1)])
    past = timeline.past(duckdb_engine, CUTOFF)
    seen = frame(duckdb_engine, listeners(past)).set_index("user_id")["robot_reason"]
    assert seen[ANN] == "impossible"
    assert seen.isna()[BOB]
    assert set(frame(duckdb_engine, past.table("user_days"))["user_id"]) == {ANN, BOB}


def test_nobody_listens_longer_than_a_day_a_day(duckdb_engine, tmp_path):
    """K17: milliseconds taken for seconds made 1.2 million of them in one day."""
    timeline = timeline_of(duckdb_engine, tmp_path, [played(ANN, 1, seconds=9e5), played(BOB, 1)])
    days = timeline.past(duckdb_engine, CUTOFF).table("user_days").order_by("user_id")
    clipped = frame(duckdb_engine, days.select(seconds=clipped_seconds(days.played_s)))
    assert clipped["seconds"].tolist() == [86_400.0, 200.0]


@pytest.mark.slow
def test_spark_flags_the_same_robots(duckdb_engine, spark_engine, tmp_path):
    events = [played(ANN, 1, seconds=9e5), *busy(BOB, 5, MOST_EVENTS_A_DAY + 1), played(EVE)]
    on_spark = flagged(duckdb_engine, tmp_path, *events, on=spark_engine)
    assert on_spark == {ANN: "impossible", BOB: "burst"}
