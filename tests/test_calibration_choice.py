"""Which calibration is chosen where the truth is known."""

from datetime import date

import numpy as np
import pytest
from scipy.special import expit, logit

from tenuto.calibration import choose, is_later_and_closed, shifted_to_rate
from tenuto.errors import ContractError


def world(n, seed=0):
    """Log-odds, and what came: calibrated as they are."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-0.5, 1.2, n)
    return log_odds, (rng.random(n) < expit(log_odds)).astype(int)


def chosen(p, y, user_id=None, seed=0, **kwargs):
    ids = np.arange(len(p)) if user_id is None else user_id
    return choose(p, y, ids, rng=np.random.default_rng(seed), n_draws=200, **kwargs)


def row(choice, name):
    return choice.table.set_index("name").loc[name]


def test_a_model_that_is_twice_too_sure_is_mended_and_its_slope_is_1_again():
    log_odds, y = world(4_000)

    choice = chosen(expit(2 * log_odds), y)

    assert choice.name == "platt"
    assert choice.calibrator.slope == pytest.approx(0.5, abs=0.05)
    assert row(choice, "none")["slope"] == pytest.approx(0.5, abs=0.05)
    assert row(choice, "platt")["slope"] == pytest.approx(1, abs=0.05)
    assert row(choice, "platt")["high"] < 0


def test_a_base_rate_that_has_moved_is_mended_by_a_shift_alone():
    log_odds, y = world(4_000)

    choice = chosen(expit(log_odds + 0.7), y)

    assert choice.name == "shift"
    assert choice.calibrator.intercept == pytest.approx(-0.7, abs=0.1)


def test_a_model_that_is_off_at_one_end_only_needs_a_slope_of_its_own_there():
    # P = expit(3 log p - log(1 - p) / 2): the model overstates what is unlikely.
    said = np.linspace(0.02, 0.98, 20_000)
    true = expit(3 * np.log(said) - 0.5 * np.log1p(-said))
    y = (np.random.default_rng(0).random(20_000) < true).astype(int)

    choice = chosen(said, y)

    assert choice.name == "beta"
    assert (choice.calibrator.low, choice.calibrator.high) == pytest.approx((3, 0.5), abs=0.2)


def test_a_step_that_no_curve_follows_takes_the_staircase():
    said = np.linspace(0.01, 0.99, 10_000)
    true = np.select([said < 0.3, said < 0.7], [0.1, 0.2], 0.9)
    y = (np.random.default_rng(0).random(10_000) < true).astype(int)

    choice = chosen(said, y)

    assert choice.name == "isotonic"
    assert choice.calibrator.apply([0.15, 0.5, 0.85]) == pytest.approx([0.1, 0.2, 0.9], abs=0.04)


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_that_are_right_are_kept(seed):
    log_odds, y = world(4_000, seed)

    choice = chosen(expit(log_odds), y)

    assert choice.name == "none"
    assert row(choice, "none")["why"] == "kept: nothing is surely better by enough"


def test_too_few_rows_change_nothing_however_wrong_the_model_seems():
    log_odds, y = world(100)

    choice = chosen(expit(4 * log_odds), y)

    assert choice.name == "none"
    assert row(choice, "platt")["why"].startswith("not tried: with a fold held out")
    assert np.isnan(row(choice, "platt")["log_loss"])


def test_one_class_and_nobody_at_all_change_nothing():
    assert chosen(np.full(300, 0.2), np.zeros(300)).name == "none"
    assert chosen(np.empty(0), np.empty(0), np.empty(0, dtype=int)).name == "none"


def test_one_row_per_candidate_and_one_is_chosen():
    log_odds, y = world(2_000)

    table = chosen(expit(2 * log_odds), y).table

    assert list(table["name"]) == ["none", "shift", "platt", "beta", "isotonic"]
    assert table["is_chosen"].sum() == 1
    assert table["why"].str.len().gt(0).all()


def test_the_order_of_rows_changes_nothing():
    log_odds, y = world(2_000)
    ids, p = np.arange(2_000) // 2, expit(2 * log_odds)
    shuffle = np.random.default_rng(1).permutation(2_000)

    first, again = chosen(p, y, ids), chosen(p[shuffle], y[shuffle], ids[shuffle])

    assert first.table.equals(again.table)
    assert first.calibrator.to_json() == again.calibrator.to_json()


def test_listeners_seen_many_times_do_not_make_it_surer():
    # 80 listeners said too surely, each 25 times: 2,000 rows know no more than 80.
    log_odds, y = world(80, seed=3)
    again = np.repeat(np.arange(80), 25)

    as_users = chosen(expit(1.5 * log_odds)[again], y[again], again)
    as_rows = chosen(expit(1.5 * log_odds)[again], y[again])

    assert row(as_users, "platt")["high"] - row(as_users, "platt")["low"] > 3 * (
        row(as_rows, "platt")["high"] - row(as_rows, "platt")["low"]
    )


def test_a_user_id_for_every_row_is_asked_for():
    with pytest.raises(ContractError, match="2 user ids for 3 rows"):
        chosen(np.array([0.1, 0.2, 0.3]), np.array([0, 1, 0]), np.array([1, 2]))


def test_a_newer_base_rate_moves_everybody_by_the_same_log_odds():
    p = np.array([0.1, 0.3, 0.6])

    shifted = shifted_to_rate(p, 0.5)

    assert shifted.mean() == pytest.approx(0.5)
    assert np.ptp(logit(shifted) - logit(p)) == pytest.approx(0, abs=1e-9)


def test_the_rate_they_already_have_moves_nobody():
    p = np.array([0.1, 0.3, 0.6])

    assert shifted_to_rate(p, p.mean()) == pytest.approx(p)
    assert shifted_to_rate(np.empty(0), 0.5).shape == (0,)


@pytest.mark.parametrize("rate", [0, 1, -0.1, float("nan")])
def test_a_base_rate_of_nobody_or_everybody_is_refused(rate):
    with pytest.raises(ContractError, match="a base rate of"):
        shifted_to_rate(np.array([0.5]), rate)


def test_a_rate_is_honest_only_from_a_later_window_that_has_closed():
    calibrated, scored = date(2017, 4, 15), date(2017, 4, 29)

    assert is_later_and_closed(date(2017, 4, 22), 7, calibrated, scored)
    assert not is_later_and_closed(date(2017, 4, 23), 7, calibrated, scored)
    assert not is_later_and_closed(calibrated, 7, calibrated, scored)


def test_a_gain_that_is_sure_but_small_is_left_since_it_may_not_last():
    log_odds, y = world(20_000)

    choice = chosen(expit(log_odds + 0.15), y)

    shift = row(choice, "shift")
    assert shift["high"] < 0
    assert choice.name == "none"
    assert shift["why"] == "surely better than none, but by less than 1%: that may not last"
