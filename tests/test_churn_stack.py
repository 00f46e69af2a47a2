"""What a stack promises beyond the room: weights that its parts have earned."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from tenuto.churn import stack
from tenuto.churn._examples import Examples
from tenuto.errors import ContractError
from test_every_churn_model import examples


def along_a_line(n=1_500, seed=0):
    """Listeners whose log-odds are a straight line of one number, which trees follow in steps."""
    x = np.random.default_rng(seed).normal(size=n)
    left = np.random.default_rng(seed + 1).random(n) < expit(2 * x)
    days = np.full(n, np.datetime64("2020-01-01"))
    return Examples(np.arange(n), days, pd.DataFrame({"x": x}), left.astype(int))


def test_the_part_that_knows_the_shape_of_the_world_gets_nearly_all_of_the_weight():
    model = stack.Model().fit(along_a_line(), random_state=0)

    boosting, logistic = model.weights
    assert logistic > 3 * boosting


def test_no_weight_is_below_nothing():
    model = stack.Model(parts=["boosting", "forest", "base_rate"]).fit(examples(), random_state=0)

    assert (model.weights >= 0).all()


def test_too_few_listeners_of_either_kind_leave_a_blend():
    few = along_a_line(80)

    model = stack.Model().fit(few, random_state=0)

    parts = [part.probability(few.X.to_numpy()) for part in model.parts]
    assert model.predict(few.X) == pytest.approx(expit(logit(parts).mean(axis=0)))


def test_a_part_without_reasons_takes_them_away_unless_it_has_no_weight():
    model = stack.Model(parts=["boosting", "forest"]).fit(examples(), random_state=0)

    with pytest.raises(ContractError, match="'forest' cannot say why"):
        model.contributions(examples().X)
    model.weights = np.array([1.0, 0.0])
    assert model.contributions(examples().X).shape == (400, 5)


def test_the_same_part_twice_is_refused():
    with pytest.raises(ContractError, match="cannot blend"):
        stack.Model(parts=["boosting", "boosting"])
