"""A planted leak stops the run, an honest feature passes; importances point at what matters."""

import numpy as np
import pandas as pd
import pytest

from tenuto.errors import ContractError, LeakError
from tenuto.evaluation.importance import permutation_importance
from tenuto.evaluation.leading_column import leading_column, stop_on_leading_column
from tenuto.evaluation.leaks import (
    single_feature_aucs,
    stop_on_leaking_feature,
    stop_on_leaking_model,
)
from tenuto.evaluation.sums import telling_sums


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


def test_importance_is_the_same_by_any_number_of_threads(listeners):
    X, y = listeners
    one, three = (
        permutation_importance(
            lambda table: -table["plays"].to_numpy(),
            X,
            y,
            {"plays": ["plays"], "both": ["plays", "noise"]},
            rng=np.random.default_rng(0),
            n_threads=n_threads,
        )
        for n_threads in (1, 3)
    )
    pd.testing.assert_frame_equal(one, three)


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


# A column that outweighs all others.


def chance(log_odds):
    return 1 / (1 + np.exp(-log_odds))


@pytest.fixture
def two_voices():
    """A strong column, what others say, and who left as both say side by side: nothing leaks."""
    rng = np.random.default_rng(0)
    strong, others = rng.normal(size=(2, 4_000))
    y = (rng.random(4_000) < chance(2.5 * strong + others - 1)).astype(int)
    return pd.DataFrame({"strong": strong, "weak": others + rng.normal(size=4_000)}), others, y


def judged(lead, y, p_with, p_without):
    rng, users = np.random.default_rng(0), np.arange(len(y))
    return stop_on_leading_column(lead, y, p_with, p_without, users, rng=rng, model="boosting")


def test_an_honest_column_that_outweighs_all_others_gets_a_note_and_no_alarm(two_voices):
    X, others, y = two_voices
    lead = leading_column(X, y)

    note = judged(lead, y, chance(2.5 * X["strong"] + others - 1), chance(others))

    assert lead.name == "strong"
    assert "single-feature alarm: 'strong' alone tells who leaves" in note
    assert "'weak'): 0." in note or "'weak': 0." in note


def test_a_column_and_others_that_know_more_together_than_side_by_side_are_a_stopped_clock():
    # A count stops with its clock: only who still lives has all of the 60 days behind them.
    rng = np.random.default_rng(0)
    speed, y = rng.gamma(4.0, 1.0, 4_000), (rng.random(4_000) < 0.3).astype(int)
    days = np.where(y == 1, rng.uniform(10, 75, 4_000), rng.uniform(45, 75, 4_000))
    X = pd.DataFrame({"tenure": days, "plays": rng.poisson(speed * days)})
    # What a model of everything may get to, and what it gets to without the column.
    whole = np.where(y == 1, 0.6, 0.4) + rng.normal(scale=0.08, size=4_000)
    rest = np.where(y == 1, 0.52, 0.48) + rng.normal(scale=0.08, size=4_000)

    with pytest.raises(LeakError) as caught:
        judged(leading_column(X, y), y, np.clip(whole, 0, 1), np.clip(rest, 0, 1))

    said = str(caught.value)
    assert "single-feature alarm: 'tenure' alone" in said
    assert "whole-model alarm: with 'tenure', boosting jumps from AUC 0.6" in said
    assert "--drop tenure" in said
    assert "--allow tenure" in said


def test_a_column_no_better_than_all_others_together_is_not_mentioned(two_voices):
    X, _, y = two_voices

    assert judged(leading_column(X, y), y, y * 0.5 + 0.25, y * 0.4 + 0.3) is None


def test_copies_of_the_leading_column_are_left_out_with_it(two_voices):
    X, _, y = two_voices
    X["in_hours"] = X["strong"] * 24 + 1e-6

    assert leading_column(X, y).copies == ("in_hours", "strong")


def test_no_column_leads_where_all_are_weak_few_are_there_or_it_is_allowed(two_voices):
    X, _, y = two_voices

    assert leading_column(X[["weak"]].assign(noise=X["weak"].to_numpy()[::-1]), y * 0) is None
    assert leading_column(X.iloc[:30], y[:30]) is None
    assert leading_column(X, y, allow=("strong",)) is None


# Columns that together are the label.


@pytest.fixture
def pages():
    rng = np.random.default_rng(0)
    y = (rng.random(500) < 0.2).astype(int)
    X = pd.DataFrame({name: rng.poisson(20, 500) * 1.0 for name in ("home", "song", "help")})
    return X, y


def test_a_total_that_counts_the_leaving_is_named_with_its_parts(pages):
    X, y = pages
    X["all_pages"] = X.sum(axis=1) + y

    (found,) = telling_sums(X, y)

    assert found.total == "all_pages"
    assert found.columns == ("all_pages", "help", "home", "song")
    assert found.explained == pytest.approx(1)
    assert single_feature_aucs(X, y).max() < 0.65


def test_leaving_out_each_total_ends_every_sum(pages):
    X, y = pages
    X["all_pages"] = X.sum(axis=1) + y
    X["songs_and_help"] = X["song"] + X["help"] - y
    X["minutes"] = X["all_pages"] * 3

    totals = [found.total for found in telling_sums(X, y)]

    assert len(totals) >= 2
    assert telling_sums(X.drop(columns=totals), y) == []


def test_an_honest_total_gives_nothing_away(pages):
    X, y = pages
    X["all_pages"] = X.sum(axis=1)
    X["plays"] = np.random.default_rng(1).normal(size=500) - 2 * y

    assert telling_sums(X, y) == []


def test_the_order_of_columns_changes_no_sum(pages):
    X, y = pages
    X["all_pages"] = X.sum(axis=1) + y

    assert telling_sums(X[X.columns[::-1]], y) == telling_sums(X, y)


def test_few_rows_have_no_sums():
    y = np.repeat([0, 1], 25)
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 49)))

    assert telling_sums(X, y) == []
