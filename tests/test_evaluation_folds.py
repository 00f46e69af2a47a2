"""Folds never move, and a training cutoff's labels were known when the test began."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.errors import ContractError, NotEnoughData
from tenuto.evaluation.folds import legal_training_cutoffs, user_fold


def test_these_ids_have_these_folds_for_ever():
    assert user_fold([0, 1, 42, 168000001], 10).tolist() == [2, 9, 9, 8]
    assert user_fold(["ann", "bob", "42"], 10).tolist() == [3, 4, 8]
    assert user_fold([42, 43, 44], 10, salt="campaign").tolist() == [5, 0, 8]


@pytest.mark.parametrize("kind", ["int32", "int64", "uint64", "Int64"])
def test_an_id_has_one_fold_in_every_integer_type(kind):
    assert user_fold(pd.Series([42, 7], dtype=kind), 10).tolist() == user_fold([42, 7], 10).tolist()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_a_fold_depends_on_the_id_alone(ids):
    alone = [user_fold([user], 7)[0] for user in ids]

    assert user_fold(ids, 7).tolist() == alone


def test_folds_are_nearly_of_one_size_even_for_ids_in_a_row():
    sizes = np.bincount(user_fold(np.arange(100_000), 10), minlength=10)
    of_text = np.bincount(user_fold([f"u{i}" for i in range(10_000)], 10), minlength=10)

    # Five standard deviations of a binomial.
    assert np.abs(sizes - 10_000).max() < 475
    assert np.abs(of_text - 1_000).max() < 150


def test_another_salt_knows_nothing_of_the_first():
    ids = np.arange(10_000)

    agreement = (user_fold(ids, 2, "a") == user_fold(ids, 2, "b")).mean()

    assert abs(agreement - 0.5) < 0.025


@pytest.mark.parametrize("ids", [[1.0, 2.0], [1, None], ["a", None], [1, "a"], [True]])
def test_ids_that_were_damaged_are_refused(ids):
    with pytest.raises(ContractError, match="user ids"):
        user_fold(ids)


def test_with_a_fortnights_label_the_newest_training_cutoff_of_day_30_is_day_16():
    # The panel of the earlier projects: 30 March to 12 May 2017, test on 29 April (churn.md §4.1).
    found = legal_training_cutoffs(
        date(2017, 4, 29), 14, date(2017, 3, 30), min_history_days=14, n=9, step_days=1
    )

    assert found == [date(2017, 4, 15), date(2017, 4, 14), date(2017, 4, 13)]


def test_no_more_cutoffs_than_asked_for_and_a_step_between_them():
    found = legal_training_cutoffs(
        date(2020, 3, 1), 7, date(2020, 1, 1), min_history_days=10, n=3, step_days=7
    )

    assert found == [date(2020, 2, 23), date(2020, 2, 16), date(2020, 2, 9)]


@given(st.integers(1, 30), st.integers(0, 40), st.integers(1, 9), st.integers(1, 10))
def test_every_cutoff_is_legal_and_has_its_history(horizon, history, n, step):
    first, test = date(2020, 1, 1), date(2020, 3, 15)

    found = legal_training_cutoffs(test, horizon, first, history, n, step)

    assert 1 <= len(found) <= n
    assert all(cutoff + timedelta(days=horizon) <= test for cutoff in found)
    assert all(cutoff - timedelta(days=history) >= first for cutoff in found)
    assert found == sorted(found, reverse=True)


def test_too_short_a_log_says_what_would_be_enough():
    with pytest.raises(NotEnoughData, match="need 28 days") as caught:
        legal_training_cutoffs(date(2020, 1, 20), 14, date(2020, 1, 1), 14, 1, 1)

    assert "2020-01-29" in (caught.value.mend or "")
