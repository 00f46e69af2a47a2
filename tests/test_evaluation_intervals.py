"""Intervals cover what they claim, count users and not rows, and pair models."""

import numpy as np
import pytest

from tenuto.errors import ContractError
from tenuto.evaluation import classification, intervals
from tenuto.evaluation.intervals import bootstrap, interval, newcombe, paired_interval, wilson


def sample(n, seed, sharpness=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-sharpness * x))).astype(int)
    return y, 1 / (1 + np.exp(-sharpness * x))


def test_ninety_five_of_a_hundred_intervals_hold_the_true_base_rate():
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y = (rng.random(100) < 0.3).astype(int)
        found = interval(y, np.full(100, 0.3), np.arange(100), rng=rng, n_draws=100)
        covered += found.loc["base_rate", "low"] <= 0.3 <= found.loc["base_rate", "high"]

    # Binomial(100, 0.95) is below 87 one time in a thousand.
    assert 87 <= covered <= 100


def test_the_value_lies_between_low_and_high_for_every_ranking_figure():
    y, p = sample(500, seed=1)

    found = interval(y, p, np.arange(500), threshold=0.5, rng=np.random.default_rng(0), n_draws=200)

    steady = ["auc", "average_precision", "log_loss", "brier", "accuracy", "f1", "lift_at_20"]
    assert (found.loc[steady, "low"] < found.loc[steady, "value"]).all()
    assert (found.loc[steady, "value"] < found.loc[steady, "high"]).all()


def test_rows_of_one_user_do_not_pass_for_independent_users():
    y, p = sample(200, seed=2)
    four_times = [np.repeat(part, 4) for part in (y, p, np.arange(200))]

    by_user = interval(*four_times, rng=np.random.default_rng(0), n_draws=200)
    once = interval(y, p, np.arange(200), rng=np.random.default_rng(0), n_draws=200)

    assert by_user.loc["auc", "low"] == pytest.approx(once.loc["auc", "low"])
    assert by_user.loc["auc", "high"] == pytest.approx(once.loc["auc", "high"])


def test_a_model_does_not_differ_from_itself():
    y, p = sample(200, seed=3)

    found = paired_interval(
        y, p, p.copy(), np.arange(200), rng=np.random.default_rng(0), n_draws=50
    )

    assert (found.drop(index="n").dropna().to_numpy() == 0).all()


def test_a_small_but_steady_gain_shows_in_the_paired_interval_alone():
    y, p = sample(600, seed=4, sharpness=1.5)
    blurred = np.clip(p + np.random.default_rng(5).normal(scale=0.15, size=600), 0, 1)

    found = bootstrap(
        y,
        {"sharp": p, "blurred": blurred},
        np.arange(600),
        rng=np.random.default_rng(0),
        n_draws=300,
    )

    sharp, other = found.interval("sharp").loc["auc"], found.interval("blurred").loc["auc"]
    assert other["high"] > sharp["low"]
    assert found.difference("sharp", "blurred").loc["auc", "low"] > 0


def test_many_users_have_nearly_the_interval_of_drawing_all_of_them(monkeypatch):
    rng = np.random.default_rng(3)
    p = rng.beta(2, 3, 8_000)
    y, users = (rng.random(8_000) < p).astype(int), np.arange(8_000) // 2
    of_all = interval(y, p, users, rng=np.random.default_rng(0), n_draws=400)
    monkeypatch.setattr(intervals, "MOST_USERS", 1_000)
    of_some = interval(y, p, users, rng=np.random.default_rng(0), n_draws=400)
    for metric in ("base_rate", "auc", "brier", "precision_at_10", "calibration_slope"):
        assert of_some.value[metric] == of_all.value[metric]
        width, usual = (table.high[metric] - table.low[metric] for table in (of_some, of_all))
        assert width == pytest.approx(usual, rel=0.25)
        assert of_some.low[metric] < of_some.value[metric] < of_some.high[metric]


def test_a_draw_of_many_rows_is_calibrated_in_one_step_as_in_all(monkeypatch):
    y, p = sample(6_000, seed=8)
    users = np.arange(6_000)
    in_one_step = interval(y, p**2, users, rng=np.random.default_rng(0), n_draws=200)
    monkeypatch.setattr(classification, "ONE_STEP_FROM", 10_000)
    searched = interval(y, p**2, users, rng=np.random.default_rng(0), n_draws=200)
    for metric in ("calibration_slope", "calibration_intercept"):
        width = searched.high[metric] - searched.low[metric]
        assert in_one_step.value[metric] == searched.value[metric]
        assert in_one_step.low[metric] == pytest.approx(searched.low[metric], abs=0.05 * width)
        assert in_one_step.high[metric] == pytest.approx(searched.high[metric], abs=0.05 * width)


def test_the_same_generator_seed_gives_the_same_interval():
    y, p = sample(100, seed=6)
    first, second = (
        interval(y, p, np.arange(100), rng=np.random.default_rng(9), n_draws=50) for _ in range(2)
    )

    assert first.equals(second)


def test_one_class_has_no_auc_and_no_interval_for_it():
    found = interval(np.ones(10), np.full(10, 0.5), np.arange(10), rng=np.random.default_rng(0))

    assert found.loc["auc"].isna().all()
    assert found.loc["brier", "low"] == 0.25


def test_each_row_needs_a_user():
    with pytest.raises(ContractError, match="3 user ids for 4 rows"):
        interval([0, 1, 0, 1], [0.5] * 4, [1, 2, 3], rng=np.random.default_rng(0))


def test_the_wilson_interval_of_none_in_ten_reaches_28_percent():
    low, high = wilson([0, 0], [10, 0])

    # z^2 / (n + z^2) with z = 1.96.
    assert low[0] == 0
    assert high[0] == pytest.approx(3.8415 / 13.8415, abs=1e-4)
    assert np.isnan(high[1])


def test_a_perfect_ranking_of_four_leavers_is_not_certain():
    y, p = np.array([1] * 4 + [0] * 96), np.linspace(1, 0, 100)
    found = interval(y, p, np.arange(100), rng=np.random.default_rng(0), n_draws=200)

    assert found.loc["auc", "value"] == found.loc["auc", "high"] == 1
    # Newcombe 2006, method 5; every draw of the rows alone gives 1.
    assert found.loc["auc", "low"] == pytest.approx(newcombe(1.0, 4, 96)[0])
    assert found.loc["auc", "low"] < 0.8


def test_with_few_leavers_the_interval_holds_the_truth_as_often_as_it_says():
    """Two normal distributions a standard deviation apart: AUC = Phi(1 / sqrt 2) = 0.7602."""
    rng, held, n_trials = np.random.default_rng(1), 0, 200
    y = np.array([1] * 6 + [0] * 60)
    for _ in range(n_trials):
        p = 1 / (1 + np.exp(-(rng.normal(size=66) + y)))
        low, high = interval(y, p, np.arange(66), rng=rng, n_draws=100).loc["auc", ["low", "high"]]
        held += low <= 0.7602 <= high
    assert held / n_trials > 0.92


def test_a_constant_cannot_be_better_or_worse_than_a_coin():
    y = np.array([1] * 4 + [0] * 36)
    found = interval(y, np.full(40, 0.1), np.arange(40), rng=np.random.default_rng(0), n_draws=50)

    assert found.loc["auc"].tolist() == [0.5, 0.5, 0.5]
