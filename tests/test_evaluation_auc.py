"""AUC of a recommender: over all that was not heard, user by user."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tenuto.errors import ContractError
from tenuto.evaluation import auc
from tenuto.evaluation.ranking import one_user

ITEMS = list("abcde")


def rectangle(**scores):
    return pd.DataFrame.from_dict(scores, orient="index", columns=ITEMS)


def long(scores):
    table = scores.rename_axis("user_id").reset_index()
    return table.melt("user_id", var_name="item_id", value_name="score")


def test_the_examples_in_the_manual_are_true():
    assert doctest.testmod(auc).failed == 0


def test_auc_is_the_share_of_wrong_items_below_a_right_one_and_ties_count_half():
    scores = rectangle(ann=[5, 4, 3, 3, 1])

    # c is above e, level with d, and below a and b.
    assert auc.auc_of_rectangle(scores, one_user("c")).item() == (1 + 0.5) / 4


def test_what_was_heard_before_is_neither_right_nor_wrong():
    scores = rectangle(ann=[5, 4, 3, 2, 1])

    found = auc.auc_of_rectangle(scores, one_user("bd"), heard=one_user("ab"))

    # b was heard: only d is right, above e and below c.
    assert found.item() == 0.5


@given(
    st.lists(st.integers(0, 3), min_size=10, max_size=10),
    st.sets(st.sampled_from(ITEMS)),
    st.sets(st.sampled_from(ITEMS)),
)
def test_a_rectangle_a_long_table_and_scikit_learn_agree(values, right, heard):
    scores = rectangle(ann=values[:5], bob=values[5:])
    relevant, known = one_user(sorted(right)), one_user(sorted(heard))
    candidates = [item for item in ITEMS if item not in heard]
    labels = [item in right for item in candidates]

    found = auc.auc_of_rectangle(scores, relevant, known)

    if len(set(labels)) == 2:
        theirs = roc_auc_score(labels, scores.loc["ann", candidates])
        assert found.to_dict() == pytest.approx({"ann": theirs}, abs=1e-9)
    else:
        assert len(found) == 0
    pd.testing.assert_series_equal(found, auc.auc_of_table(long(scores), relevant, known))


def test_an_item_that_is_never_recommended_is_below_all_others():
    scores = rectangle(ann=[1, 2, 3, 4, -np.inf])

    assert auc.auc_of_rectangle(scores, one_user("e")).item() == 0
    assert auc.auc_of_table(long(scores), one_user("e")).item() == 0


def test_songs_that_nobody_hears_raise_auc_and_leave_the_first_page_as_it_was():
    # given a list that puts the right song last of five (K27)
    few = rectangle(ann=[5, 4, 3, 2, 1])
    phantoms = pd.DataFrame(0.0, index=["ann"], columns=[f"phantom {n}" for n in range(95)])

    assert auc.auc_of_rectangle(few, one_user("e")).item() == 0
    many = pd.concat([few, phantoms], axis=1)
    assert auc.auc_of_rectangle(many, one_user("e")).item() > 0.95


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused(value):
    with pytest.raises(ContractError, match="user ann, item c is"):
        auc.auc_of_rectangle(rectangle(ann=[5, 4, value, 2, 1]), one_user("a"))


def test_a_long_table_with_a_null_score_is_refused():
    with pytest.raises(ContractError, match="user ann, item c is NULL"):
        auc.auc_of_table(long(rectangle(ann=[5, 4, None, 2, 1])), one_user("a"))
