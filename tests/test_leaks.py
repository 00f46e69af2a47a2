"""Nothing from the cutoff on reaches a feature or a score, and who tries is caught by name."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

import test_adding_a_member
from conftest import download, log, play, search, workspace_over
from service import CUTOFF, a_town, features_at, frame, summed, timeline_of
from tenuto.churn import _bench
from tenuto.churn._study import study
from tenuto.errors import LeakError
from tenuto.timeline import listeners
from test_study import HORIZON
from test_study import SETTINGS as STUDY_SETTINGS

SETTINGS = STUDY_SETTINGS.model_copy(update={"training_cutoffs": 1, "folds": 2})
plant = test_adding_a_member.plant

# Raw logs that are the same before the cutoff and differ from it on.

ANN, BOB, EVE, GIL = 168000001, 168000002, 168000003, 168000004
BEFORE = {
    3: [play(ANN, 7, 90, 0), play(ANN, 7, 180, 200), play(BOB, 8, 30, 240), play(EVE, 9, 5, 0)],
    2: [play(ANN, 8, 240, 240), play(EVE, 9, 400, 0), play(EVE, 7, 0, 200)],
    1: [play(BOB, 7, 100, 0), play(BOB, 8, 240, 240), play(ANN, 0, 10, 300)],
}
# Ann becomes a robot, song 9 gets a length at last and song 7 another one, Gil is new.
AFTER = [
    *[play(ANN, 7 + n, 80_000, 90_000) for n in range(3)],
    *[play(EVE, 9, 5, 10 + n) for n in range(5)],
    *[play(GIL, 7, 50, 100 + n) for n in range(9)],
]


def written(folder, before, after):
    """The logs of three days before the cutoff and, unless there are none, one from it on."""
    for ago, lines in {**before, **({0: after} if after else {})}.items():
        day = CUTOFF - timedelta(days=ago)
        log(folder, f"{day:%Y%m%d}_3_play.log", *lines)
    day = CUTOFF - timedelta(days=2)
    log(folder, f"{day:%Y%m%d}_3_down.log", download(ANN, 8), download(BOB, 7, device="ip"))
    log(folder, f"{day:%Y%m%d}_3_search.log", search(EVE, f"{day} 00:00:11"))
    if after:
        log(folder, f"{CUTOFF:%Y%m%d}_3_down.log", download(BOB, 9, device="ar"), download(GIL))
        log(folder, f"{CUTOFF:%Y%m%d}_3_search.log", search(BOB, f"{CUTOFF} 00:00:11"))
    return folder


def known_at_the_cutoff(engine, folder, before=BEFORE, after=()):
    """Features, listeners and the timeline, by way of reading and summing the raw logs."""
    logs = written(folder / "logs", before, list(after))
    timeline = summed(workspace_over(logs, folder / "workspace"))
    features = features_at(engine, timeline)
    people = frame(engine, listeners(timeline.past(engine, CUTOFF)).order_by("user_id"))
    return features, people, timeline


@pytest.fixture(scope="module")
def known(duckdb_engine, tmp_path_factory):
    """What is known where the log ends before the cutoff."""
    return known_at_the_cutoff(duckdb_engine, tmp_path_factory.mktemp("cut"))


@pytest.mark.parametrize(
    "after",
    [
        AFTER,
        pytest.param(AFTER[:1], marks=pytest.mark.slow),
        pytest.param([*AFTER[::-1], *AFTER], marks=pytest.mark.slow),
    ],
    ids=["appended", "fewer", "shuffled and twice"],
)
def test_what_is_logged_from_the_cutoff_on_changes_no_feature_and_no_listener(
    duckdb_engine, tmp_path, known, after
):
    features, people, _ = known_at_the_cutoff(duckdb_engine, tmp_path, after=after)
    pd.testing.assert_frame_equal(features, known[0], check_exact=True)
    pd.testing.assert_frame_equal(people, known[1], check_exact=True)


@pytest.mark.slow
def test_the_order_of_raw_lines_changes_no_feature(duckdb_engine, tmp_path, known):
    shuffled = {ago: lines[::-1] for ago, lines in BEFORE.items()}
    features, people, _ = known_at_the_cutoff(duckdb_engine, tmp_path, before=shuffled)
    pd.testing.assert_frame_equal(features, known[0], rtol=1e-12)
    pd.testing.assert_frame_equal(people, known[1], check_exact=True)


def test_these_logs_would_show_a_leak(duckdb_engine, known):
    """A day earlier the same features are others: the laws above are not kept by chance."""
    features, timeline = known[0], known[2]
    yesterday = features_at(duckdb_engine, timeline, CUTOFF - timedelta(days=1))
    changed = (yesterday != features) & features.notna()
    assert changed.any().mean() > 0.5


# Scores.


@pytest.fixture(scope="module")
def town():
    """What 200 listeners do until the end of the horizon."""
    return a_town(n_listeners=200, first_ago=37, last_ago=-HORIZON + 1)


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory, town):
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("town"), town)


def test_the_call_list_of_a_day_is_the_same_when_its_outcome_is_known(
    duckdb_engine, tmp_path, town, timeline
):
    """Trained and scored on that morning, or a fortnight later from the whole log."""
    that_morning = [row for row in town if row["day"] < CUTOFF]
    short = timeline_of(duckdb_engine, tmp_path, that_morning)
    then, later = (
        study(duckdb_engine, log_of, CUTOFF, SETTINGS, random_state=0).call_list
        for log_of in (short, timeline)
    )
    pd.testing.assert_frame_equal(then, later, check_exact=True)


# Planted leaks.

LEAKING = '''
"""Reads all days of the log, also those from the cutoff on."""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and day, whenever."""
    days = past.engine.read_parquet(past._rollups.files("user_days"))
    return days.mutate(is_later=days.day >= past.cutoff)


@feature(unit="events")
def n_events_zither(rows):
    """Events on any day."""
    return rows.n_events.sum(where={which})


@feature(unit="days", nullable=True)
def n_days_zither(rows):
    """A companion that does not leak."""
    return (~rows.is_later).sum()
'''


def test_a_feature_that_looks_at_the_future_stops_the_study_and_is_named(
    plant, duckdb_engine, timeline
):
    plant("features", "zither", LEAKING.replace("{which}", "rows.is_later"))
    with pytest.raises(LeakError, match="n_events_zither") as caught:
        study(duckdb_engine, timeline, CUTOFF, SETTINGS, random_state=0)
    assert "n_days_zither" not in str(caught.value)
    assert "cutoff" in caught.value.mend


def test_the_same_family_without_the_leak_passes(plant, duckdb_engine, timeline):
    plant("features", "zither", LEAKING.replace("{which}", "~rows.is_later"))
    found = study(duckdb_engine, timeline, CUTOFF, SETTINGS, random_state=0)
    assert {"n_events_zither", "n_days_zither"} <= set(found.features["feature"])


def test_a_model_too_good_to_be_true_stops_the_study_and_is_named(
    monkeypatch, duckdb_engine, timeline
):
    """As if it had been told the labels of the listeners whom it scores."""
    honest = _bench.forward

    def told(training, test, names, **options):
        scored = honest(training, test, names, **options)
        rows = scored.scores["model"] == "logistic"
        luck = np.random.default_rng(0).random(rows.sum()) / 10
        scored.scores.loc[rows, "probability"] = test.y * 0.9 + luck
        return scored

    monkeypatch.setattr(_bench, "forward", told)
    with pytest.raises(LeakError, match=r"logistic reaches AUC 1\.0"):
        study(duckdb_engine, timeline, CUTOFF, SETTINGS, random_state=0)
