"""What the room promises of every churn model, whoever adds the next one."""

import json

import numpy as np
import pandas as pd
import pytest

from conftest import asked, every
from tenuto.churn import CATALOGUE
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.errors import ContractError, NotEnoughData
from tenuto.evaluation.classification import metrics

#: Says nothing about single listeners, so no signal is asked of it.
CONSTANT = "base_rate"


def examples(n=400, seed=0, signal=True):
    """Listeners silent for longer leave more often, unless ``signal`` is off."""
    rng = np.random.default_rng(seed)
    silent = rng.integers(1, 31, size=n).astype(float)
    plays = np.where(rng.random(n) < 0.2, np.nan, rng.poisson(200 / silent))
    chance = np.where(silent > 12, 0.9, 0.1) if signal else np.full(n, 0.5)
    X = pd.DataFrame(
        {
            "days_since_last_event": np.where(silent == 30, np.nan, silent),
            "n_plays_7d": plays,
            "always_missing": np.nan,
            "noise": rng.normal(size=n),
        }
    )
    cutoffs = np.where(np.arange(n) % 2, "2017-04-14", "2017-04-15").astype("datetime64[D]")
    return Examples(np.arange(n) // 2, cutoffs, X, (rng.random(n) < chance).astype(int))


@pytest.fixture(scope="module", params=every(CATALOGUE))
def name(request):
    return asked(request, CATALOGUE)


@pytest.fixture(scope="module")
def model(name):
    return CATALOGUE.get(name).Model().fit(examples(), random_state=1)


def test_it_has_a_name_for_people_and_says_what_it_needs(name):
    member = CATALOGUE.get(name)

    assert member.LABEL
    assert name != member.LABEL
    assert member.Model.needs == member.NEEDS
    assert member.Model.name() == name


def test_it_gives_one_probability_per_row(model):
    p = model.predict(examples(seed=1).X)

    assert p.shape == (400,)
    assert p.dtype == np.float64
    assert ((p >= 0) & (p <= 1)).all()


def test_it_finds_a_planted_signal_in_listeners_it_has_not_seen(name, model):
    unseen = examples(seed=1)

    auc = metrics(unseen.y, model.predict(unseen.X))["auc"]

    assert auc == 0.5 if name == CONSTANT else auc > 0.78


def test_it_finds_nothing_where_there_is_nothing(name):
    model = CATALOGUE.get(name).Model().fit(examples(600, signal=False), random_state=1)
    unseen = examples(2_000, seed=1, signal=False)

    # The standard error of an AUC of 0.5 with 1,000 rows of each class is 0.013.
    assert abs(metrics(unseen.y, model.predict(unseen.X))["auc"] - 0.5) < 0.05


def test_its_mean_probability_is_near_the_base_rate(model):
    training = examples()

    assert model.predict(training.X).mean() == pytest.approx(training.y.mean(), abs=0.05)


def test_a_batch_is_scored_like_its_rows_one_by_one(model):
    X = examples(20, seed=2).X

    one_by_one = np.concatenate([model.predict(X.iloc[[row]]) for row in range(len(X))])

    assert model.predict(X) == pytest.approx(one_by_one, abs=1e-12)


def test_nobody_to_score_gives_no_scores(model):
    assert model.predict(examples().X.iloc[:0]).shape == (0,)


def test_columns_are_found_by_name(model):
    X = examples(50, seed=3).X

    moved = X[X.columns[::-1]].assign(of_no_interest=1.0)

    assert (model.predict(moved) == model.predict(X)).all()


def test_a_missing_column_is_named(model):
    X = examples(5).X.drop(columns="days_since_last_event")

    with pytest.raises(ContractError, match="days_since_last_event"):
        model.predict(X)


def test_the_order_of_rows_and_columns_in_training_does_not_matter(name, model, tmp_path):
    training = examples()
    shuffled = training.take(np.random.default_rng(0).permutation(len(training)))
    shuffled = Examples(
        shuffled.user_id, shuffled.cutoff, shuffled.X[shuffled.X.columns[::-1]], shuffled.y
    )

    again = CATALOGUE.get(name).Model().fit(shuffled, random_state=1)

    assert again.save(tmp_path / "again") == model.save(tmp_path / "first")


def test_a_loaded_model_predicts_exactly_the_same(model, tmp_path):
    X = examples(seed=4).X
    model.save(tmp_path / "kept")

    loaded = ChurnModel.load(tmp_path / "kept")

    assert type(loaded) is type(model)
    assert loaded.columns == model.columns
    assert (loaded.predict(X) == model.predict(X)).all()


def test_a_loaded_model_saves_to_the_same_bytes(model, tmp_path):
    digest = model.save(tmp_path / "kept")

    assert ChurnModel.load(tmp_path / "kept").save(tmp_path / "copy") == digest


def test_a_changed_file_is_refused(model, tmp_path):
    model.save(tmp_path / "kept")
    file = next(path for path in sorted((tmp_path / "kept").iterdir()) if path.stem != "manifest")
    file.write_bytes(file.read_bytes() + b" ")

    with pytest.raises(ContractError, match="not the file that was saved"):
        ChurnModel.load(tmp_path / "kept")


def test_its_settings_come_back(model, tmp_path):
    model.save(tmp_path / "kept")

    assert ChurnModel.load(tmp_path / "kept").settings == model.settings
    assert json.loads((tmp_path / "kept" / "manifest.json").read_text())["model"] == model.name()


@pytest.mark.parametrize("label", [0, 1])
def test_with_one_class_alone_there_is_nothing_to_learn(name, label):
    same = examples(40)
    alike = Examples(same.user_id, same.cutoff, same.X, np.full(40, label))

    with pytest.raises(NotEnoughData, match="nothing to tell apart"):
        CATALOGUE.get(name).Model().fit(alike, random_state=1)


def test_without_labels_it_cannot_train(name):
    unlabelled = examples(40)

    with pytest.raises(ContractError, match="without labels"):
        CATALOGUE.get(name).Model().fit(
            Examples(unlabelled.user_id, unlabelled.cutoff, unlabelled.X), random_state=1
        )


def test_unfitted_it_predicts_nothing(name):
    with pytest.raises(ContractError, match="not fitted"):
        CATALOGUE.get(name).Model().predict(examples(5).X)


def test_it_gives_reasons_that_add_up_or_says_that_it_has_none(name, model):
    X = examples(30, seed=5).X
    if type(model).contributions is ChurnModel.contributions:
        with pytest.raises(ContractError, match="cannot say why"):
            model.contributions(X)
        return

    parts = model.contributions(X)

    p = model.predict(X)
    assert list(parts.columns) == [*model.columns, "expected"]
    assert parts.sum(axis=1).to_numpy() == pytest.approx(np.log(p / (1 - p)), abs=1e-6)
