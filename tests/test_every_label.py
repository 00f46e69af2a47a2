"""What the room promises of every label, and what silence means."""

from datetime import datetime, time

import pytest

from conftest import ALL_KNOWING
from service import ANN, BOB, CUTOFF, EVE, day_before, did, frame, played, timeline_of
from tenuto.labels import CATALOGUE
from tenuto.timeline import listeners

LABELS = CATALOGUE.names()
GIL = 4
FIRST_DAY, LAST_DAY = day_before(28), day_before(-20)

# All signed up a fortnight before the cutoff or earlier, so that it is the end of a bin of
# everybody's own. Ann comes back on the day of the cutoff, Bob on the last day of the fortnight,
# Eve one day later; Gil is new.
SIGNED_UP = {"registered": datetime.combine(day_before(14), time(12)), "plan": "paid"}
PAST = [
    played(ANN, 1, **SIGNED_UP),
    did(BOB, "search", 28, **SIGNED_UP),
    played(EVE, 2, **SIGNED_UP),
    did(EVE, "download", 2),
]
FUTURE = [
    *(played(ANN, 0), did(ANN, "upgrade", -3), did(BOB, "search", -13), did(BOB, "cancel", -13)),
    *(played(EVE, -14), did(EVE, "downgrade", -14), did(EVE, "cancel", -14), played(GIL, 0)),
]
IN_HORIZON = FUTURE[:4]


TIMED = [name for name in LABELS if hasattr(CATALOGUE.get(name), "event_day")]


def labelled(engine, folder, name, *events, horizon_days=14, on=None, asked="label"):
    """``label`` (or ``event_day``) by user; a label on own clocks has bins of a fortnight."""
    engine_asked, member = on or engine, CATALOGUE.get(name)
    timeline = timeline_of(engine, folder, events, FIRST_DAY, LAST_DAY, source=ALL_KNOWING)
    if hasattr(member, "BINS"):
        past = timeline.own_past(engine_asked, CUTOFF, bin_days=14)
        future = timeline.own_future(past, member.BINS)
    else:
        past = timeline.past(engine_asked, CUTOFF)
        future = timeline.future(engine_asked, CUTOFF, horizon_days)
    table = getattr(member, asked)(listeners(past), future)
    return frame(engine_asked, table.order_by("user_id"))


@pytest.mark.parametrize("name", LABELS)
def test_a_label_says_in_words_what_leaving_means_and_whom_it_means(name):
    assert CATALOGUE.get(name).LABEL.strip()
    assert CATALOGUE.get(name).WHO.strip()
    assert CATALOGUE.describe(name)


@pytest.mark.parametrize("name", LABELS)
def test_a_label_needs_columns_that_a_source_can_have(duckdb_engine, tmp_path, name):
    timeline = timeline_of(duckdb_engine, tmp_path, PAST, source=ALL_KNOWING)
    columns = timeline.past(duckdb_engine, CUTOFF).table("user_days").columns
    assert set(CATALOGUE.get(name).NEEDS) <= set(columns)


@pytest.mark.parametrize("name", LABELS)
def test_a_label_on_own_clocks_says_from_which_bin_to_which(name):
    first, last = getattr(CATALOGUE.get(name), "BINS", (0, 0))
    assert 0 <= first <= last


@pytest.mark.parametrize("name", LABELS)
def test_to_whom_it_can_happen_is_a_question_with_an_answer_for_everybody(
    duckdb_engine, tmp_path, name
):
    member = CATALOGUE.get(name)
    past = timeline_of(duckdb_engine, tmp_path, PAST, source=ALL_KNOWING).past(
        duckdb_engine, CUTOFF
    )
    people = listeners(past)
    if hasattr(member, "at_risk"):
        answers = frame(duckdb_engine, people.select(can=member.at_risk(people)))["can"]
        assert answers.isin([True, False]).all()
        assert len(answers) == 3


@pytest.mark.parametrize("name", LABELS)
def test_every_listener_has_one_label_0_or_1_and_nobody_else_has(duckdb_engine, tmp_path, name):
    """Who first appears after the cutoff is not among the listeners of that day (S2-L1)."""
    table = labelled(duckdb_engine, tmp_path, name, *PAST, *FUTURE)
    assert list(table)[:2] == ["user_id", "label"]
    assert set(table) - {"user_id", "label"} <= {"outcome"}
    assert list(table["user_id"]) == [ANN, BOB, EVE]
    assert str(table["label"].dtype) == "int64"
    assert set(table["label"]) <= {0, 1}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_does_not_see_what_comes_after_the_horizon(duckdb_engine, tmp_path, name):
    later = [played(BOB, -15), did(ANN, "search", -20), did(ANN, "cancel", -20)]
    seen = [*PAST, *IN_HORIZON]
    known = labelled(duckdb_engine, tmp_path / "known", name, *seen)
    more = labelled(duckdb_engine, tmp_path / "more", name, *seen, *FUTURE[4:], *later)
    assert known.equals(more)


@pytest.mark.parametrize("name", LABELS)
def test_the_same_listener_has_the_same_label_whoever_else_is_there(duckdb_engine, tmp_path, name):
    among_all = labelled(duckdb_engine, tmp_path / "all", name, *PAST, *FUTURE)
    for user in (ANN, BOB, EVE):
        own = [row for row in (*PAST, *FUTURE) if row["user_id"] == user]
        alone = labelled(duckdb_engine, tmp_path / str(user), name, *own)
        expected = among_all.loc[among_all["user_id"] == user, "label"].tolist()
        assert alone["label"].tolist() == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", LABELS)
def test_spark_gives_the_same_labels(duckdb_engine, spark_engine, tmp_path, name):
    on_duckdb = labelled(duckdb_engine, tmp_path, name, *PAST, *FUTURE)
    on_spark = labelled(duckdb_engine, tmp_path, name, *PAST, *FUTURE, on=spark_engine)
    assert on_spark.equals(on_duckdb)


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMED)
def test_spark_gives_the_same_days(duckdb_engine, spark_engine, tmp_path, name):
    asked = {"horizon_days": 14, "asked": "event_day"}
    on_duckdb = labelled(duckdb_engine, tmp_path, name, *PAST, *FUTURE, **asked)
    on_spark = labelled(duckdb_engine, tmp_path, name, *PAST, *FUTURE, on=spark_engine, **asked)
    assert on_spark.astype("Float64").equals(on_duckdb.astype("Float64"))


def inactive(engine, folder, *events, **options):
    table = labelled(engine, folder, "inactivity", *events, **options)
    return dict(zip(table["user_id"], table["label"], strict=True))


def test_leaving_is_1_and_is_a_fortnight_without_an_event(duckdb_engine, tmp_path):
    """S1-L1, and not the other way round as in S0-L1 (K50)."""
    assert inactive(duckdb_engine, tmp_path, *PAST, *FUTURE) == {ANN: 0, BOB: 0, EVE: 1}


def test_with_a_shorter_horizon_fewer_are_back_in_time(duckdb_engine, tmp_path):
    week = inactive(duckdb_engine, tmp_path, *PAST, *FUTURE, horizon_days=7)
    assert week == {ANN: 0, BOB: 1, EVE: 1}


def test_with_a_longer_horizon_more_are_back_in_time(duckdb_engine, tmp_path):
    longer = inactive(duckdb_engine, tmp_path, *PAST, *FUTURE, horizon_days=15)
    assert longer == {ANN: 0, BOB: 0, EVE: 0}


def test_where_nobody_comes_back_all_have_left(duckdb_engine, tmp_path):
    assert inactive(duckdb_engine, tmp_path, *PAST) == {ANN: 1, BOB: 1, EVE: 1}
