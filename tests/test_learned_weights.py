"""Weights of signals that are learned from what listeners came back to."""

import numpy as np
import pytest

from conftest import ALL_KNOWING
from service import CUTOFF, did, played, timeline_of
from tenuto.errors import NotEnoughData
from tenuto.preferences import learned_weights, preferences_of
from tenuto.preferences._learned import HALF_LIVES_DAYS

HORIZON_DAYS = 14
AHEAD = -HORIZON_DAYS


def a_town(chance_again, *, n_listeners=80, seed=0):
    """Listeners with ten songs each: played, saved or skipped by chance, and played again or not.

    ``chance_again`` of a song that ``is_saved`` and ``is_skipped``.
    """
    rng = np.random.default_rng(seed)
    events = []
    for user in range(1, n_listeners + 1):
        for item in range(1, 11):
            is_saved, is_skipped = rng.random(2) < 0.4
            ago = int(rng.integers(1, 25))
            seconds = 10.0 if is_skipped else 190.0
            events.append(played(user, ago, seconds=seconds, item=item))
            if is_saved:
                events.append(did(user, "download", ago) | {"item_id": item})
            if rng.random() < chance_again(is_saved, is_skipped):
                events.append(played(user, -int(rng.integers(HORIZON_DAYS)), item=item))
    return [*events, played(1, AHEAD, item=1)]


def loves_what_is_saved(is_saved, is_skipped):
    return 0.8 if is_saved else 0.2


@pytest.fixture(scope="module")
def loving_town(duckdb_engine, tmp_path_factory):
    """Where what is saved is played again."""
    folder = tmp_path_factory.mktemp("town")
    return timeline_of(duckdb_engine, folder, a_town(loves_what_is_saved), source=ALL_KNOWING)


def learned(engine, folder, events, **options):
    timeline = timeline_of(engine, folder, events, source=ALL_KNOWING)
    return learned_in(engine, timeline, **options)


def learned_in(engine, timeline, **options):
    past, future = timeline.past(engine, CUTOFF), timeline.future(engine, CUTOFF, HORIZON_DAYS)
    return learned_weights(past, future, **options)


def test_what_listeners_come_back_to_gets_the_weight(duckdb_engine, loving_town):
    found = learned_in(duckdb_engine, loving_town)

    # then a download says everything, a finished play nothing
    weights = found.settings
    assert weights["downloads"] > 5 * (weights["heard"] + weights["finished"])
    assert found.is_better
    assert found.auc > 0.7
    assert found.n_pairs == 800
    assert 0.35 < found.share_hits < 0.5


def test_a_signal_that_speaks_the_wrong_way_is_left_out_not_turned_round(duckdb_engine, tmp_path):
    found = learned(duckdb_engine, tmp_path, a_town(lambda saved, skipped: 0.2 if saved else 0.8))

    assert found.settings["downloads"] == 0.0
    assert all(found.settings[name] >= 0 for name in ("heard", "finished"))
    assert found.settings["skips"] <= 0


def test_a_signal_that_the_log_never_shows_keeps_its_usual_weight(duckdb_engine, loving_town):
    found = learned_in(duckdb_engine, loving_town)

    assert (found.settings["likes"], found.settings["playlist_adds"]) == (2.0, 1.0)


def test_where_chance_decides_nothing_is_better(duckdb_engine, tmp_path):
    found = learned(duckdb_engine, tmp_path, a_town(lambda *_: 0.5, n_listeners=200))

    assert found.auc == pytest.approx(0.5, abs=0.06)
    assert found.auc_usual == pytest.approx(0.5, abs=0.06)


def test_what_is_learned_are_settings_of_signals(duckdb_engine, loving_town):
    found = learned_in(duckdb_engine, loving_town)
    past = loving_town.past(duckdb_engine, CUTOFF)

    rows = duckdb_engine.to_arrow(preferences_of(past, "signals", 30, found.settings))

    assert rows.num_rows == 800
    assert found.settings["half_life_days"] in HALF_LIVES_DAYS


def test_the_order_of_events_changes_nothing(duckdb_engine, loving_town, tmp_path):
    events = a_town(loves_what_is_saved)[::-1]

    found = learned(duckdb_engine, tmp_path, events, half_lives_days=())

    assert found == learned_in(duckdb_engine, loving_town, half_lives_days=())


def test_of_many_pairs_whole_listeners_are_drawn_by_seed(duckdb_engine, loving_town):
    options = {"max_pairs": 600, "half_lives_days": ()}

    first, again, other = (
        learned_in(duckdb_engine, loving_town, random_state=seed, **options) for seed in (0, 0, 1)
    )

    assert first == again
    assert first != other
    assert first.n_pairs == other.n_pairs == 600


def test_a_handful_of_plays_teaches_nothing(duckdb_engine, tmp_path):
    with pytest.raises(NotEnoughData, match="too few"):
        learned(duckdb_engine, tmp_path, a_town(loves_what_is_saved, n_listeners=9))


@pytest.mark.slow
def test_both_engines_learn_the_same(duckdb_engine, spark_engine, tmp_path):
    events = a_town(loves_what_is_saved, n_listeners=40)
    timeline = timeline_of(duckdb_engine, tmp_path, events, source=ALL_KNOWING)

    ours, theirs = (
        learned_weights(
            timeline.past(engine, CUTOFF),
            timeline.future(engine, CUTOFF, HORIZON_DAYS),
            half_lives_days=(),
        )
        for engine in (duckdb_engine, spark_engine)
    )

    assert ours.settings == pytest.approx(theirs.settings)
    assert ours.auc == pytest.approx(theirs.auc)
