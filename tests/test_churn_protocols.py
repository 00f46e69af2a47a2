"""Nobody is scored by a model that knew them, or that knew the future; the verdict is fair."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tenuto.churn import _protocols
from tenuto.churn._examples import Examples
from tenuto.churn._judging import judge
from tenuto.churn._protocols import forward, snapshot, thinned
from tenuto.errors import ContractError, LeakError, NotEnoughData, UnknownName


def at(cutoff, n=300, seed=0, first_user=0):
    """Listeners at one cutoff who leave when silent for long, whatever else they do."""
    rng = np.random.default_rng(seed)
    silent = rng.integers(1, 31, size=n).astype(float)
    y = (rng.random(n) < np.where(silent > 12, 0.85, 0.15)).astype(int)
    X = pd.DataFrame({"days_since_last_event": silent, "noise": rng.normal(size=n)})
    users = np.arange(first_user, first_user + n)
    return Examples(users, np.full(n, np.datetime64(cutoff)), X, y)


@pytest.fixture(scope="module")
def training():
    return Examples.concatenate([at("2020-01-15", seed=1), at("2020-01-14", seed=2)])


@pytest.fixture(scope="module")
def test_rows():
    # 100 of the 300 are new: no training row knows them.
    return at("2020-01-29", seed=3, first_user=100)


class Spy:
    """A model that writes down whom it was trained on and whom it was asked about."""

    log: list = []  # noqa: RUF012 - shared by all fits on purpose

    def fit(self, examples, *, random_state, sampling):
        self.known = set(examples.X["user"])
        self.seed = random_state
        return self

    def predict(self, X):
        Spy.log.append((self.known, set(X["user"]), self.seed))
        return np.full(len(X), 0.5)


@pytest.fixture
def spy(monkeypatch):
    Spy.log.clear()
    room = SimpleNamespace(get=lambda name: SimpleNamespace(Model=Spy))
    monkeypatch.setattr(_protocols, "CATALOGUE", room)
    return Spy


def with_user_column(examples):
    X = examples.X.assign(user=examples.user_id)
    return Examples(examples.user_id, examples.cutoff, X, examples.y)


def test_forward_never_scores_a_user_it_trained_on_and_scores_everyone(spy, training, test_rows):
    forward(
        with_user_column(training),
        with_user_column(test_rows),
        ["spy"],
        horizon_days=14,
        random_state=0,
    )

    assert len(spy.log) == 5
    assert all(not known & asked for known, asked, _ in spy.log)
    assert set.union(*(asked for _, asked, _ in spy.log)) == set(test_rows.user_id)
    assert len({seed for _, _, seed in spy.log}) == 5


def test_a_snapshot_never_scores_a_user_it_trained_on(spy, test_rows):
    scored = snapshot(with_user_column(test_rows), ["spy"], random_state=0)

    (known, asked, _), *others = spy.log
    assert not others
    assert not known & asked
    assert known | asked == set(test_rows.user_id)
    assert asked == set(scored.test.user_id)


def test_forward_gives_one_probability_per_model_and_listener(training, test_rows):
    names = ["base_rate", "recency_rule"]

    scored = forward(training, test_rows, names, horizon_days=14, random_state=0, n_folds=3)

    assert scored.protocol == "forward"
    assert scored.scores.groupby("model").size().to_dict() == dict.fromkeys(names, 300)
    assert scored.scores["probability"].between(0, 1).all()
    for name in names:
        of_model = scored.scores[scored.scores["model"] == name]
        assert (of_model["user_id"].to_numpy() == test_rows.user_id).all()
        assert len(scored.models[name]) == 3


def test_each_row_was_scored_by_the_model_of_its_fold(training, test_rows):
    scored = forward(training, test_rows, ["logistic"], horizon_days=14, random_state=0, n_folds=2)

    fold = scored.scores["fold"].to_numpy()
    for number, model in enumerate(scored.models["logistic"]):
        rows = fold == number
        expected = model.predict(test_rows.X[rows])
        assert scored.probability("logistic")[rows] == pytest.approx(expected, abs=1e-12)


def test_a_training_label_still_open_at_the_test_cutoff_is_a_leak(training, test_rows):
    with pytest.raises(LeakError, match="2020-01-15 was not known on 2020-01-29") as caught:
        forward(training, test_rows, ["base_rate"], horizon_days=15, random_state=0)

    assert "2020-01-14" in (caught.value.mend or "")


def test_adding_a_model_changes_no_other_figures(training, test_rows):
    alone = forward(training, test_rows, ["forest"], horizon_days=14, random_state=3, n_folds=2)
    more = forward(
        training, test_rows, ["logistic", "forest"], horizon_days=14, random_state=3, n_folds=2
    )

    assert (alone.probability("forest") == more.probability("forest")).all()


def test_settings_reach_the_model_and_progress_is_told(training, test_rows):
    told = []
    scored = forward(
        training,
        test_rows,
        ["forest"],
        horizon_days=14,
        random_state=0,
        n_folds=2,
        settings={"forest": {"n_estimators": 3}},
        progress=lambda *step: told.append(step),
    )

    assert [model.settings["n_estimators"] for model in scored.models["forest"]] == [3, 3]
    assert told == [(1, 2, "forest, fold 1"), (2, 2, "forest, fold 2")]


def test_a_snapshot_calls_itself_optimistic_and_has_one_cutoff(training, test_rows):
    assert "optimistic" in snapshot(test_rows, ["base_rate"], random_state=0).label
    with pytest.raises(ContractError, match="several"):
        snapshot(training, ["base_rate"], random_state=0)


def test_thinning_takes_whole_users_and_is_the_same_in_any_order(training):
    few = thinned(training, 200)
    shuffled = training.take(np.random.default_rng(0).permutation(len(training)))

    assert 100 <= few.n_users <= 101
    assert pd.Series(few.user_id).value_counts().eq(2).all()
    assert set(thinned(shuffled, 200).user_id) == set(few.user_id)


def test_nobody_to_learn_from_is_said_at_once(training, test_rows):
    nobody = training.take(np.zeros(len(training), dtype=bool))

    with pytest.raises(NotEnoughData, match="0 training and 300 test"):
        forward(nobody, test_rows, ["base_rate"], horizon_days=14, random_state=0)


def test_a_model_that_does_not_exist_is_named(training, test_rows):
    with pytest.raises(UnknownName, match="Did you mean 'boosting'"):
        forward(training, test_rows, ["bosting"], horizon_days=14, random_state=0)


@pytest.fixture(scope="module")
def scored(training, test_rows):
    names = ["base_rate", "recency_rule", "logistic"]
    return forward(training, test_rows, names, horizon_days=14, random_state=0)


@pytest.fixture(scope="module")
def records(scored):
    silent = scored.test.X["days_since_last_event"].to_numpy()
    populations = {
        "all": np.ones(300, dtype=bool),
        "active_14d": silent <= 14,
        "nobody": silent < 0,
    }
    found = judge(scored.scores, scored.test.y, populations, np.random.default_rng(0), n_draws=200)
    return pd.DataFrame(found).set_index(["population", "model", "metric"]).sort_index()


def test_the_verdict_has_an_interval_and_the_base_rate_beside_every_figure(records, scored):
    auc = records.loc["all", "recency_rule", "auc"]

    assert auc["low"] < auc["value"] < auc["high"]
    assert auc["base_rate"] == pytest.approx(scored.test.y.mean())
    assert auc["n_rows"] == auc["n_users"] == 300


def test_the_recency_rule_is_the_opponent_and_beats_a_coin(records):
    coin, rule = records.loc["all", "base_rate", "auc"], records.loc["all", "recency_rule", "auc"]

    assert coin["against"] == "recency_rule"
    assert coin["verdict"] == "worse"
    assert coin["difference"] == pytest.approx(coin["value"] - rule["value"])
    assert pd.isna(rule["against"])
    assert records.loc["all", "base_rate", "log_loss"]["verdict"] == "worse"


def test_one_constant_per_fold_is_judged_as_one_constant(records, scored):
    assert len(np.unique(scored.probability("base_rate"))) > 1
    assert records.loc["all", "base_rate", "auc"]["value"] == 0.5


def test_listeners_long_gone_make_the_figure_look_better(records):
    everyone = records.loc["all", "recency_rule", "auc"]
    reachable = records.loc["active_14d", "recency_rule", "auc"]

    assert reachable["value"] < everyone["value"] - 0.1
    assert reachable["n_rows"] < everyone["n_rows"]


def test_a_tenth_is_called_and_the_cut_is_stated(records, scored):
    record = records.loc["all", "logistic", "recall"]

    called = scored.probability("logistic") >= record["threshold"]
    assert called.mean() == pytest.approx(0.1)
    assert record["value"] == pytest.approx(scored.test.y[called].sum() / scored.test.y.sum())


def test_a_population_of_nobody_has_no_figures_and_no_verdict(records):
    nobody = records.loc["nobody"]

    assert (nobody["n_rows"] == 0).all()
    assert nobody["value"].isna().all()
    assert nobody["verdict"].isna().all()


def test_scores_in_another_order_than_the_labels_are_refused(scored):
    mixed = scored.scores.copy()
    last = mixed["model"] == "logistic"
    mixed.loc[last, "user_id"] = mixed.loc[last, "user_id"].to_numpy()[::-1]

    with pytest.raises(ContractError, match="'logistic'"):
        judge(mixed, scored.test.y, {}, np.random.default_rng(0))


def test_a_population_is_a_yes_or_no_per_row(scored):
    with pytest.raises(ContractError, match="'few'"):
        judge(scored.scores, scored.test.y, {"few": [1, 2]}, np.random.default_rng(0))
