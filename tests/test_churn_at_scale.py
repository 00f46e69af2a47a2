"""What makes a large service bearable changes nothing of what is found."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from service import CUTOFF, a_town, timeline_of
from tenuto.churn import _loader
from tenuto.churn._bench import Bench
from tenuto.churn._protocols import enough_users, thinned
from tenuto.evaluation.folds import some_of, user_fold
from tenuto.settings import ChurnSettings
from tenuto.timeline import UserRange, parts_of

SETTINGS = ChurnSettings(
    horizon_days=7,
    min_history_days=7,
    folds=3,
    models=["recency_rule", "logistic"],
    call_list_model="logistic",
)
CUTOFFS = [CUTOFF, CUTOFF - timedelta(days=2)]


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    events = a_town(n_listeners=150, first_ago=37, last_ago=-6)
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("town"), events)


def bench(engine, timeline, n_threads=1, **changed):
    settings = SETTINGS.model_copy(update=changed)
    return Bench(engine, timeline, settings, 0, None, CUTOFF, n_threads)


def test_listeners_in_parts_are_the_listeners_at_once(duckdb_engine, timeline, monkeypatch):
    whole = bench(duckdb_engine, timeline).load(CUTOFF)
    monkeypatch.setattr(_loader, "parts_of", lambda ids: parts_of(ids, len(ids) // 4))

    in_parts = bench(duckdb_engine, timeline, n_threads=2).load(CUTOFF)

    assert np.array_equal(in_parts.examples.user_id, whole.examples.user_id)
    assert np.array_equal(in_parts.examples.y, whole.examples.y)
    pd.testing.assert_frame_equal(in_parts.examples.X, whole.examples.X, check_exact=True)
    pd.testing.assert_frame_equal(in_parts.people, whole.people)
    assert in_parts.n_robots == whole.n_robots


def test_cutoffs_side_by_side_are_the_cutoffs_one_after_the_other(duckdb_engine, timeline):
    alone = bench(duckdb_engine, timeline).loader.training(CUTOFFS, None)
    beside = bench(duckdb_engine, timeline, n_threads=2).loader.training(CUTOFFS, None)

    assert np.array_equal(beside.user_id, alone.user_id)
    pd.testing.assert_frame_equal(beside.X, alone.X, check_exact=True)


def test_who_is_drawn_before_features_are_built_is_who_every_fold_learns_from(
    duckdb_engine, timeline
):
    everybody = bench(duckdb_engine, timeline).loader.training(CUTOFFS, None)
    most = len(everybody) // 4
    drawn = bench(duckdb_engine, timeline, max_training_rows=most).loader.training(CUTOFFS, None)

    assert len(drawn) < len(everybody)
    for fold in range(SETTINGS.folds):
        of_all, of_drawn = (
            thinned(part.take(user_fold(part.user_id, SETTINGS.folds, "forward") != fold), most)
            for part in (everybody, drawn)
        )
        assert np.array_equal(of_drawn.user_id, of_all.user_id)
        pd.testing.assert_frame_equal(of_drawn.X, of_all.X, rtol=1e-12)


def test_where_a_fold_takes_everybody_nobody_is_drawn():
    assert enough_users([np.arange(50), np.arange(60)], n_folds=5, max_rows=110) is None


def test_every_listener_is_in_one_part_and_parts_follow_from_their_number_alone():
    ids = pa.array(range(0, 1000, 3))
    parts = parts_of(ids, 100)

    assert len(parts) == 4
    assert (parts[0].low, parts[-1].high) == (None, None)
    assert [part.high for part in parts[:-1]] == [part.low for part in parts[1:]]
    assert parts_of(pa.array(["ann", "bob"]), 100) == [UserRange()]


def test_some_of_a_mask_are_the_same_whatever_else_is_there():
    ids = np.arange(1000)
    mask = ids % 2 == 0
    some = some_of(mask, ids, 100, "test")

    assert some.sum() == 100
    assert not (some & ~mask).any()
    assert np.array_equal(some_of(mask[::-1], ids[::-1], 100, "test")[::-1], some)
    assert some_of(mask, ids, 500, "test") is mask
