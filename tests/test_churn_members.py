"""What single models promise beyond their room."""

import numpy as np
import pandas as pd
import pytest

from tenuto.churn import boosting, forest, neural, recency_rule
from tenuto.churn._examples import Examples
from tenuto.churn._inner_split import validation_rows
from tenuto.churn._preprocessing import scaler, signed_log1p


def silent_for(days, y):
    X = pd.DataFrame({"days_since_last_event": days})
    return Examples(np.arange(len(y)), np.full(len(y), np.datetime64("2020-01-01")), X, y)


def test_the_recency_rule_never_falls_with_silence():
    # Ten days of silence happen to be safer than five in this sample; the rule does not follow.
    days, y = np.repeat([1.0, 5.0, 10.0, 20.0], 20), np.repeat([0, 1, 0, 1] * 4, 5)
    model = recency_rule.Model().fit(silent_for(days, y), random_state=0)

    p = model.predict(pd.DataFrame({"days_since_last_event": np.arange(0.0, 40.0)}))

    assert (np.diff(p) >= 0).all()


def test_the_recency_rule_takes_a_listener_never_seen_for_the_longest_silent():
    model = recency_rule.Model().fit(
        silent_for([1.0, 2.0, 30.0, np.nan], np.array([0, 0, 0, 1])), random_state=0
    )

    p = model.predict(pd.DataFrame({"days_since_last_event": [30.0, np.nan]}))

    # Four rows: nothing is surer than 1 in 6.
    assert p.tolist() == pytest.approx([1 / 6, 5 / 6])


def test_a_signed_logarithm_keeps_sign_zero_and_missing():
    found = signed_log1p(np.array([-(np.e - 1), 0.0, np.e - 1, np.nan]))

    assert found[:3].tolist() == pytest.approx([-1, 0, 1])
    assert np.isnan(found[3])


def test_missing_is_not_the_same_as_the_median():
    scaled = scaler().fit_transform(np.array([[1.0], [3.0], [3.0], [5.0], [np.nan]]))

    assert scaled[1, 0] == scaled[4, 0]
    assert scaled[1, 1] != scaled[4, 1]


def two_cutoffs(n_users):
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(n_users), 2)
    plays = rng.normal(size=2 * n_users)
    y = (rng.random(2 * n_users) < 1 / (1 + np.exp(2 * plays))).astype(int)
    days = np.tile(np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), n_users)
    return Examples(users, days, pd.DataFrame({"n_plays": plays}), y)


def test_users_held_back_to_stop_early_are_held_back_at_every_cutoff():
    examples = two_cutoffs(1_500)

    held_out = validation_rows(examples.user_id, examples.y, "boosting")

    assert (held_out[::2] == held_out[1::2]).all()
    assert 0.15 < held_out.mean() < 0.25


def test_few_users_are_all_trained_on():
    examples = two_cutoffs(100)

    assert validation_rows(examples.user_id, examples.y, "boosting") is None


def test_boosting_stops_before_it_learns_by_heart():
    model = boosting.Model().fit(two_cutoffs(1_500), random_state=0)

    assert 1 < model.booster.best_iteration < model.settings["max_rounds"]


def test_the_network_keeps_its_best_pass_and_leaves_its_training_behind():
    model = neural.Model().fit(two_cutoffs(1_500), random_state=0)

    assert not {"_optimizer", "_random_state"} & set(vars(model.network))


def test_a_tree_of_the_forest_sees_no_more_rows_than_allowed():
    model = forest.Model(n_estimators=2, max_rows_per_tree=50).fit(two_cutoffs(200), random_state=0)

    drawn = [tree.tree_.weighted_n_node_samples[0] for tree in model.forest.estimators_]
    assert drawn == [50, 50]
