"""Churn models that Spark trains: the numbers are Spark's, and Spark is not needed for them."""

import subprocess
import sys

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import spark_training
from spark_cluster import Cluster
from tenuto.churn import CATALOGUE, _spark_model, usual_models
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.churn._protocols import forward
from tenuto.churn._spark_columns import Filling, facts_about
from tenuto.churn._spark_trees import LOG_ODDS, MEAN, booster_of, trees_told, weighed
from tenuto.errors import ContractError, EngineError, NotEnoughData, SettingsError
from tenuto.evaluation.classification import metrics

MEMBERS = ["spark_boosting", "spark_forest", "spark_logistic"]
QUICK = {
    "spark_boosting": {"n_estimators": 4, "subsample": 1.0, "share_of_columns": "all"},
    "spark_forest": {"n_estimators": 8, "max_depth": 6},
    "spark_logistic": {"max_iter": 20},
}
#: As Spark tells them: a split of a split, Java's way to write 0.00001, and a single leaf.
TOLD = """GBTClassificationModel: uid = GBTClassifier_1a2b, numTrees=2, numFeatures=2
  Tree 0 (weight 1.0):
    If (feature 0 <= 12.5)
     If (feature 1 <= 1.0E-5)
      Predict: -0.8
     Else (feature 1 > 1.0E-5)
      Predict: 0.2
    Else (feature 0 > 12.5)
     Predict: 0.6
  Tree 1 (weight 0.1):
    Predict: 0.5
"""


def listeners(n=300, seed=0, with_holes=True):
    """Those silent for longer leave more often; of some nobody knows the plays."""
    rng = np.random.default_rng(seed)
    silent = rng.integers(1, 31, size=n).astype(float)
    plays = rng.poisson(400 / silent).astype(float)
    if with_holes:
        plays[rng.random(n) < 0.2] = np.nan
    X = pd.DataFrame({"silent_days": silent, "n_plays": plays, "noise": rng.normal(size=n)})
    cutoffs = np.repeat(np.datetime64("2017-04-14", "D"), n)
    leaves = rng.random(n) < np.where(silent > 12, 0.9, 0.1)
    return Examples(np.arange(n), cutoffs, X, leaves.astype(int))


def on_spark(engine, examples):
    """The same as a table of the engine."""
    columns = {"user_id": examples.user_id, "cutoff": examples.cutoff, "left": examples.y}
    columns |= {name: examples.X[name] for name in examples.X}
    return engine.from_arrow(pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False))


def quick(name, **chosen):
    return CATALOGUE.get(name).Model(**QUICK[name], **chosen)


# Trees in words.


def test_trees_answer_what_their_words_say():
    X = np.array([[3.0, 0.0], [3.0, 1e-5], [3.0, 2e-5], [12.5, 9.0], [12.6, 0.0]])

    booster = booster_of(weighed(trees_told(TOLD), LOG_ODDS, 2, X))

    answers = np.array([-0.8, -0.8, 0.2, 0.2, 0.6]) + 0.1 * 0.5
    assert booster.predict(X, raw_score=True) == pytest.approx(answers, abs=1e-15)
    assert booster.predict(X) == pytest.approx(1 / (1 + np.exp(-answers)), abs=1e-15)
    average = booster_of(weighed(trees_told(TOLD), MEAN, 2, X))
    assert average.predict(X) == pytest.approx(answers / 2, abs=1e-15)


def test_what_each_column_adds_is_weighed_by_how_many_rows_went_each_way():
    # given three rows of four that go left at the first split, and of those one of three right
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [20.0, 0.0]])
    booster = booster_of(weighed(trees_told(TOLD), LOG_ODDS, 2, rows))

    parts = booster.predict(rows, pred_contrib=True)

    # then the average row gets the mean of the leaves' answers
    assert parts[:, -1] == pytest.approx((-0.8 * 2 + 0.2 + 0.6) / 4 + 0.05)
    assert parts.sum(axis=1) == pytest.approx(booster.predict(rows, raw_score=True))


def test_a_leaf_that_no_row_reaches_spoils_no_reason():
    rows = np.array([[1.0, 0.0]])
    booster = booster_of(weighed(trees_told(TOLD), LOG_ODDS, 2, rows))

    assert np.isfinite(booster.predict(np.array([[20.0, 1.0]]), pred_contrib=True)).all()


@pytest.mark.parametrize(
    "told",
    [
        TOLD.replace("<= 12.5", "in {1.0,2.0}"),
        TOLD.rpartition("    Else")[0],
        "GBTClassificationModel: uid = x, numTrees=0",
    ],
    ids=["categories", "half a tree", "no tree"],
)
def test_words_that_are_not_known_are_refused(told):
    with pytest.raises(ContractError, match="not known here"):
        trees_told(told)


# Columns.


@pytest.mark.parametrize("is_logged", [True, False])
def test_columns_are_prepared_alike_in_memory_and_in_a_table(duckdb_engine, is_logged):
    X = listeners().X.assign(never_known=np.nan, below=lambda table: -table["silent_days"])
    filling = Filling.of_matrix(X.to_numpy(), is_logged)
    table = duckdb_engine.from_arrow(pa.Table.from_pandas(X, preserve_index=False))

    prepared = table.select(**filling.expressions(table, list(X.columns)))

    there = duckdb_engine.to_arrow(prepared).to_pandas().to_numpy()
    assert there.shape == (300, 5 + 2)
    np.testing.assert_allclose(there, filling.matrix(X.to_numpy()), rtol=1e-12)


def test_facts_about_a_table_tell_medians_holes_and_infinities(duckdb_engine):
    X = pd.DataFrame({"a": [1.0, 2.0, np.nan, 9.0], "b": [np.inf, 0.0, 0.0, np.nan]})
    table = duckdb_engine.from_arrow(pa.Table.from_pandas(X, preserve_index=False))

    (facts,) = duckdb_engine.to_arrow(table.aggregate(**facts_about(table, ["a", "b"]))).to_pylist()

    assert (facts["median_0"], facts["n_holes_0"], facts["n_infinite_0"]) == (2.0, 1, 0)
    assert (facts["n_holes_1"], facts["n_infinite_1"]) == (1, 1)


# Who trains on Spark.


def test_no_study_trains_on_spark_unless_it_is_asked_to():
    assert not set(MEMBERS) & set(usual_models())


def test_without_pyspark_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(EngineError, match="needs pyspark") as refused:
        quick("spark_logistic").fit(listeners(40), random_state=0)

    assert "pip install 'tenuto[spark]'" in refused.value.mend


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"grid": {"max_deep": [1]}}, "no setting 'max_deep'"),
        ({"grid": {"max_depth": 3}}, "'max_depth' has no values"),
        ({"grid": {"max_depth": []}}, "'max_depth' has no values"),
        ({"n_folds": 1}, "n_folds is 1"),
    ],
)
def test_a_grid_that_cannot_be_tried_is_refused_before_the_work(chosen, said):
    with pytest.raises(SettingsError, match=said):
        CATALOGUE.get("spark_boosting").Model(**chosen)


# What Spark learned.


@pytest.fixture(scope="module", params=MEMBERS)
def name(request, spark_engine):
    return request.param


@pytest.fixture(scope="module")
def trained(name):
    """A model and, beside it, Spark's own."""
    model, spark_models = quick(name), []
    learned = model._learned

    def and_keep(spark_model, seen):
        spark_models.append(spark_model)
        learned(spark_model, seen)

    model._learned = and_keep
    model.fit(listeners(), random_state=1)
    del model._learned
    return model, spark_models[0]


@pytest.mark.slow
def test_probabilities_are_those_of_spark_itself(trained, spark_engine):
    model, spark_model = trained
    X = listeners(500, seed=1).X
    filled = model.filling.matrix(X[list(model.columns)].to_numpy())

    columns = dict(zip(model.filling.names, filled.T, strict=True))
    assembler = spark_engine.ml.feature.VectorAssembler(
        inputCols=model.filling.names, outputCol="features"
    )
    rows = assembler.transform(spark_engine.frame(pa.table(columns)).coalesce(1))
    said = spark_model.transform(rows).toPandas()

    # A forest of regressions says the probability itself, the others one for either class.
    is_forest = "probability" not in said
    p = said["prediction"] if is_forest else [both[1] for both in said["probability"]]
    np.testing.assert_allclose(model.predict(X), p, atol=1e-9)


@pytest.mark.slow
def test_a_saved_model_scores_and_explains_where_there_is_no_spark(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model")
    X = listeners(20, seed=2).X
    X.to_parquet(tmp_path / "X.parquet")

    program = f"""
import sys
sys.modules["pyspark"] = None
import pandas as pd
from tenuto.churn._contract import ChurnModel
model, X = ChurnModel.load(r"{tmp_path / "model"}"), pd.read_parquet(r"{tmp_path / "X.parquet"}")
print(*model.predict(X))
if "forest" not in model.name():
    model.contributions(X)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert [float(p) for p in done.stdout.split()] == model.predict(X).tolist()


@pytest.mark.slow
def test_it_scores_in_batches_on_spark(trained, spark_engine):
    model, _ = trained
    examples = listeners(50, seed=3)

    def scored(batches):
        for batch in batches:
            rows = batch.to_pandas()
            columns = {"user_id": rows["user_id"], "probability": model.predict(rows)}
            yield pa.RecordBatch.from_pydict(columns)

    schema = pa.schema([("user_id", pa.int64()), ("probability", pa.float64())])
    table = spark_engine.map_arrow(on_spark(spark_engine, examples), scored, schema)

    said = spark_engine.to_arrow(table.order_by("user_id"))["probability"].to_numpy()
    np.testing.assert_allclose(said, model.predict(examples.X), atol=1e-12)


# Which rows a tree of a forest draws depends on where they lie.
@pytest.mark.slow
@pytest.mark.parametrize("drawless", ["spark_boosting", "spark_logistic"])
def test_a_table_on_spark_trains_as_the_same_rows_in_memory(drawless, spark_engine):
    examples = listeners(with_holes=False)
    table = on_spark(spark_engine, examples)

    here = quick(drawless).fit(examples, random_state=1)
    there = quick(drawless).fit_table(spark_engine, table, label="left", random_state=1)

    assert there.columns == here.columns
    unseen = listeners(seed=1, with_holes=False).X
    np.testing.assert_allclose(there.predict(unseen), here.predict(unseen), atol=1e-5)


@pytest.mark.slow
def test_a_table_with_holes_trains_a_model_that_finds_the_signal(name, spark_engine, tmp_path):
    table = on_spark(spark_engine, listeners())

    model = quick(name).fit_table(spark_engine, table, label="left", random_state=1)

    unseen = listeners(seed=1)
    assert metrics(unseen.y, model.predict(unseen.X))["auc"] > 0.8
    model.save(tmp_path / "model")
    loaded = ChurnModel.load(tmp_path / "model")
    assert (loaded.predict(unseen.X) == model.predict(unseen.X)).all()


@pytest.mark.slow
def test_a_table_that_cannot_train_is_refused_with_the_reason(spark_engine):
    table = on_spark(spark_engine, listeners(40))

    def fit(table, label="left"):
        quick("spark_logistic").fit_table(spark_engine, table, label=label, random_state=1)

    with pytest.raises(ContractError, match="no column 'gone'"):
        fit(table, "gone")
    with pytest.raises(NotEnoughData, match="0 of 40 listeners left"):
        fit(table.mutate(left=0))
    with pytest.raises(ContractError, match="infinite values in noise"):
        fit(table.mutate(noise=ibis.literal(float("inf"))))


@pytest.mark.slow
def test_more_rows_than_make_one_part_give_the_same_model(spark_engine, monkeypatch):
    whole = quick("spark_logistic").fit(listeners(), random_state=1)
    monkeypatch.setattr(_spark_model, "ROWS_PER_PART", 100)

    parts = quick("spark_logistic").fit(listeners(), random_state=1)

    unseen = listeners(seed=1).X
    np.testing.assert_allclose(parts.predict(unseen), whole.predict(unseen), atol=1e-6)


@pytest.mark.slow
def test_resampled_rows_weigh_and_the_rate_is_put_back(spark_engine):
    examples = listeners(600)
    few = examples.take((examples.y == 0) | (np.arange(600) % 4 == 0))

    weighed = quick("spark_boosting").fit(few, random_state=1, sampling="class_weight")

    plain = quick("spark_boosting").fit(few, random_state=1)
    assert weighed.text != plain.text
    assert weighed.predict(few.X).mean() == pytest.approx(few.y.mean(), abs=0.05)


# Wherever Spark is.


@pytest.mark.slow
def test_members_learn_the_same_through_spark_connect_on_a_cluster(spark_engine, tmp_path):
    here, told = spark_training.said(spark_engine), tmp_path / "told.npz"
    with Cluster(tmp_path) as cluster:
        program = [sys.executable, spark_training.__file__, cluster.connect_server(), told]
        subprocess.run(program, check=True, timeout=900)

    there = np.load(told)
    assert set(there) == set(here)
    for name in here:
        np.testing.assert_allclose(there[name], here[name], atol=1e-6, err_msg=name)


# Cross-validation, and the protocols of every model.


@pytest.mark.slow
def test_a_grid_is_tried_judged_and_the_better_setting_learned(spark_engine, tmp_path):
    # given listeners who leave where two columns disagree: stumps see one column at a time
    rng = np.random.default_rng(0)
    a, b = rng.random(300) < 0.5, rng.random(300) < 0.3
    X = pd.DataFrame({"a": a + rng.normal(scale=0.05, size=300), "b": b.astype(float)})
    leaves = (a != b).astype(int)
    examples = Examples(np.arange(300), np.repeat("2017-04-14", 300), X, leaves)

    model = CATALOGUE.get("spark_boosting").Model(
        n_estimators=3,
        subsample=1.0,
        share_of_columns="all",
        grid={"max_depth": [1, 2]},
        n_folds=2,
    )
    model.fit(examples, random_state=1)

    stumps, deeper = model.tried_table().to_dict("records")
    assert (stumps["max_depth"], deeper["max_depth"]) == (1, 2)
    assert stumps["auc"] < 0.85 < 0.95 < deeper["auc"]
    assert metrics(leaves, model.predict(X))["auc"] > 0.95
    model.save(tmp_path / "model")
    assert ChurnModel.load(tmp_path / "model").tried == model.tried


@pytest.mark.slow
def test_a_grid_with_rows_that_belong_to_nobody_is_refused(spark_engine):
    model = quick("spark_logistic", grid={"regularization": [0.1, 0.01]})
    examples = listeners(100)
    few = examples.take((examples.y == 0) | (np.arange(100) % 4 == 0))

    with pytest.raises(ContractError, match="drawn rows belong to no listener"):
        model.fit(few, random_state=1, sampling="oversample")


@pytest.mark.slow
def test_it_is_judged_out_of_time_and_out_of_user_as_every_model_is(spark_engine):
    training, test = listeners(), listeners(seed=1)
    later = np.repeat(np.datetime64("2017-04-28", "D"), len(test))
    test = Examples(test.user_id, later, test.X, test.y)

    scored = forward(training, test, ["spark_logistic"], horizon_days=14, random_state=0, n_folds=2)

    assert metrics(test.y, scored.probability("spark_logistic"))["auc"] > 0.8
