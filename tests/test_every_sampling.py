"""What the room promises of every sampling, whoever adds the next one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.churn._contract import ChurnModel
from tenuto.evaluation.classification import metrics
from tenuto.sampling import CATALOGUE, resampled
from test_every_churn_model import examples

SAMPLINGS = list(CATALOGUE)
every_sampling = pytest.mark.parametrize("name", SAMPLINGS)


def few_positives(n=200, share=0.1, seed=0):
    """Two columns of numbers with holes, one of yes and no; a tenth of the rows are positives."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < max(2, round(share * n))).astype(np.int8)
    X = np.column_stack([rng.normal(size=n) + y, rng.poisson(50, n), rng.integers(0, 2, n)])
    X[rng.random(n) < 0.2, 1] = np.nan
    return X.astype(np.float64), y


@every_sampling
def test_it_says_what_it_is(name):
    assert CATALOGUE.get(name).LABEL
    assert name != CATALOGUE.get(name).LABEL


@every_sampling
def test_afterwards_both_classes_count_the_same(name):
    X, y = few_positives()

    rows = resampled(CATALOGUE.get(name), X, y, seed=0)

    assert rows.share() == pytest.approx(0.5)


@every_sampling
def test_the_same_seed_gives_the_same_rows(name):
    X, y = few_positives()

    first, again = (resampled(CATALOGUE.get(name), X, y, seed=3) for _ in range(2))

    assert np.array_equal(first.X, again.X, equal_nan=True)
    assert np.array_equal(first.y, again.y)


@every_sampling
def test_the_rows_handed_over_stay_as_they_were(name):
    X, y = few_positives()
    before = X.copy(), y.copy()

    resampled(CATALOGUE.get(name), X, y, seed=0)

    assert np.array_equal(X, before[0], equal_nan=True)
    assert np.array_equal(y, before[1])


@every_sampling
@settings(max_examples=15, deadline=None)
@given(n=st.integers(30, 120), share=st.floats(0.05, 0.6), seed=st.integers(0, 99))
def test_no_value_lies_outside_what_was_seen(name, n, share, seed):
    X, y = few_positives(n, share, seed)

    rows = resampled(CATALOGUE.get(name), X, y, seed=seed)

    for column in range(X.shape[1]):
        low, high = np.nanmin(X[:, column]), np.nanmax(X[:, column])
        values = rows.X[:, column][~np.isnan(rows.X[:, column])]
        assert values.min() >= low - 1e-9
        assert values.max() <= high + 1e-9
    assert set(np.unique(rows.X[:, 2])) <= {0.0, 1.0}


@pytest.fixture(scope="module", params=["boosting", "logistic"])
def model_name(request):
    return request.param


@every_sampling
def test_probabilities_come_back_to_the_natural_rate(name, model_name):
    training, unseen = mostly_staying(seed=0), mostly_staying(seed=1)

    model = fitted(model_name, training, name)

    assert model.shift < -1
    assert model.predict(unseen.X).mean() == pytest.approx(unseen.y.mean(), abs=0.05)


@every_sampling
def test_putting_the_rate_back_changes_no_rank(name, model_name):
    training, unseen = mostly_staying(seed=0), mostly_staying(seed=1)
    model = fitted(model_name, training, name)
    corrected = model.predict(unseen.X)

    model.shift = 0.0
    raw = model.predict(unseen.X)

    assert metrics(unseen.y, raw)["auc"] == pytest.approx(metrics(unseen.y, corrected)["auc"])
    assert raw.mean() > corrected.mean() + 0.1


@every_sampling
def test_it_trains_to_the_same_bytes_in_any_order_and_survives_saving(name, model_name, tmp_path):
    training = mostly_staying(seed=0)
    shuffled = training.take(np.random.default_rng(5).permutation(len(training)))
    model = fitted(model_name, training, name)

    digest = model.save(tmp_path / "first")

    assert fitted(model_name, shuffled, name).save(tmp_path / "again") == digest
    loaded = ChurnModel.load(tmp_path / "first")
    assert loaded.sampling == name
    assert (loaded.predict(training.X) == model.predict(training.X)).all()


def mostly_staying(seed):
    """The examples of the churn models, with four fifths of the leavers left out."""
    everybody = examples(1_200, seed=seed)
    rng = np.random.default_rng(seed)
    return everybody.take((everybody.y == 0) | (rng.random(len(everybody)) < 0.2))


def fitted(model_name, training, name):
    from tenuto import churn

    model = churn.CATALOGUE.get(model_name).Model()
    return model.fit(training, random_state=1, sampling=name)
