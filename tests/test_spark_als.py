"""Spark's ALS: Spark places the items; listeners are placed here as Spark places them."""

import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tenuto.errors import ContractError, EngineError, NotEnoughData, SettingsError
from tenuto.recommenders import spark_als, usual_recommenders
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._spark_pairs import item_factors

CUTOFF = date(2017, 4, 29)
#: What the earlier project's cloud step would have done (S1-CL1), in little.
S1 = {
    "embedding_size": 6,
    "regularization": 0.1,
    "confidence_slope": 40.0,
    "weighting": "linear",
    "epochs": 4,
}


def plays(n_users=30, n_items=20, seed=5):
    """Even users like even items, odd users odd ones, each about half of them."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"u{user:02d}", f"i{item:02d}", float(rng.integers(1, 6)))
        for user in range(n_users)
        for item in range(n_items)
        if (user + item) % 2 == 0 and rng.random() < 0.6
    ]
    return pd.DataFrame(rows, columns=["user_id", "item_id", "preference"])


def known(pairs):
    return interactions_of(pairs.rename(columns={"preference": "weight"}), weight="weight")


def on_spark(engine, pairs):
    return engine.from_arrow(pa.Table.from_pandas(pairs, preserve_index=False))


def listed(engine, lists):
    """A table of lists in the order of users and ranks."""
    frame = engine.to_arrow(lists).to_pandas()
    return frame.sort_values(["user_id", "rank"], ignore_index=True)


def test_it_is_not_compared_unless_it_is_asked_for():
    assert "spark_als" not in usual_recommenders()
    assert "als" in usual_recommenders()


def test_settings_below_their_bound_are_refused_by_name():
    for wrong in ({"embedding_size": 0}, {"regularization": 0}, {"epochs": -1}):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            spark_als.Model(**wrong)


def test_without_pyspark_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(EngineError, match="needs pyspark") as refused:
        spark_als.Model(**S1).fit(known(plays()))

    assert "pip install 'tenuto[spark]'" in refused.value.mend


def test_lists_on_spark_need_a_table_that_was_fitted_there():
    with pytest.raises(ContractError, match="Spark holds nothing of this model"):
        spark_als.Model().recommend_table(5, exclude_heard=True)


@pytest.fixture(scope="module")
def fitted(spark_engine):
    """Learned from a table on Spark."""
    model = spark_als.Model(**S1)
    return model.fit_table(spark_engine, on_spark(spark_engine, plays()), cutoff=CUTOFF)


@pytest.mark.slow
def test_listeners_stand_where_spark_places_them(fitted):
    # Spark's points of listeners are of its own axes: what counts is each score.
    its = fitted.on_spark.model
    users = its.userFactors.toArrow().sort_by("id")["features"].to_pylist()
    scores = np.array(users) @ item_factors(its).T

    here = known(plays())
    own = fitted.scores(fitted.histories_in(plays(), here.user_ids))

    assert fitted.item_ids.equals(here.item_ids)
    np.testing.assert_allclose(own, scores, atol=1e-5)


@pytest.mark.slow
def test_a_table_on_spark_and_the_same_pairs_in_memory_give_the_same_model(fitted):
    here = known(plays())
    model = spark_als.Model(**S1).fit(here)

    own = fitted.scores(fitted.histories_in(plays(), here.user_ids))

    np.testing.assert_allclose(model.scores(model.histories), own, atol=1e-4)
    assert (model.n_listeners == fitted.n_listeners).all()


@pytest.mark.slow
@pytest.mark.parametrize("exclude_heard", [True, False])
def test_lists_made_on_spark_are_those_made_here(fitted, spark_engine, exclude_heard):
    here = fitted.recommend_new(plays(), 6, exclude_heard=exclude_heard)

    there = listed(spark_engine, fitted.recommend_table(6, exclude_heard=exclude_heard))

    assert (there[["user_id", "rank"]].to_numpy() == here[["user_id", "rank"]].to_numpy()).all()
    np.testing.assert_allclose(there["score"], here["score"], atol=1e-5)
    # Two items of nearly the same score may change places, and no others.
    assert (there["item_id"] == here["item_id"]).mean() > 0.95


@pytest.mark.slow
def test_lists_on_spark_can_be_asked_for_some_listeners(fitted, spark_engine):
    few = spark_engine.from_arrow(pa.table({"user_id": ["u03", "nobody", "u01"]}))

    lists = listed(spark_engine, fitted.recommend_table(2, exclude_heard=True, users=few))

    assert lists["user_id"].tolist() == ["u01", "u01", "u03", "u03"]
    nobody = spark_engine.from_arrow(pa.table({"user_id": ["nobody"]}))
    no_lists = fitted.recommend_table(2, exclude_heard=True, users=nobody)
    assert len(listed(spark_engine, no_lists)) == 0


@pytest.mark.slow
def test_what_is_disliked_is_on_no_list_even_if_the_heard_may_come_again(spark_engine):
    pairs = plays().assign(opinion=0)
    disliked = (pairs["user_id"] == "u00") & (pairs["item_id"] == pairs["item_id"].iloc[0])
    pairs.loc[disliked, ["preference", "opinion"]] = [0.0, -1]
    model = spark_als.Model(**S1)
    model.fit_table(spark_engine, on_spark(spark_engine, pairs), cutoff=CUTOFF)

    lists = listed(spark_engine, model.recommend_table(20, exclude_heard=False))

    assert pairs["item_id"].iloc[0] not in set(lists.loc[lists["user_id"] == "u00", "item_id"])
    assert pairs["item_id"].iloc[0] in set(lists.loc[lists["user_id"] == "u02", "item_id"])


@pytest.mark.slow
def test_a_table_that_cannot_teach_is_refused_with_the_reason(spark_engine):
    table = on_spark(spark_engine, plays())

    with pytest.raises(ContractError, match="lacks preference"):
        spark_als.Model().fit_table(spark_engine, table.drop("preference"), cutoff=CUTOFF)
    unloved = table.mutate(preference=0.0)
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        spark_als.Model().fit_table(spark_engine, unloved, cutoff=CUTOFF)


@pytest.mark.slow
def test_a_saved_model_serves_new_listeners_where_there_is_no_spark(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    plays().to_parquet(tmp_path / "plays.parquet")

    program = f"""
import sys
sys.modules["pyspark"] = None
import pandas as pd
from tenuto.recommenders._contract import Recommender
model = Recommender.load(r"{tmp_path / "model"}")
pairs = pd.read_parquet(r"{tmp_path / "plays.parquet"}")
lists = model.recommend_new(pairs, 4, exclude_heard=True)
assert model.explain(lists, pairs=pairs)["reason"].str.startswith("because you").all()
lists.to_parquet(r"{tmp_path / "lists.parquet"}")
"""
    subprocess.run([sys.executable, "-c", program], check=True)

    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "lists.parquet"),
        Recommender.load(tmp_path / "model").recommend_new(plays(), 4, exclude_heard=True),
        check_dtype=False,
    )
