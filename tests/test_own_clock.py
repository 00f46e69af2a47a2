"""Bins on each user's own clock: a full grid, and a wall at the end of every bin."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ALL_KNOWING
from service import ANN, BOB, CUTOFF, EVE, day_before, did, frame, timeline_of
from tenuto.errors import CutoffError
from tenuto.timeline import bins, listeners

FIRST, END = day_before(40), CUTOFF + timedelta(days=20)
LAST_DAY = END - timedelta(days=1)
BIN_DAYS = 14
EXAMPLES = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def grid_of(engine, starts: dict[int, date], first=FIRST, end=END, bin_days=BIN_DAYS):
    rows = pa.table({"user_id": list(starts), "start_day": list(starts.values())})
    table = bins(engine.from_arrow(rows, "starts"), first, end, bin_days)
    return frame(engine, table.order_by(["user_id", "bin"]))


def signed_up(user, ago, *, seen=None):
    """Registered at noon ``ago`` days before the cutoff, and seen then or ``seen`` days before."""
    registered = datetime.combine(day_before(ago), time(12))
    return did(user, "home", ago if seen is None else seen, registered=registered)


# The grid.


def test_a_user_has_a_bin_for_every_span_also_where_nothing_happened(duckdb_engine):
    grid = grid_of(duckdb_engine, {ANN: day_before(40)})
    assert grid.bin.tolist() == [0, 1, 2, 3, 4]
    assert grid.start_day.tolist() == [day_before(40 - 14 * n) for n in range(5)]
    assert grid.end_day.tolist() == [day_before(26 - 14 * n) for n in range(5)]


def test_a_bin_that_is_not_over_is_not_whole(duckdb_engine):
    """K48: it has no label yet, which is not the same as a label of 0."""
    grid = grid_of(duckdb_engine, {ANN: day_before(40)})
    assert grid.is_whole.tolist() == [True, True, True, True, False]
    assert grid_of(duckdb_engine, {ANN: day_before(36)}).is_whole.all()


def test_bins_before_the_log_are_not_in_the_grid_and_one_that_is_cut_is_not_whole(duckdb_engine):
    grid = grid_of(duckdb_engine, {ANN: FIRST - timedelta(days=30)})
    assert grid.bin.tolist() == [2, 3, 4, 5, 6]
    assert grid.is_whole.tolist() == [False, True, True, True, False]


def test_a_bin_that_begins_with_the_log_is_whole(duckdb_engine):
    grid = grid_of(duckdb_engine, {ANN: FIRST - timedelta(days=28)})
    assert (grid.bin[0], grid.start_day[0], grid.is_whole[0]) == (2, FIRST, True)


def test_who_signs_up_after_the_log_has_no_bins(duckdb_engine):
    assert grid_of(duckdb_engine, {ANN: END}).empty
    assert grid_of(duckdb_engine, {ANN: LAST_DAY}).is_whole.tolist() == [False]


@EXAMPLES
@given(
    starts=st.lists(st.integers(-100, 59), min_size=1, max_size=5),
    bin_days=st.integers(1, 30),
)
def test_the_bins_of_a_user_partition_the_days_of_the_log_from_the_start_on(
    duckdb_engine, starts, bin_days
):
    days = {user: FIRST + timedelta(days=start) for user, start in enumerate(starts)}
    grid = grid_of(duckdb_engine, days, bin_days=bin_days)
    for user, start in days.items():
        own = grid[grid.user_id == user]
        assert own.start_day.iloc[1:].tolist() == own.end_day.iloc[:-1].tolist()
        assert own.start_day.iloc[0] <= max(start, FIRST) < own.end_day.iloc[0]
        assert own.start_day.iloc[-1] < END <= own.end_day.iloc[-1]
        lengths = [(row.end_day - row.start_day).days for row in own.itertuples()]
        assert set(lengths) == {bin_days}


@EXAMPLES
@given(data=st.data(), starts=st.lists(st.integers(-50, 30), min_size=1, max_size=3))
def test_sums_over_bins_are_the_totals(duckdb_engine, data, starts):
    days = {user: FIRST + timedelta(days=start) for user, start in enumerate(starts)}
    events = pd.DataFrame(
        [
            (user, max(start, FIRST) + timedelta(days=data.draw(st.integers(0, 29))))
            for user, start in days.items()
            for _ in range(data.draw(st.integers(0, 9)))
        ],
        columns=["user_id", "day"],
    )
    grid = grid_of(duckdb_engine, days, bin_days=data.draw(st.integers(1, 20)))
    joined = grid.merge(events, on="user_id")
    inside = joined[(joined.day >= joined.start_day) & (joined.day < joined.end_day)]
    assert sorted(inside.user_id) == sorted(events.user_id)


# The past and the future of a user's own cutoff.


def own_past_of(engine, folder, *events, cutoff=CUTOFF, source=ALL_KNOWING):
    timeline = timeline_of(engine, folder, events, FIRST, LAST_DAY, source=source)
    return timeline, timeline.own_past(engine, cutoff, BIN_DAYS)


def own_cutoffs(engine, past):
    return frame(engine, past.cutoffs).set_index("user_id").own_cutoff.to_dict()


def test_the_own_cutoff_is_the_end_of_the_last_bin_that_is_over(duckdb_engine, tmp_path):
    people = [signed_up(ANN, 40), signed_up(BOB, 28), signed_up(EVE, 13)]
    _, past = own_past_of(duckdb_engine, tmp_path, *people)
    assert own_cutoffs(duckdb_engine, past) == {ANN: day_before(12), BOB: CUTOFF}


def test_who_registered_before_the_log_keeps_the_own_clock(duckdb_engine, tmp_path):
    """The bin in which the log begins is not whole, so it is nobody's last bin."""
    people = [signed_up(ANN, 100, seen=20), signed_up(BOB, 50, seen=20)]
    _, past = own_past_of(duckdb_engine, tmp_path, *people)
    assert own_cutoffs(duckdb_engine, past) == {ANN: day_before(2), BOB: day_before(8)}
    late = signed_up(EVE, 41 + BIN_DAYS - 1, seen=30)
    _, early = own_past_of(duckdb_engine, tmp_path / "early", late, cutoff=day_before(30))
    assert own_cutoffs(duckdb_engine, early) == {}


def test_who_acts_before_registering_began_with_the_first_event(duckdb_engine, tmp_path):
    """Generated logs know such users; their first bin must not lose its beginning."""
    early = [did(ANN, "home", 31), signed_up(ANN, 25)]
    _, past = own_past_of(duckdb_engine, tmp_path, *early)
    assert own_cutoffs(duckdb_engine, past) == {ANN: day_before(3)}


def test_without_registrations_the_clock_begins_with_the_first_event(duckdb_engine, tmp_path):
    timeline = timeline_of(duckdb_engine, tmp_path, [did(ANN, "download", 20)], FIRST, LAST_DAY)
    past = timeline.own_past(duckdb_engine, CUTOFF, BIN_DAYS)
    assert own_cutoffs(duckdb_engine, past) == {ANN: day_before(6)}


def test_ages_count_back_from_the_own_cutoff(duckdb_engine, tmp_path):
    events = [signed_up(ANN, 20), did(ANN, "home", 7), did(ANN, "home", 6), did(ANN, "home", 1)]
    _, past = own_past_of(duckdb_engine, tmp_path, *events)
    days = frame(duckdb_engine, past.table("user_days"))
    assert sorted(days.age_days) == [1, 14]
    assert sorted(frame(duckdb_engine, past.table("user_days", days=13)).age_days) == [1]


@pytest.mark.parametrize(
    ("own_bins", "expected"), [((0, 0), [-14, -1]), ((1, 1), [0, 13]), ((0, 1), [-14, -1, 0, 13])]
)
def test_the_future_has_the_days_of_its_bins_and_no_other(
    duckdb_engine, tmp_path, own_bins, expected
):
    events = [signed_up(ANN, 34, seen=34)]
    events += [did(ANN, "home", 6 - after) for after in (-15, -14, -1, 0, 13, 14)]
    timeline, past = own_past_of(duckdb_engine, tmp_path, *events)
    days = frame(duckdb_engine, timeline.own_future(past, own_bins).table("user_days"))
    assert sorted(days.days_after) == expected


def test_a_next_bin_that_may_still_be_open_is_refused(duckdb_engine, tmp_path):
    timeline, past = own_past_of(
        duckdb_engine, tmp_path, signed_up(ANN, 20), cutoff=CUTOFF + timedelta(days=7)
    )
    timeline.own_future(past, (0, 0))
    last = END - timedelta(days=BIN_DAYS)
    with pytest.raises(CutoffError, match=f"is over: the log ends on {LAST_DAY}\n.*up to {last}"):
        timeline.own_future(past, (1, 1))


#: Nobody is seen before registering: that would move the clock.
AGO = st.integers(-19, 33)
#: What the law needs, and few sums, because every example builds them twice.
SIMPLE = SimpleNamespace(
    PRECISION="second",
    USER_ID="int64",
    ITEM_ID="int64",
    ACTIONS=("home", "cancel"),
    KNOWS=("registered",),
)


@EXAMPLES
@given(
    seen=st.lists(st.tuples(st.sampled_from([ANN, BOB]), AGO), min_size=1, max_size=12),
    later=st.lists(st.tuples(st.sampled_from([ANN, BOB]), AGO), max_size=8),
)
def test_nothing_at_or_after_the_own_cutoff_changes_the_own_past(
    duckdb_engine, tmp_path_factory, seen, later
):
    people = [signed_up(ANN, 40), signed_up(BOB, 33)]
    cutoff_ago = {ANN: 12, BOB: 5}
    known = [*people, *(did(user, "home", ago) for user, ago in seen)]
    after = [did(user, "cancel", ago) for user, ago in later if ago <= cutoff_ago[user]]
    found = []
    for events in (known, [*known, *after]):
        folder = tmp_path_factory.mktemp("law")
        _, past = own_past_of(duckdb_engine, folder, *events, source=SIMPLE)
        assert own_cutoffs(duckdb_engine, past) == {ANN: day_before(12), BOB: day_before(5)}
        people_then = frame(duckdb_engine, listeners(past).order_by("user_id"))
        days = frame(duckdb_engine, past.table("user_days").order_by(["user_id", "day"]))
        found.append((people_then, days))
        assert (days.age_days >= 1).all()
    for before, with_more in zip(*found, strict=True):
        pd.testing.assert_frame_equal(before, with_more)
