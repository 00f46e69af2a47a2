"""Examples: one row per listener and cutoff, checked at the door."""

import numpy as np
import pandas as pd
import pytest

from tenuto.churn._examples import Examples
from tenuto.errors import ContractError


def rows(users=("ann", "bob"), cutoff="2020-01-05", y=(0, 1), **columns):
    columns = columns or {"n_plays": [3.0, None]}
    X = pd.DataFrame(columns)
    return Examples(np.array(users), np.full(len(users), np.datetime64(cutoff)), X, y)


def test_null_becomes_nan_and_counts_become_float64():
    examples = rows(n_plays=[3, 4], is_paid=pd.array([True, None], dtype="boolean"))

    assert (examples.X.dtypes == np.float64).all()
    assert examples.X["is_paid"].isna().tolist() == [False, True]


def test_cutoffs_stack_by_column_name():
    first, second = rows(a=[1, 2], b=[3, 4]), rows(cutoff="2020-01-06", b=[5, 6], a=[7, 8])

    stacked = Examples.concatenate([first, second])

    assert stacked.X["a"].tolist() == [1, 2, 7, 8]
    assert stacked.y.tolist() == [0, 1, 0, 1]
    assert stacked.n_users == 2


def test_cutoffs_with_different_features_do_not_stack():
    with pytest.raises(ContractError, match="at one cutoff only: a, b"):
        Examples.concatenate([rows(a=[1, 2]), rows(b=[1, 2])])


def test_labelled_and_unlabelled_rows_do_not_stack():
    with pytest.raises(ContractError, match="some parts have labels"):
        Examples.concatenate([rows(), rows(y=None)])


def test_rows_are_taken_by_mask_or_by_position():
    examples = rows()

    assert examples.take(np.array([False, True])).user_id.tolist() == ["bob"]
    assert examples.take([1, 0]).y.tolist() == [1, 0]


def test_in_order_means_by_cutoff_then_listener_and_columns_by_name():
    late, early = (
        rows(cutoff="2020-02-01", b=[1, 2], a=[3, 4]),
        rows(("b", "a"), b=[5, 6], a=[7, 8]),
    )

    ordered = Examples.concatenate([late, early]).in_order()

    assert ordered.user_id.tolist() == ["a", "b", "ann", "bob"]
    assert ordered.X.to_numpy().tolist() == [[8, 6], [7, 5], [3, 1], [4, 2]]


def test_a_listener_twice_at_one_cutoff_is_refused():
    with pytest.raises(ContractError, match="listener ann has more than one row"):
        rows(users=("ann", "ann")).in_order()


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"ratio": [1.0, np.inf]}, "infinite values in ratio"),
        ({"device": ["ar", "ip"]}, "not a number"),
        ({"n_plays": [1.0]}, "have 2, 2, 1, 2 rows"),
    ],
)
def test_features_that_cannot_train_are_refused(columns, problem):
    with pytest.raises(ContractError, match=problem):
        rows(**columns)


def test_a_column_twice_is_refused():
    X = pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])

    with pytest.raises(ContractError, match="columns twice: a"):
        Examples(np.array([1]), np.array(["2020-01-01"]), X)


def test_a_label_that_is_not_known_yet_is_refused():
    with pytest.raises(ContractError, match="labels are not all 0 or 1"):
        rows(y=(1, np.nan))
