"""A saved model is data: it cannot run code, cannot be mixed, and repeats byte for byte."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from tenuto.churn import _estimators
from tenuto.churn._contract import ChurnModel
from tenuto.churn.base_rate import Model as BaseRate
from tenuto.churn.recency_rule import Model as RecencyRule
from tenuto.errors import ContractError, UnknownName
from tenuto.saved import as_json

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 0, 0, 1, 1, 1])


class Stranger(LogisticRegression):
    """A class that is on nobody's list."""


@pytest.fixture
def saved(tmp_path):
    model = BaseRate()
    model.columns, model.share = ("n_plays",), 0.25
    model.save(tmp_path / "model")
    return tmp_path / "model"


def rewrite_manifest(folder, **fields):
    path = folder / "manifest.json"
    path.write_bytes(as_json(json.loads(path.read_text()) | fields))


def test_an_estimator_gives_the_same_bytes_in_any_memory():
    first = _estimators.to_bytes(LogisticRegression().fit(X, Y))
    blocks = [np.ones(100) for _ in range(50)]
    second = _estimators.to_bytes(LogisticRegression().fit(X, Y))

    assert len(blocks) == 50
    assert first == second


@pytest.mark.slow
def test_another_process_saves_the_same_bytes():
    script = (
        "import hashlib, numpy as np; from tenuto.churn import _estimators;"
        "from sklearn.ensemble import RandomForestClassifier as Forest;"
        "X = np.random.default_rng(0).normal(size=(200, 3)); y = (X[:, 0] > 0).astype(int);"
        "content = _estimators.to_bytes(Forest(5, random_state=1).fit(X, y));"
        "print(hashlib.sha256(content).hexdigest())"
    )
    answers = {subprocess.check_output([sys.executable, "-c", script]) for _ in range(2)}

    assert len(answers) == 1


def test_an_estimator_comes_back_with_its_predictions():
    model = LogisticRegression().fit(X, Y)

    again = _estimators.from_bytes(_estimators.to_bytes(model))

    assert (again.predict_proba(X) == model.predict_proba(X)).all()


def test_a_type_that_is_not_on_our_list_is_not_built():
    content = skops.io.dumps(Stranger().fit(X, Y))

    with pytest.raises(ContractError, match="types that are not allowed"):
        _estimators.from_bytes(content)


def test_bytes_that_are_no_estimator_are_refused():
    with pytest.raises(ContractError, match="cannot be read"):
        _estimators.from_bytes(b"cos\nsystem\n(S'true'\ntR.")


def test_known_estimators_need_no_trust():
    assert _estimators.from_bytes(
        _estimators.to_bytes(GaussianNB().fit(X, Y))
    ).classes_.tolist() == [
        0,
        1,
    ]


def test_the_manifest_holds_the_sha256_of_every_file(saved):
    manifest = json.loads((saved / "manifest.json").read_text())

    content = (saved / "model.json").read_bytes()
    assert manifest["files"] == {"model.json": hashlib.sha256(content).hexdigest()}


def test_a_file_that_was_added_is_refused(saved):
    (saved / "extra.pkl").write_bytes(b"x")

    with pytest.raises(ContractError, match=r"not in the manifest: extra\.pkl"):
        ChurnModel.load(saved)


def test_a_file_that_was_taken_away_is_refused(saved):
    (saved / "model.json").unlink()

    with pytest.raises(ContractError, match="files missing"):
        ChurnModel.load(saved)


def test_a_manifest_cannot_point_outside_its_folder(saved):
    rewrite_manifest(saved, files={"../secret": "0" * 64})

    with pytest.raises(ContractError, match=r"\.\./secret"):
        ChurnModel.load(saved)


def test_a_manifest_cannot_name_a_kind_of_its_own(saved):
    rewrite_manifest(saved, model="os")

    with pytest.raises(UnknownName):
        ChurnModel.load(saved)


@pytest.mark.parametrize(
    "fields", [{"format": 99}, {"settings": {"evil": 1}, "model": "forest"}, {"columns": None}]
)
def test_a_manifest_that_does_not_fit_is_refused(saved, fields):
    rewrite_manifest(saved, **fields)

    with pytest.raises(ContractError):
        ChurnModel.load(saved)


def test_a_broken_manifest_is_refused(saved):
    (saved / "manifest.json").write_text("{")

    with pytest.raises(ContractError, match="cannot be read"):
        ChurnModel.load(saved)


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(ContractError, match="not a saved model"):
        ChurnModel.load(tmp_path)


def test_a_model_of_another_kind_is_refused_by_name(saved):
    assert isinstance(BaseRate.load(saved), BaseRate)
    with pytest.raises(ContractError, match="holds 'base_rate', not 'recency_rule'"):
        RecencyRule.load(saved)


def test_a_model_replaces_a_model_as_a_whole(saved):
    newer = RecencyRule()
    newer.columns, newer.never = ("days_since_last_event",), 9.0
    newer.days, newer.share = np.array([1.0, 9.0]), np.array([0.1, 0.9])

    newer.save(saved)

    assert isinstance(ChurnModel.load(saved), RecencyRule)
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_a_model_does_not_replace_what_is_no_model(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    model = BaseRate()
    model.columns, model.share = ("n_plays",), 0.5

    with pytest.raises(ContractError, match="other files"):
        model.save(tmp_path)

    assert (tmp_path / "thesis.txt").exists()
