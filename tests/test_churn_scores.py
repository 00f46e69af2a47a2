"""Listeners scored by a saved model where the engine keeps them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import ALL_KNOWING
from service import ANN, BOB, CUTOFF, EVE, did, features_at, played, timeline_of
from tenuto.churn import CATALOGUE
from tenuto.churn._examples import Examples
from tenuto.churn._scores import scores_by, write_scores
from tenuto.errors import ContractError


def saved_model(folder, X):
    """A logistic regression on ``X``, in ``folder``."""
    examples = Examples(np.arange(len(X)), [CUTOFF] * len(X), X, np.arange(len(X)) % 2)
    fitted = CATALOGUE.get("logistic").Model().fit(examples, random_state=0)
    fitted.save(folder)
    return fitted


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200)})


def test_scores_of_the_engine_are_those_of_the_model(duckdb_engine, tmp_path, X):
    fitted = saved_model(tmp_path / "model", X)
    X.loc[3, "a"] = None
    users = [f"user {n}" for n in range(200)]
    table = duckdb_engine.from_arrow(
        pa.table({"user_id": users, "other": users, "b": X.b, "a": X.a})
    )

    scores = duckdb_engine.to_arrow(scores_by(duckdb_engine, tmp_path / "model", table))

    assert scores.schema.names == ["user_id", "probability"]
    found = dict(zip(*scores.to_pydict().values(), strict=True))
    assert found == dict(zip(users, fitted.predict(X), strict=True))


def test_a_model_that_knows_other_features_is_refused_at_once(duckdb_engine, tmp_path, X):
    saved_model(tmp_path / "model", X)
    table = duckdb_engine.from_arrow(pa.table({"user_id": [1], "a": [1.0]}))
    with pytest.raises(ContractError, match="needs columns that are not there: b"):
        scores_by(duckdb_engine, tmp_path / "model", table)


def test_everyone_seen_before_the_cutoff_is_scored_but_who_has_cancelled(duckdb_engine, tmp_path):
    events = [played(ANN, 3), played(BOB, 1), played(EVE, 2), did(EVE, "cancel", 2), played(4, 0)]
    timeline = timeline_of(duckdb_engine, tmp_path / "sums", events, source=ALL_KNOWING)
    X = features_at(duckdb_engine, timeline)
    saved_model(tmp_path / "model", X)
    target = tmp_path / "new" / "scores.parquet"

    n_scored = write_scores(duckdb_engine, timeline, CUTOFF, tmp_path / "model", target)

    scores = pq.read_table(target).to_pandas()
    assert n_scored == 2
    assert scores.user_id.tolist() == [ANN, BOB]
    assert scores.probability.between(0, 1).all()
