"""A planted leak stops the run, an honest feature passes; importances point at what matters."""

import numpy as np
import pandas as pd
import pytest

from tenuto.errors import ContractError, LeakError
from tenuto.evaluation.importance import permutation_importance
from tenuto.evaluation.leaks import (
    single_feature_aucs,
    stop_on_leaking_feature,
    stop_on_leaking_model,
)


@pytest.fixture
def listeners():
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.3).astype(int)
    honest = pd.DataFrame({"plays": rng.normal(size=400) - y, "noise": rng.normal(size=400)})
    return honest, y


def test_an_honest_table_passes(listeners):
    X, y = listeners

    aucs = stop_on_leaking_feature(X, y)

    assert aucs.index[0] == "plays"
    assert aucs["noise"] < 0.6


def test_a_feature_that_knows_the_answer_is_named_with_its_figure(listeners):
    X, y = listeners
    X["last_day_ever"] = -y + np.random.default_rng(1).normal(scale=0.2, size=400)

    with pytest.raises(LeakError, match=r"'last_day_ever' \(AUC 1\.000") as caught:
        stop_on_leaking_feature(X, y)

    assert "'plays'" not in str(caught.value)


def test_a_feature_that_is_missing_for_those_who_left_is_a_leak_too(listeners):
    X, y = listeners
    X["days_active"] = np.where(y == 1, np.nan, 3.0)

    with pytest.raises(LeakError, match="days_active"):
        stop_on_leaking_feature(X, y)


def test_a_suspect_may_pass_by_name(listeners):
    X, y = listeners
    X["auto_renew"] = 1.0 - y

    assert stop_on_leaking_feature(X, y, allow=("auto_renew",))["auto_renew"] == 1.0


def test_a_dozen_listeners_are_too_few_for_a_verdict():
    y = np.repeat([0, 1], 6)

    aucs = stop_on_leaking_feature(pd.DataFrame({"lucky": y * 1.0}), y)

    assert aucs["lucky"] == 1.0


def test_infinite_values_are_ranked_like_any_other():
    X = pd.DataFrame({"x": [-np.inf, 0.0, np.inf, np.nan]})

    assert single_feature_aucs(X, [0, 0, 1, 1])["x"] == 1.0


def test_a_model_too_good_to_be_true_stops_the_run(listeners):
    _, y = listeners

    with pytest.raises(LeakError, match=r"boosting reaches AUC 1\.0"):
        stop_on_leaking_model(y, y * 0.8 + 0.1, name="boosting")


def test_a_good_model_passes_with_its_auc(listeners):
    X, y = listeners

    assert 0.6 < stop_on_leaking_model(y, -X["plays"]) < 0.9


def test_importance_finds_the_column_in_use_and_only_that(listeners):
    X, y = listeners

    found = permutation_importance(
        lambda table: -table["plays"].to_numpy(),
        X,
        y,
        {"plays": ["plays"], "noise": ["noise"]},
        rng=np.random.default_rng(0),
    ).set_index("group")

    assert found.index[0] == "plays"
    assert found.loc["plays", "low"] > 0.1
    assert found.loc["noise", "mean_drop"] == 0


def test_twins_hide_each_other_alone_and_show_together(listeners):
    X, y = listeners
    X["twin"] = X["plays"]

    def either(table):
        return -np.minimum(table["plays"], table["twin"]).to_numpy()

    groups = {"plays": ["plays"], "both": ["plays", "twin"]}
    found = permutation_importance(either, X, y, groups, rng=np.random.default_rng(0))

    drops = found.set_index("group")["mean_drop"]
    assert drops["both"] > drops["plays"] + 0.05


def test_importance_leaves_the_table_as_it_was(listeners):
    X, y = listeners
    before = X.copy()

    permutation_importance(
        lambda table: table["plays"].to_numpy(),
        X,
        y,
        {"g": ["plays"]},
        rng=np.random.default_rng(0),
    )

    assert X.equals(before)


def test_a_group_of_unknown_columns_is_refused(listeners):
    X, y = listeners

    with pytest.raises(ContractError, match="'g' names gone"):
        permutation_importance(len, X, y, {"g": ["gone"]}, rng=np.random.default_rng(0))
