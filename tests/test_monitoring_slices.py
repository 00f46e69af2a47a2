"""Slices: who is in which, how well each is told, and when there is a verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import ALL_KNOWING
from service import ANN, BOB, CUTOFF, EVE, day_before, played, timeline_of
from tenuto.evaluation.calibration import expected_calibration_error
from tenuto.monitoring._reliability import calibration_figures, reliability_curves
from tenuto.monitoring._slices import slice_values, slices

N = 1_000


def listeners(n=N, gap=0.0, seed=0, **columns):
    """Half with P = 0.2, half with 0.6; outcomes of exactly that share, or ``gap`` lower."""
    p = np.repeat([0.2, 0.6], n // 2)
    ranks = np.tile((np.arange(n // 2) + 0.5) / (n // 2), 2)
    y = (ranks < p - gap).astype(int)
    facts = {"user_id": np.arange(n), "y": y, "is_active_14d": True, "is_active_7d": True}
    return pd.DataFrame(facts | {"probability_m": p, "score_m": p} | columns)


def by(values, name="device"):
    return pd.DataFrame({"user_id": np.arange(len(values)), name: values})


def judged(test, values):
    return slices(test, values, "m").set_index(["slice", "value"])


def test_a_slice_has_its_size_its_rate_and_what_was_said_of_it():
    rows = judged(listeners(), by(["a"] * 500 + ["b"] * 500))
    assert rows.index.tolist() == [("all", "all"), ("device", "a"), ("device", "b")]
    assert rows["n"].tolist() == [1_000, 500, 500]
    assert rows["base_rate"].tolist() == pytest.approx([0.4, 0.2, 0.6])
    assert rows["mean_score"].tolist() == pytest.approx([0.4, 0.2, 0.6])
    assert rows["calibration_gap"].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert set(rows["verdict"]) == {"as said"}


def test_every_figure_lies_in_its_interval():
    rows = judged(listeners(), by(["a"] * 300 + ["b"] * 700))
    for name in ("base_rate", "calibration_gap", "recall_at_10", "auc"):
        known = rows.dropna(subset=[name])
        assert (known[f"{name}_low"] <= known[name] + 1e-9).all()
        assert (known[name] <= known[f"{name}_high"] + 1e-9).all()


def test_a_slice_of_which_too_much_is_said_is_named():
    off = pd.concat([listeners().head(500), listeners(gap=0.2).tail(500)])
    rows = judged(off, by(["a"] * 500 + ["b"] * 500))
    assert rows.loc[("device", "b"), "calibration_gap"] == pytest.approx(0.2)
    assert rows.loc[("device", "b"), "verdict"] == "says too much"
    assert rows.loc[("device", "a"), "verdict"] == "as said"
    rows = judged(listeners(gap=-0.2), by(["a"] * 1_000))
    assert rows.loc[("all", "all"), "verdict"] == "says too little"


def test_there_is_no_verdict_on_fewer_than_two_hundred_listeners():
    rows = judged(listeners(gap=0.2), by(["a"] * 199 + ["b"] * 801))
    assert rows.loc[("device", "a"), "verdict"] == "too few"
    rows = judged(listeners(gap=0.2), by(["a"] * 200 + ["b"] * 800))
    assert rows.loc[("device", "a"), "verdict"] == "says too much"


def test_recall_is_of_the_best_tenth_of_the_whole_list_not_of_each_slice():
    """All of the best tenth are in one slice: nobody of the other is called."""
    test = listeners(n=200)
    test["probability_m"] = np.linspace(0, 1, 200)
    rows = judged(test, by(["low"] * 100 + ["high"] * 100))
    assert rows.loc[("device", "low"), "recall_at_10"] == 0
    called = test.tail(20)["y"].sum()
    assert rows.loc[("device", "high"), "recall_at_10"] == called / test.tail(100)["y"].sum()


def test_listeners_silent_for_weeks_are_in_no_slice():
    test = listeners(is_active_14d=[True] * 600 + [False] * 400)
    assert judged(test, by(["a"] * N))["n"].tolist() == [600, 600]


def test_of_whom_nothing_is_told_is_a_slice_of_its_own():
    rows = judged(listeners(), by(["a"] * 500))
    assert rows.loc[("device", "not known"), "n"] == 500


def test_the_order_of_rows_changes_nothing():
    test, values = listeners(), by(["a"] * 500 + ["b"] * 500)
    shuffled = test.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        slices(shuffled, values, "m").drop(columns=_ROUNDED),
        slices(test, values, "m").drop(columns=_ROUNDED),
    )


_ROUNDED = ["mean_score", "calibration_gap", "calibration_gap_low", "calibration_gap_high"]


def test_tenure_plan_and_device_come_from_before_the_cutoff(duckdb_engine, tmp_path):
    """Ann moved to another phone with one event; what comes after the cutoff is not known."""
    events = [
        *(played(ANN, 3, device="android") for _ in range(2)),
        played(ANN, 1, device="iphone"),
        *(played(BOB, -1, device="android") for _ in range(5)),
        played(BOB, 1, device="iphone"),
        played(EVE, 1, device=None),
    ]
    past = timeline_of(duckdb_engine, tmp_path, events).past(duckdb_engine, CUTOFF)
    people = pd.DataFrame(
        {
            "user_id": [ANN, BOB, EVE],
            "first_day": [day_before(3), day_before(8), day_before(100)],
            "is_paid": [1.0, 0.0, None],
        }
    )
    found = slice_values(past, people).set_index("user_id")
    assert found["device"].tolist() == ["android", "iphone", "not known"]
    assert found["plan"].tolist() == ["paid", "free", "not known"]
    assert found["tenure"].tolist() == ["under a week", "1 to 4 weeks", "13 weeks and more"]


def test_what_is_the_same_of_everybody_is_no_slice(duckdb_engine, tmp_path):
    past = timeline_of(duckdb_engine, tmp_path, [played(ANN, 1, device="android")]).past(
        duckdb_engine, CUTOFF
    )
    people = pd.DataFrame({"user_id": [ANN], "first_day": [day_before(1)], "is_paid": [None]})
    assert slice_values(past, people).columns.tolist() == ["user_id"]


def test_of_places_the_state_is_taken_as_told_last(duckdb_engine, tmp_path):
    told = {"registered": pd.Timestamp("2017-01-01"), "gender": "F"}
    events = [
        played(ANN, 5, location="Boise, ID", **told),
        played(ANN, 2, location="New York-Newark, NY-NJ", **told),
        played(BOB, 2, location="Austin, TX", **told | {"gender": "M"}),
    ]
    timeline = timeline_of(duckdb_engine, tmp_path, events, source=ALL_KNOWING)
    people = pd.DataFrame({"user_id": [ANN, BOB], "first_day": [day_before(5), day_before(2)]})
    found = slice_values(timeline.past(duckdb_engine, CUTOFF), people).set_index("user_id")
    assert found["place"].tolist() == ["NY-NJ", "TX"]
    assert found["gender"].tolist() == ["F", "M"]


# Reliability, before and after.


def test_curves_and_figures_tell_before_from_after():
    test = listeners(score_m=np.repeat([0.3, 0.9], N // 2))
    curves = reliability_curves(test, "m").query("population == 'active_14d'")
    after = curves[curves["stage"] == "after"]
    assert after["predicted"].tolist() == pytest.approx(after["observed"].tolist())
    assert curves.loc[curves["stage"] == "before", "predicted"].tolist() == [0.3, 0.9]
    figures = calibration_figures(test, "m", 0, 20).set_index(["stage", "population", "metric"])
    assert figures.loc[("after", "all", "ece"), "value"] == pytest.approx(0)
    assert figures.loc[("before", "all", "ece"), "value"] == pytest.approx(0.2)


def test_the_parts_of_the_brier_score_add_up():
    rows = calibration_figures(listeners(), "m", 0, 20)
    value = rows[rows["stage"].eq("after") & rows["population"].eq("all")].set_index("metric")[
        "value"
    ]
    parts = value["brier_reliability"] - value["brier_resolution"] + value["brier_uncertainty"]
    assert parts + value["brier_within_bins"] == pytest.approx(value["brier"])


def test_true_probabilities_show_the_error_that_truth_shows():
    """400 rows of P spread evenly: even the truth is off by some points, in 19 of 20 such logs."""
    p = np.random.default_rng(3).random(400)
    test = listeners(n=400).assign(probability_m=p, score_m=p)
    rows = calibration_figures(test, "m", 0, 20).set_index(["stage", "population", "metric"])
    truth = rows.loc[("after", "all", "ece_of_truth")]
    outcomes = np.random.default_rng(4).random((200, 400)) < p
    errors = np.array([expected_calibration_error(y, p) for y in outcomes])
    assert truth["low"] > 0.01
    assert 180 <= ((truth["low"] < errors) & (errors < truth["high"])).sum() < 200
