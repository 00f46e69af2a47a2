"""The model of latent features: what it makes of the page vector."""

import numpy as np
import pandas as pd
import pytest

from tenuto.churn._examples import Examples
from tenuto.churn.latent import Model
from tenuto.evaluation.classification import metrics


def pages(n=400, n_pages=12, seed=0):
    """Visits to pages that all follow one liveliness; who is less lively leaves more often."""
    rng = np.random.default_rng(seed)
    liveliness = rng.normal(size=n)
    visits = rng.poisson(np.exp(1 + liveliness)[:, None], size=(n, n_pages))
    X = pd.DataFrame({f"n_page_{page:02d}_14d": visits[:, page] for page in range(n_pages)})
    X["days_since_last_event"] = rng.integers(1, 15, n)
    left = rng.random(n) < 1 / (1 + np.exp(2 * liveliness))
    cutoffs = np.full(n, "2018-11-12", dtype="datetime64[D]")
    return Examples(np.arange(n), cutoffs, X.astype(float), left.astype(int))


def fitted(examples, **settings):
    return Model(**settings).fit(examples, random_state=0)


def test_one_component_can_stand_for_pages_that_all_say_one_thing():
    model = fitted(pages(), components=1)
    unseen = pages(seed=1)
    assert model.pca.explained_variance_ratio_[0] > 0.5
    assert model.regression.coef_.shape == (1, 2)  # the component, and the days
    assert metrics(unseen.y, model.predict(unseen.X))["auc"] > 0.8


def test_pages_that_say_the_same_share_the_reason():
    training = pages()
    parts = fitted(training, components=1).contributions(training.X)
    shares = parts.filter(like="n_page_").abs().mean()
    assert shares.max() < 1.5 * shares.min()


@pytest.mark.parametrize(
    ("n", "n_pages", "n_components"), [(400, 12, 8), (400, 3, 3), (6, 12, 6), (400, 0, 0)]
)
def test_there_are_no_more_components_than_counts_or_listeners(n, n_pages, n_components):
    examples = pages(n, n_pages)
    assert 0 < examples.y.sum() < n
    model = fitted(examples)
    assert (0 if model.pca is None else len(model.pca.components_)) == n_components
    assert np.isfinite(model.predict(examples.X)).all()


def test_without_counts_it_says_what_the_columns_alone_say(tmp_path):
    examples = pages(n_pages=0)
    model = fitted(examples)
    model.save(tmp_path / "kept")
    parts = Model.load(tmp_path / "kept").contributions(examples.X)
    p = model.predict(examples.X)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(np.log(p / (1 - p)))


def test_the_components_are_those_of_the_training_rows_whoever_is_scored():
    """S4-W3, and not fitted on all there are, as the encoder of S3-F7 was."""
    model = fitted(pages())
    unseen = pages(seed=1).X
    stranger = unseen.head(1) * 1000
    beside = model.predict(pd.concat([stranger, unseen.tail(5)]))[1:]
    assert beside == pytest.approx(model.predict(unseen.tail(5)), abs=1e-12)
