"""Profit of a campaign: per listener, over the list, and over the chance that offers keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from tenuto.errors import ContractError
from tenuto.evaluation.profit import (
    expected_maximum_profit,
    expected_profit,
    profit_curve,
)


def test_a_leaver_who_is_kept_is_worth_the_value_less_contact_and_offer():
    assert expected_profit(1.0, 100, 1.0, 2, 10) == 88


def test_a_leaver_who_is_not_kept_costs_the_contact_and_takes_no_offer():
    assert expected_profit(1.0, 100, 0.0, 2, 10) == -2


def test_who_would_have_stayed_costs_the_contact_and_takes_the_offer():
    assert expected_profit(0.0, 100, 0.3, 2, 10) == -12


@given(p=st.floats(0, 1), saves=st.floats(0, 1), value=st.floats(0, 1e3), offer=st.floats(0, 1e2))
def test_the_expected_profit_is_the_mean_over_leaving_and_staying(p, saves, value, offer):
    both = [expected_profit(y, value, saves, 0.5, offer) for y in (1.0, 0.0)]
    mixed = p * both[0] + (1 - p) * both[1]
    assert expected_profit(p, value, saves, 0.5, offer) == pytest.approx(mixed, abs=1e-9)


def test_the_curve_begins_with_nobody_and_ends_with_everybody():
    curve = profit_curve([1, 0, 1, 0], [0.9, 0.8, 0.4, 0.1], [5.0, -1.0, 5.0, -1.0])
    assert curve["n_contacted"].tolist() == [0, 1, 2, 3, 4]
    assert curve["profit"].tolist() == [0, 5, 4, 9, 8]
    assert curve.loc[curve["is_maximum"], "n_contacted"].tolist() == [3]


def test_lift_is_never_above_that_of_a_perfect_list():
    rng = np.random.default_rng(0)
    y = rng.random(500) < 0.62
    curve = profit_curve(y, rng.random(500), y - 0.5).iloc[1:]
    assert (curve["lift"] <= curve["lift_cap"] + 1e-12).all()
    tenth = curve.iloc[(curve["share_contacted"] - 0.1).abs().argmin()]
    # churn.md §4.5: near a base rate of 62 % no list can have a lift above 1.61.
    assert tenth["lift_cap"] == pytest.approx(1 / y.mean(), rel=1e-9)


def test_the_curve_of_tied_scores_does_not_depend_on_the_order_of_rows():
    y, profit = np.array([1, 0, 1, 0, 0, 1]), np.array([3.0, -1, 3, -1, -1, 3])
    score, other = np.array([0.5, 0.5, 0.5, 0.2, 0.2, 0.2]), [2, 0, 1, 5, 3, 4]
    one = profit_curve(y, score, profit)
    two = profit_curve(y[other], score[other], profit[other])
    assert one.equals(two)


def test_the_maximum_is_on_the_curve_however_long_the_list():
    rng = np.random.default_rng(1)
    p = rng.random(5000)
    y = (rng.random(5000) < p).astype(int)
    profit = expected_profit(y, 100, 0.3, 0.1, 20)
    curve = profit_curve(y, p, profit)
    order = np.argsort(-p)
    assert len(curve) <= 200
    assert curve["profit"].max() == pytest.approx(np.cumsum(profit[order]).max())


def test_a_list_without_leavers_has_no_lift_and_is_best_left_alone():
    curve = profit_curve([0, 0], [0.2, 0.1], [-1.0, -1.0])
    assert curve.loc[curve["is_maximum"], "n_contacted"].item() == 0
    assert curve["lift"].isna().all()


def test_emp_is_the_mean_of_the_best_profits_over_the_prior():
    rng = np.random.default_rng(2)
    p = rng.random(60).round(1)
    y = (rng.random(60) < p).astype(int)

    def best(saves):
        profit = expected_profit(y, 1, saves, 0.005, 0.05)
        return profit_curve(y, p, profit)["profit"].max() / 60 * beta.pdf(saves, 6, 14)

    by_sums, _ = quad(best, 0, 1, limit=300)
    assert expected_maximum_profit(y, p)["emp"] == pytest.approx(by_sums, rel=1e-5)


def test_emp_of_a_perfect_list_keeps_each_leaver_with_the_mean_chance():
    y = np.array([1] * 62 + [0] * 38)
    found = expected_maximum_profit(y, y.astype(float))
    # Contacting leavers alone pays for every chance above 0.005 / 0.95, as good as always.
    assert found["emp"] == pytest.approx(0.62 * (0.3 * 0.95 - 0.005), abs=1e-6)
    assert found["share_contacted"] == pytest.approx(0.62, abs=1e-4)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.5, 0.9])), min_size=1))
def test_emp_is_never_below_contacting_nobody(rows):
    y, p = zip(*rows, strict=True)
    assert expected_maximum_profit(np.array(y, dtype=int), p)["emp"] >= -1e-12


def test_an_offer_that_costs_what_a_listener_is_worth_is_refused():
    with pytest.raises(ContractError, match="cannot pay"):
        expected_maximum_profit([1, 0], [0.6, 0.4], offer_share=1.0)
