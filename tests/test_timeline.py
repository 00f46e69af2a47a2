"""Cutoffs, windows and who is there: the wall between what was known and what came after."""

import inspect
from datetime import date, datetime, timedelta

import pytest

from service import ANN, BOB, CUTOFF, EVE, day_before, did, frame, played, timeline_of
from tenuto.errors import ContractError, CutoffError
from tenuto.timeline import (
    POPULATIONS,
    Past,
    activity_by_day,
    device_shares,
    events_per_user,
    listeners,
)

TABLES = ("user_days", "item_days", "user_item_days", "user_day_devices")
LAST_DAY = day_before(-13)


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    """Ann plays on each of 44 days.

    The log runs from 30 days before the cutoff to the 14th day from it on.
    """
    events = [played(ANN, ago, device="android") for ago in range(30, -14, -1)]
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("daily"), events)


def test_an_event_at_the_cutoff_is_already_the_future(duckdb_engine, timeline):
    past = frame(duckdb_engine, timeline.past(duckdb_engine, CUTOFF).table("user_days"))
    future = frame(duckdb_engine, timeline.future(duckdb_engine, CUTOFF, 14).table("user_days"))
    assert past["day"].max() == day_before(1)
    assert future["day"].min() == CUTOFF
    assert future["days_after"].min() == 0


def test_the_day_before_the_cutoff_is_one_day_old(duckdb_engine, timeline):
    days = frame(duckdb_engine, timeline.past(duckdb_engine, CUTOFF).table("user_days"))
    ages = days.set_index("day")["age_days"]
    assert ages[day_before(1)] == 1
    assert ages[day_before(30)] == 30


@pytest.mark.parametrize("window", [1, 3, 7, 14, 30])
def test_a_window_of_n_days_has_n_days(duckdb_engine, timeline, window):
    """K25: 30 days were 31 once."""
    rows = timeline.past(duckdb_engine, CUTOFF).table("user_days", days=window)
    assert sorted(frame(duckdb_engine, rows)["age_days"]) == list(range(1, window + 1))


def test_the_future_ends_before_the_end_of_the_horizon(duckdb_engine, timeline):
    future = frame(duckdb_engine, timeline.future(duckdb_engine, CUTOFF, 7).table("user_days"))
    assert sorted(future["days_after"]) == list(range(7))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("ago", [25, 7, 0])
def test_past_and_future_share_no_day_and_leave_none_out(duckdb_engine, timeline, name, ago):
    cutoff = day_before(ago)
    before = frame(duckdb_engine, timeline.past(duckdb_engine, cutoff).table(name))
    after = frame(duckdb_engine, timeline.future(duckdb_engine, cutoff, 14).table(name))
    days = [*before["day"], *after["day"]]
    assert sorted(days) == [day_before(30) + timedelta(days=n) for n in range(30 - ago + 14)]


@pytest.mark.parametrize("days", [None, 0, -5, 10_000])
def test_no_question_makes_the_past_show_a_later_day(duckdb_engine, timeline, days):
    past = timeline.past(duckdb_engine, CUTOFF)
    shown = frame(duckdb_engine, past.table("user_days", days=days))
    assert (shown["age_days"] >= 1).all()
    assert set(inspect.signature(Past.table).parameters) == {"self", "name", "days"}


def test_a_past_without_events_is_an_empty_table_and_not_an_error(duckdb_engine, tmp_path):
    """Of a log with a hole: nobody did anything in the first days."""
    timeline = timeline_of(duckdb_engine, tmp_path, [played(ANN, -1)], day_before(3))
    past = timeline.past(duckdb_engine, CUTOFF)
    assert past.days_observed == 3
    assert frame(duckdb_engine, past.table("user_days")).empty
    assert frame(duckdb_engine, listeners(past)).empty


def test_a_rollup_that_is_not_there_is_named(duckdb_engine, timeline):
    with pytest.raises(ContractError, match="user_weeks"):
        timeline.past(duckdb_engine, CUTOFF).table("user_weeks")


# Cutoffs.


@pytest.mark.parametrize(
    "text", ["2017-04-29", CUTOFF, "2017-04-29 00:00", datetime(2017, 4, 29), "2017-04-29T00:00Z"]
)
def test_a_cutoff_is_a_day_or_its_midnight(timeline, text):
    assert timeline.parse_cutoff(text) == CUTOFF


@pytest.mark.parametrize(
    "text", ["2017-04-29 12:00", datetime(2017, 4, 29, 0, 0, 1), "2017-04-29T00:00+02:00"]
)
def test_a_cutoff_finer_than_a_day_is_refused_with_a_midnight_to_use(timeline, text):
    """A search has a clock but a play has only its day: at noon the afternoon would leak."""
    with pytest.raises(CutoffError, match=r"finer than .*\n.*--cutoff 2017-04-2[89]"):
        timeline.parse_cutoff(text)


def test_a_word_is_not_a_cutoff(timeline):
    with pytest.raises(CutoffError, match="'yesterday' is not a date"):
        timeline.parse_cutoff("yesterday")


@pytest.mark.parametrize("outside", [day_before(31), day_before(30), LAST_DAY + timedelta(days=2)])
def test_a_cutoff_outside_the_data_is_refused_with_the_range_to_use(timeline, outside):
    with pytest.raises(CutoffError) as refused:
        timeline.parse_cutoff(outside)
    assert "2017-03-30 to 2017-05-12" in refused.value.message
    assert "2017-03-31 to 2017-05-13" in refused.value.mend


@pytest.mark.parametrize("inside", [day_before(29), LAST_DAY + timedelta(days=1)])
def test_the_first_cutoff_has_one_day_before_it_and_the_last_has_all_days(timeline, inside):
    assert timeline.parse_cutoff(inside) == inside


def test_a_label_whose_window_is_open_is_refused_with_the_last_closed_cutoff(
    duckdb_engine, timeline
):
    assert timeline.last_closed_cutoff(14) == CUTOFF
    assert timeline.is_closed(CUTOFF, 14)
    with pytest.raises(CutoffError, match=r"not over: the log ends on 2017-05-12\n.*2017-04-29"):
        timeline.future(duckdb_engine, CUTOFF + timedelta(days=1), 14)


def test_without_any_log_there_is_no_cutoff(duckdb_engine, tmp_path):
    with pytest.raises(CutoffError, match=r"there are no events.*\n.*tenuto ingest"):
        timeline_of(duckdb_engine, tmp_path, []).parse_cutoff("2017-04-29")


# Listeners.


def test_a_listener_is_anybody_seen_before_the_cutoff_in_any_way(duckdb_engine, tmp_path):
    """K6: who only ever searched is a listener; who comes later is not one yet."""
    events = [did(ANN, "search", 30), played(BOB, 9), did(BOB, "download", 2), played(EVE, 0)]
    past = timeline_of(duckdb_engine, tmp_path, events).past(duckdb_engine, CUTOFF)
    seen = frame(duckdb_engine, listeners(past)).set_index("user_id").sort_index()
    assert list(seen.index) == [ANN, BOB]
    assert list(seen["days_since_last_event"]) == [30, 2]
    assert list(seen["first_day"]) == [day_before(30), day_before(9)]
    assert list(seen["last_day"]) == [day_before(30), day_before(2)]
    assert seen["robot_reason"].isna().all()


def test_figures_are_for_everybody_and_for_those_who_can_still_be_kept():
    assert POPULATIONS == {"all": None, "active_14d": 14, "active_7d": 7}


# What the log looks like.


@pytest.fixture(scope="module")
def small(duckdb_engine, tmp_path_factory):
    """Three days of three listeners, and an event after the cutoff that nobody may count."""
    events = [
        played(ANN, 3, device="android"),
        played(ANN, 3, device="android"),
        played(ANN, 1, device="iphone"),
        did(BOB, "search", 3, device="iphone"),
        *[played(EVE, 1, device="android") for _ in range(10)],
        played(BOB, 0, device="iphone"),
    ]
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("small"), events, day_before(2))


def test_activity_by_day_counts_users_new_users_and_events(duckdb_engine, small):
    days = activity_by_day(small.past(duckdb_engine, CUTOFF)).set_index("day")
    assert list(days.index) == [day_before(3), day_before(1)]
    assert list(days["n_active_users"]) == [2, 2]
    assert list(days["n_new_users"]) == [2, 1]
    assert list(days["n_plays"]) == [2, 11]
    assert list(days["n_searches"]) == [1, 0]


def test_events_per_user_is_a_histogram_of_everybody(duckdb_engine, small):
    bins = events_per_user(small.past(duckdb_engine, CUTOFF))
    assert bins["n_users"].sum() == 3
    for n_events in (1, 3, 10):
        holds = (bins["from_events"] <= n_events) & (n_events < bins["to_events"])
        assert bins.loc[holds, "n_users"].tolist() == [1]


def test_a_user_with_two_devices_counts_for_both(duckdb_engine, small):
    devices = device_shares(small.past(duckdb_engine, CUTOFF)).set_index("device")
    assert devices["n_users"].to_dict() == {"android": 2, "iphone": 2}
    assert devices["n_events"].to_dict() == {"android": 12, "iphone": 2}


@pytest.mark.slow
@pytest.mark.parametrize("overview", [activity_by_day, events_per_user, device_shares])
def test_spark_describes_the_log_as_duckdb_does(duckdb_engine, spark_engine, small, overview):
    on_duckdb = overview(small.past(duckdb_engine, CUTOFF))
    on_spark = overview(small.past(spark_engine, CUTOFF))
    assert on_spark.astype(str).equals(on_duckdb.astype(str))


def test_the_digests_name_what_each_day_was_made_from(small):
    days = [day_before(3), day_before(2), day_before(1), CUTOFF]
    assert small.digests() == {day.isoformat(): f"user_days of {day}" for day in days}
    assert small.first_day == date(2017, 4, 26)
    assert small.end == date(2017, 4, 30)
