"""Uplift curves and the Qini coefficient, on groups small enough to count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.errors import ContractError
from tenuto.evaluation.qini import qini_coefficient, qini_curve, qini_table, uplift_at

# Four listeners whom contact keeps, then four whom it does not touch; half of each are contacted.
HELPED_FIRST = {
    "y": [1, 1, 0, 0, 1, 1, 1, 1],
    "is_treated": [False, False, True, True, False, False, True, True],
    "score": [8, 7, 6, 5, 4, 3, 2, 1],
}


def coin(n=4_000, seed=0):
    """Contact helps whoever has a positive ``x``; a tenth leaves in any case."""
    rng = np.random.default_rng(seed)
    x, is_treated = rng.normal(size=n), rng.random(n) < 0.7
    y = rng.random(n) < np.where(is_treated & (x > 0), 0.1, 0.5)
    return x, y.astype(int), is_treated


def test_the_curve_ends_in_the_effect_on_everybody():
    curve = qini_curve(**HELPED_FIRST, treat_share=0.5)

    assert curve["kept"].iloc[0] == 0
    assert curve["kept"].iloc[-1] == pytest.approx(0.5)
    assert curve["chance"].iloc[-1] == curve["kept"].iloc[-1]


def test_half_of_the_list_keeps_all_who_can_be_kept():
    half = qini_curve(**HELPED_FIRST, treat_share=0.5).set_index("share")["kept"]

    assert half.iloc[50] == pytest.approx(0.5)
    assert uplift_at(**HELPED_FIRST, treat_share=0.5, share=0.5) == pytest.approx(1.0)


def test_the_reverse_order_has_the_opposite_sign():
    backwards = HELPED_FIRST | {"score": [-score for score in HELPED_FIRST["score"]]}

    assert qini_coefficient(**HELPED_FIRST, treat_share=0.5) > 0.1
    assert qini_coefficient(**backwards, treat_share=0.5) < -0.08


def test_an_order_that_says_nothing_has_no_area():
    x, y, is_treated = coin()

    assert qini_coefficient(y, is_treated, np.zeros(len(x)), 0.7) == pytest.approx(0)


def test_who_is_helped_first_is_found_beyond_chance():
    x, y, is_treated = coin()
    noise = np.random.default_rng(1).normal(size=len(x))

    rng = np.random.default_rng(0)
    table = qini_table(y, is_treated, {"x": x, "noise": noise}, 0.7, rng=rng, n_draws=60)

    qini = table[table["metric"] == "qini"].set_index("ranking")
    assert qini.loc["x", "low"] > 0
    assert qini.loc["noise", "low"] < 0 < qini.loc["noise", "high"]


def test_a_stratum_with_a_larger_hold_out_does_not_count_more():
    # Stratum A: contact keeps everybody, nine in ten contacted; B: it keeps nobody, one in ten.
    y = np.array([0] * 9 + [1] + [1] * 10)
    is_treated = np.array([True] * 9 + [False] + [True] + [False] * 9)
    share = np.array([0.9] * 10 + [0.1] * 10)

    kept = qini_curve(y, is_treated, np.zeros(20), share)["kept"].iloc[-1]

    assert kept == pytest.approx(0.5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), scale=st.floats(0.1, 50))
def test_only_the_order_counts_and_not_that_of_the_rows(seed, scale):
    x, y, is_treated = coin(200, seed)
    shuffled = np.random.default_rng(seed).permutation(200)

    first = qini_curve(y, is_treated, x, 0.7)
    again = qini_curve(y[shuffled], is_treated[shuffled], scale * x[shuffled] + 1, 0.7)

    assert np.allclose(first, again)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"is_treated": [True] * 8}, "only one group"),
        ({"y": [2] * 8}, "neither 0 nor 1"),
        ({"score": [1, 2]}, "one of each per row"),
    ],
)
def test_what_cannot_be_judged_is_refused(change, message):
    with pytest.raises(ContractError, match=message):
        qini_curve(**(HELPED_FIRST | change), treat_share=0.5)
