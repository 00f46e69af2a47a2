"""When it happened, as the log tells it to somebody who stands at a later cutoff."""

from datetime import datetime, time, timedelta

import numpy as np
import pytest

from conftest import ALL_KNOWING
from service import CUTOFF, day_before, did, timeline_of
from tenuto.churn._dataset import at_cutoff
from tenuto.errors import LeakError
from tenuto.labels import CATALOGUE

HORIZON, FIRST_DAY, LAST_DAY = 7, day_before(20), day_before(-40)
NOON = datetime.combine(day_before(1), time(12))
ANN, BOB, EVE, PAYS, PAYS_ON, FREE, NEW, SILENT = range(1, 9)
PAID, UNPAID = ({"is_paid": paid, "timestamp": NOON} for paid in (True, False))
TIMED = [name for name in CATALOGUE if hasattr(CATALOGUE.get(name), "event_day")]
PAST = [did(user, "home", ago) for user in (ANN, BOB, EVE) for ago in (10, 1)]
# Ann cancels on the second day, Bob after the horizon; Eve says nothing for two weeks.
FUTURE = [
    *(did(ANN, "cancel", -1), did(BOB, "home", -9), did(BOB, "cancel", -9)),
    *(did(EVE, "home", -14), did(EVE, "cancel", -20)),
]


def examples(engine, timeline, label="cancellation", days=14):
    known_until = None if days is None else CUTOFF + timedelta(days=days)
    found = at_cutoff(
        engine,
        timeline,
        CUTOFF,
        label=label,
        horizon_days=HORIZON,
        max_window_days=1,
        known_until=known_until,
    )
    return found.examples


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    return log_of(duckdb_engine, tmp_path_factory.mktemp("known"))


@pytest.fixture(scope="module")
def longer(duckdb_engine, tmp_path_factory):
    """The same log, and more that happens from a fortnight after the cutoff on."""
    later = [did(EVE, "cancel", -14), did(BOB, "home", -15), did(ANN, "cancel", -30)]
    return log_of(duckdb_engine, tmp_path_factory.mktemp("longer"), *later)


def log_of(engine, folder, *events):
    everything = [*PAST, *FUTURE, *events]
    return timeline_of(engine, folder, everything, FIRST_DAY, LAST_DAY, source=ALL_KNOWING)


def same(first, second):
    return np.array_equal(first, second, equal_nan=True)


def test_a_cancellation_is_known_by_its_day_up_to_the_cutoff_to_be_scored(duckdb_engine, timeline):
    found = examples(duckdb_engine, timeline).follow_up

    assert same(found.event_day, [1, 9, np.nan])
    assert set(found.followed_days) == {14}
    assert not found.is_return


def test_a_silence_ends_with_any_event(duckdb_engine, timeline):
    found = examples(duckdb_engine, timeline, label="inactivity").follow_up

    assert same(found.event_day, [1, 9, np.nan])
    assert found.is_return


def test_nobody_is_followed_for_longer_than_four_weeks(duckdb_engine, timeline):
    found = examples(duckdb_engine, timeline, days=35).follow_up

    assert same(found.event_day, [1, 9, 20])
    assert set(found.followed_days) == {28}


@pytest.mark.parametrize("label", ["cancellation", "inactivity"])
def test_what_happens_from_the_cutoff_to_be_scored_on_changes_nothing(
    duckdb_engine, timeline, longer, label
):
    known = examples(duckdb_engine, timeline, label)
    more = examples(duckdb_engine, longer, label)

    assert same(known.follow_up.event_day, more.follow_up.event_day)


def test_standing_before_the_end_of_the_horizon_is_a_leak(duckdb_engine, timeline):
    with pytest.raises(LeakError, match="a label of 7 days at 2017-04-29 was not known"):
        examples(duckdb_engine, timeline, days=6)


def test_days_are_told_only_to_those_who_say_where_they_stand(duckdb_engine, timeline):
    assert examples(duckdb_engine, timeline, days=None).follow_up is None


@pytest.fixture(scope="module")
def busy(duckdb_engine, tmp_path_factory):
    """A log in which each thing that a label asks about happens to one and not to another."""
    events = [
        *(did(PAYS, "home", 1, **PAID), did(PAYS, "downgrade", -6)),
        *(did(PAYS_ON, "home", 1, **PAID), did(PAYS_ON, "downgrade", -7)),
        *(did(FREE, "home", 1, **UNPAID), did(FREE, "upgrade", -6)),
        *(did(NEW, "home", 1), did(NEW, "home", -2), did(SILENT, "home", 1)),
    ]
    return log_of(duckdb_engine, tmp_path_factory.mktemp("busy"), *events)


@pytest.mark.parametrize("label", TIMED)
def test_every_label_with_days_agrees_with_them(duckdb_engine, busy, label):
    found = examples(duckdb_engine, busy, label)

    # Examples refuses labels and days that contradict each other.
    assert np.isfinite(found.follow_up.event_day).any()
    assert (found.y == found.follow_up.labels()).all()


def test_labels_on_a_cutoff_of_everybody_have_days():
    own_clocks = {name for name in CATALOGUE if hasattr(CATALOGUE.get(name), "BINS")}

    assert set(TIMED) == set(CATALOGUE) - own_clocks
