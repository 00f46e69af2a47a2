"""Errors on rated cells, and why lists are not chosen by them."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from tenuto.errors import ContractError
from tenuto.evaluation import rated
from tenuto.evaluation.ranking import metrics_per_user

RATED = pd.DataFrame(
    {"user_id": ["ann", "ann", "bob"], "item_id": ["a", "b", "a"], "rating": [5, 3, 1]}
)


def predicted(*values):
    return RATED.drop(columns="rating").assign(prediction=values)


def test_the_examples_in_the_manual_are_true():
    assert doctest.testmod(rated).failed == 0


@given(st.lists(st.floats(-9, 9), min_size=3, max_size=3))
def test_both_errors_are_scikit_learns(values):
    found = rated.rated_errors(RATED, predicted(*values).sample(frac=1, random_state=0))

    assert found.rmse == pytest.approx(root_mean_squared_error(RATED["rating"], values), abs=1e-9)
    assert found.mae == pytest.approx(mean_absolute_error(RATED["rating"], values), abs=1e-9)


def test_a_cell_without_a_prediction_is_counted_not_guessed():
    found = rated.rated_errors(RATED, predicted(5, np.nan, 3))
    same = rated.rated_errors(RATED, predicted(5, 9, 3).drop(index=1))

    assert found == same
    assert (found.n_cells, found.n_unpredicted, found.mae) == (2, 1, 1.0)


def test_predictions_of_what_nobody_rated_are_ignored():
    more = pd.DataFrame({"user_id": ["zoe"], "item_id": ["a"], "prediction": [99]})

    found = rated.rated_errors(RATED, pd.concat([predicted(5, 3, 1), more]))

    assert found == (0.0, 0.0, 3, 0)


def test_nothing_predicted_has_no_error():
    found = rated.rated_errors(RATED, predicted(5, 3, 1).head(0))

    assert np.isnan(found.rmse)
    assert np.isnan(found.mae)
    assert found.n_unpredicted == 3


def test_each_users_errors_weighed_by_cells_give_the_errors_of_all():
    per_user = rated.rated_errors_per_user(RATED, predicted(3, 4, 1))
    found = rated.rated_errors(RATED, predicted(3, 4, 1))

    assert per_user.loc["ann"].tolist() == pytest.approx([np.sqrt(5 / 2), 1.5, 2])
    assert np.average(per_user["mae"], weights=per_user["n_cells"]) == pytest.approx(found.mae)


def test_a_model_can_have_the_smaller_error_and_the_worse_list():
    # given ratings of what was played, and a song that nobody should be offered
    ratings = pd.DataFrame({"user_id": "ann", "item_id": ["a", "b"], "rating": [5, 4]})
    exact = pd.DataFrame({"user_id": "ann", "item_id": list("abz"), "prediction": [4.9, 4.1, 5]})
    rough = pd.DataFrame({"user_id": "ann", "item_id": list("abz"), "prediction": [3, 2, 0]})

    def ndcg(predictions):
        ranks = predictions["prediction"].rank(ascending=False).astype(int)
        return metrics_per_user(predictions.assign(rank=ranks), ratings, k=2)["ndcg"].item()

    assert rated.rated_errors(ratings, exact).rmse < rated.rated_errors(ratings, rough).rmse
    assert ndcg(exact) < ndcg(rough)


def test_a_null_rating_and_a_missing_column_are_refused():
    with pytest.raises(ContractError, match="rating of item b by user ann is NULL"):
        rated.rated_errors(RATED.assign(rating=[5, None, 1]), predicted(5, 3, 1))
    with pytest.raises(ContractError, match="no column prediction"):
        rated.rated_errors(RATED, RATED)
