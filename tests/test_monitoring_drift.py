"""Drift: how far features, scores and volumes have moved, and when that is an alarm."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saved_results import write
from service import CUTOFF, day_before, did, timeline_of
from tenuto.errors import ContractError
from tenuto.monitoring._alarms import alarms_of, set_alarms
from tenuto.monitoring._drift import Now, drift, is_ageing
from tenuto.monitoring._psi import Histogram, level_of, noise_limit, psi
from tenuto.monitoring._reference import Reference, only_growing
from tenuto.monitoring._volume import volumes

N = 2_000
NO_VOLUMES = pd.DataFrame(columns=["name", "then", "now", "ratio", "level"])
FAMILIES = {"plays": "activity", "days": "tenure"}
counts = st.lists(st.integers(0, 1_000), min_size=3, max_size=12)


def sample(shift=0.0, n=N, seed=0):
    return np.random.default_rng(seed).normal(shift, 1.0, n)


def reference(**changed):
    """Two features and a score of 2,000 training rows of one cutoff."""
    plays, score = sample(), sample(seed=9)
    facts = {
        "model": "boosting",
        "digest": "d1ce",
        "cutoffs": ("2017-04-15",),
        "n_rows": N,
        "n_active": float(N),
        "features": {"plays": Histogram.of(plays), "days": Histogram.of(plays)},
        "means": {"plays": 0.0, "days": 0.0},
        "grows": ("days",),
        "score": Histogram.of(score),
        "mean_score": float(score.mean()),
        "sd_score": float(score.std()),
    }
    return Reference(**facts | changed)


def now(shift=0.0, n=N, n_new=500, score_shift=0.0):
    X = pd.DataFrame({"plays": sample(shift, n, seed=1), "days": sample(shift, n, seed=1)})
    return Now(X, sample(score_shift, n, seed=2), n_new)


def drifted(seen=None, then=None, leaned_on=frozenset({"activity", "tenure"})):
    table = drift(then or reference(), seen or now(), NO_VOLUMES, FAMILIES, leaned_on)
    return table.set_index("name")


# The index.


def test_equal_shares_have_no_distance_whatever_their_size():
    assert psi([10, 30], [10, 30]) == 0
    assert psi([1_000, 3_000], [2_000, 6_000]) == pytest.approx(0, abs=1e-6)


def test_the_index_is_the_sum_that_the_books_give():
    """(0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5) = 0.0182 + 0.0223."""
    assert psi([5_000_000, 5_000_000], [6_000_000, 4_000_000]) == pytest.approx(0.0405, abs=1e-4)


@given(counts)
def test_the_index_is_never_negative_and_the_same_both_ways(then):
    other = then[::-1]
    if sum(then):
        assert psi(then, other) >= 0
        assert psi(then, other) == pytest.approx(psi(other, then))


def test_nothing_to_compare_is_no_number():
    assert np.isnan(psi([0, 0], [1, 2]))


def test_a_value_that_goes_missing_is_drift():
    values = sample()
    histogram = Histogram.of(values)
    values[: N // 3] = np.nan
    assert psi(histogram.counts, histogram.count(values)) > 0.2


def test_bins_have_equal_mass_and_tied_values_stay_together():
    assert Histogram.of(np.arange(1, 101)).counts == (10,) * 10 + (0,)
    many_zeros = Histogram.of(np.concatenate([np.zeros(70), np.arange(1, 31)]))
    assert many_zeros.counts[0] == 70
    assert sum(many_zeros.counts) == 100


def test_a_constant_that_becomes_another_is_seen():
    histogram = Histogram.of(np.full(N, 7.0))
    assert psi(histogram.counts, histogram.count(np.full(N, 7.0))) == 0
    for other in (6.0, 8.0):
        assert psi(histogram.counts, histogram.count(np.full(N, other))) > 1


def test_a_feature_that_is_never_known_has_one_bin():
    histogram = Histogram.of(np.full(5, np.nan))
    assert histogram.share_null == 1
    assert histogram.count(np.array([1.0, np.nan])) == (1, 1)


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=1, max_size=40))
def test_a_histogram_comes_back_from_json_as_it_was(values):
    histogram = Histogram.of(np.array(values))
    assert Histogram.from_json(json.loads(json.dumps(histogram.to_json()))) == histogram
    assert histogram.count(np.array(values)) == histogram.counts
    assert histogram.n == len(values)


def test_a_histogram_that_lacks_a_bin_is_refused():
    with pytest.raises(ContractError, match=r"1 edges and 2 counts\n  To mend: delete"):
        Histogram.from_json({"edges": [1.0], "counts": [1, 2]})


def test_chance_alone_hardly_ever_passes_the_limit():
    histogram = Histogram.of(sample(n=500))
    passed = 0
    for seed in range(300):
        counted = histogram.count(sample(n=100, seed=100 + seed))
        passed += psi(histogram.counts, counted) > noise_limit(histogram.counts, counted)
    assert passed <= 3


@pytest.mark.parametrize(
    ("distance", "limit", "level"),
    [
        (0.05, 0.0, "steady"),
        (0.15, 0.01, "watch"),
        (0.25, 0.01, "alert"),
        (0.15, 0.18, "steady"),
        (0.25, 0.4, "too few"),
        (0.5, 0.4, "alert"),
        (float("nan"), 0.0, "too few"),
    ],
)
def test_levels(distance, limit, level):
    assert level_of(distance, limit) == level


def test_thirty_features_of_fifty_thousand_listeners_take_well_under_a_second():
    columns = [sample(n=50_000, seed=seed) for seed in range(30)]
    histograms = [Histogram.of(column) for column in columns]
    began_s = time.process_time()
    for histogram, column in zip(histograms, columns, strict=True):
        psi(histogram.counts, histogram.count(column))
    assert time.process_time() - began_s < 1


# The table.


def test_listeners_like_those_trained_on_have_not_drifted():
    table = drifted()
    assert set(table["level"]) == {"steady"}


def test_a_feature_that_moved_may_alarm_and_one_that_can_only_grow_may_not():
    table = drifted(now(shift=1.0))
    assert table.loc[["plays", "days"], "level"].tolist() == ["alert", "alert"]
    assert table.loc[["plays", "days"], "may_alarm"].tolist() == [True, False]
    assert table.loc["days", "by_design"] == "can only grow"


def test_a_feature_that_the_model_does_not_lean_on_may_not_alarm():
    table = drifted(now(shift=1.0), leaned_on=frozenset({"tenure"}))
    assert not table.loc["plays", "may_alarm"]


def test_where_importances_are_not_known_every_feature_counts():
    assert drifted(now(shift=1.0), leaned_on=None).loc["plays", "may_alarm"]


def test_a_shift_of_the_mean_score_by_its_spread_is_an_alert():
    table = drifted(now(score_shift=1.0))
    assert table.loc["mean score", "distance"] == pytest.approx(1, abs=0.2)
    assert table.loc[["score", "mean score"], "level"].tolist() == ["alert", "alert"]


def test_a_run_without_models_by_fold_has_no_drift_of_scores():
    table = drifted(then=reference(score=None))
    assert "score" not in table.index


def test_a_handful_of_listeners_proves_nothing():
    table = drifted(now(n=10))
    assert table.loc["plays", "level"] == "too few"


def test_a_log_that_follows_a_cohort_raises_no_alarm():
    """Half of the listeners gone and hardly anybody new: they are all older than before."""
    fewer = now(shift=1.0, n=N // 2, n_new=10)
    assert is_ageing(reference(), fewer)
    assert not drifted(fewer)["may_alarm"].any()
    assert not is_ageing(reference(), now(n=N // 2, n_new=400))


def test_a_reference_comes_back_from_json_as_it_was():
    for made in (reference(), reference(score=None, mean_score=0.0, sd_score=0.0)):
        assert Reference.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_clocks_and_totals_only_grow_and_what_falls_for_some_does_not():
    users = np.arange(100)
    then = pd.DataFrame({"user_id": users, "clock": 5.0, "total": 3.0, "recent": users * 1.0})
    later = then.assign(clock=19.0, total=then["total"] + users % 2, recent=users[::-1] * 1.0)
    assert only_growing(then, later) == ["clock", "total"]
    assert only_growing(then.head(10), later) == []


# Volumes.


def test_the_last_day_is_held_against_the_same_weekday_of_earlier_weeks(duckdb_engine, tmp_path):
    """Four earlier Fridays with 100, 100, 100 and 200 listeners; then one with 25."""
    per_day = {1: 25, 8: 100, 15: 100, 22: 100, 29: 200, 2: 300}
    events = [did(user, "search", ago) for ago, n in per_day.items() for user in range(n)]
    past = timeline_of(duckdb_engine, tmp_path, events).past(duckdb_engine, CUTOFF)
    row = volumes(past).set_index("name").loc["n_events"]
    assert (row["then"], row["now"], row["ratio"], row["level"]) == (100, 25, 0.25, "alert")


def test_so_few_listeners_that_chance_halves_a_day_raise_no_alarm(duckdb_engine, tmp_path):
    per_day = {1: 9, 8: 20, 15: 20, 22: 20}
    events = [did(user, "search", ago) for ago, n in per_day.items() for user in range(n)]
    past = timeline_of(duckdb_engine, tmp_path, events).past(duckdb_engine, CUTOFF)
    assert set(volumes(past)["level"]) == {"too few"}


def test_a_day_without_any_event_is_an_alert_and_a_young_log_is_too_few(duckdb_engine, tmp_path):
    events = [did(1, "search", 8)]
    old = timeline_of(duckdb_engine, tmp_path / "old", events, day_before(1))
    assert set(volumes(old.past(duckdb_engine, CUTOFF))["level"]) == {"alert"}
    young = timeline_of(duckdb_engine, tmp_path / "young", [did(1, "search", 1)])
    assert set(volumes(young.past(duckdb_engine, CUTOFF))["level"]) == {"too few"}


# Alarms.


def breach(name="plays", level="alert", may_alarm=True):
    row = {"kind": "feature", "name": name, "measure": "PSI", "distance": 0.3}
    return pd.DataFrame([row | {"level": level, "may_alarm": may_alarm}])


def a_run(runs, ago, table, label="inactivity"):
    day = CUTOFF - timedelta(days=ago)
    for part in ("monitoring", "churn"):
        (runs / str(day) / part).mkdir(parents=True)
    table.to_csv(runs / str(day) / "monitoring" / "drift.csv", index=False)
    write(runs / str(day) / "churn" / "summary.json", {"label": label, "model": "boosting"})
    return day


def test_two_breaches_one_after_the_other_are_an_alarm():
    assert [alarm.name for alarm in alarms_of(breach(), breach())] == ["plays"]


@pytest.mark.parametrize(
    "before",
    [breach(level="watch"), breach("songs"), breach(may_alarm=False), pd.DataFrame()],
    ids=["only watched", "another feature", "by design", "no run before"],
)
def test_one_breach_alone_is_none(before):
    assert alarms_of(breach(), before) == []


@pytest.mark.parametrize("order", [(2, 1, 0), (0, 1, 2), (1, 0, 2)])
def test_alarms_are_the_same_in_whatever_order_days_are_filled(tmp_path, order):
    """The third-last day is calm; the last two are in breach: the last one alone alarms."""
    tables = {2: breach(level="steady"), 1: breach(), 0: breach()}
    for ago in order:
        set_alarms(tmp_path, a_run(tmp_path, ago, tables[ago]))
    found = {
        ago: json.loads((tmp_path / str(day_before(ago)) / "monitoring/alarms.json").read_text())
        for ago in order
    }
    assert {ago: len(one["alarms"]) for ago, one in found.items()} == {2: 0, 1: 0, 0: 1}
    assert found[0]["run_before"] == str(day_before(1))


def test_runs_that_foretell_something_else_are_not_compared(tmp_path):
    a_run(tmp_path, 1, breach(), label="cancellation")
    assert set_alarms(tmp_path, a_run(tmp_path, 0, breach())) == []


def test_an_alarm_says_what_moved_and_how_far(tmp_path):
    a_run(tmp_path, 1, breach())
    (alarm,) = set_alarms(tmp_path, a_run(tmp_path, 0, breach()))
    assert alarm.in_words() == "feature plays: PSI 0.30, 0.30 before"
