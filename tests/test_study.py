"""A churn study: who trains, who is scored, and the list of whom to call."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from service import CUTOFF, a_town, timeline_of
from tenuto.churn import _bench, _protocols
from tenuto.churn._dataset import at_cutoff
from tenuto.churn._findings import funnel
from tenuto.churn._spacing import Spacing
from tenuto.churn._study import study
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.evaluation.folds import user_fold
from tenuto.settings import ChurnSettings

HORIZON, HISTORY, FOLDS = 7, 7, 3
SETTINGS = ChurnSettings(
    horizon_days=HORIZON,
    min_history_days=HISTORY,
    folds=FOLDS,
    training_cutoffs=2,
    models=["recency_rule", "logistic"],
    call_list_model="logistic",
    bootstrap_draws=20,
)
END = CUTOFF + timedelta(days=HORIZON)


class Spy:
    """Everything that is trained and scored while a study runs."""

    def __init__(self, monkeypatch):
        self.trained_on = {}
        self.scored = []
        self._watch(monkeypatch, _protocols, "fit", self._see_fit)
        self._watch(monkeypatch, _bench, "forward", self._see_forward)

    @staticmethod
    def _watch(monkeypatch, module, name, see):
        original = getattr(module, name)

        def watched(*args, **options):
            result = original(*args, **options)
            see(result, *args)
            return result

        monkeypatch.setattr(module, name, watched)

    def _see_fit(self, model, name, examples):
        self.trained_on[id(model)] = examples

    def _see_forward(self, scored, *_):
        self.scored.append(scored)


@pytest.fixture(scope="module")
def events():
    """What 150 listeners do on 44 days; those of the last 7 days come from the cutoff on."""
    return a_town(n_listeners=150, first_ago=37, last_ago=-HORIZON + 1)


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory, events):
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("town"), events)


@pytest.fixture(scope="module")
def spied(duckdb_engine, timeline):
    """The study at the cutoff, whose outcome is known, and the one at the end of the log."""
    found = {}
    for cutoff in (CUTOFF, END):
        with pytest.MonkeyPatch.context() as monkeypatch:
            spy = Spy(monkeypatch)
            result = study(duckdb_engine, timeline, cutoff, SETTINGS, random_state=0)
            found[cutoff] = (result, spy)
    return found


@pytest.fixture(scope="module", params=[CUTOFF, END], ids=["closed", "open"])
def each(request, spied):
    return spied[request.param]


def test_no_model_scores_a_listener_it_was_trained_on(each):
    for scored in each[1].scored:
        for row in scored.scores.itertuples():
            model = scored.models[row.model][row.fold]
            assert row.user_id not in set(each[1].trained_on[id(model)].user_id)


def test_every_score_is_of_the_model_of_its_fold(each):
    for scored in each[1].scored:
        fold = user_fold(scored.test.user_id, FOLDS, "forward")
        for name, models in scored.models.items():
            for number, model in enumerate(models):
                told = scored.of(name)["score"].to_numpy()[fold == number]
                np.testing.assert_array_equal(told, model.predict(scored.test.X[fold == number]))


def test_no_label_was_still_open_when_a_model_was_trained(each):
    for scored in each[1].scored:
        closed = scored.training.cutoff.max() + np.timedelta64(HORIZON, "D")
        assert closed <= scored.test.cutoff.min()
        for models in scored.models.values():
            cutoffs = [each[1].trained_on[id(model)].cutoff.max() for model in models]
            assert max(cutoffs) + np.timedelta64(HORIZON, "D") <= scored.test.cutoff.min()


def test_where_the_outcome_is_known_the_cutoff_is_its_own_test(spied):
    found = spied[CUTOFF][0]
    assert found.test_cutoff == CUTOFF
    assert found.training_cutoffs == [CUTOFF - timedelta(days=days) for days in (7, 10)]
    assert found.calling_cutoffs == found.training_cutoffs


def test_where_it_is_not_the_test_is_at_the_latest_cutoff_whose_outcome_is(spied):
    found = spied[END][0]
    assert (found.cutoff, found.test_cutoff) == (END, CUTOFF)
    assert found.training_cutoffs == [CUTOFF - timedelta(days=days) for days in (7, 10)]
    assert found.calling_cutoffs == [END - timedelta(days=days) for days in (7, 10)]


def test_the_call_list_has_every_listener_once_by_probability(each, events):
    calls = each[0].call_list
    seen = {row["user_id"] for row in events if row["day"] < each[0].cutoff}
    assert sorted(calls["user_id"]) == sorted(seen)
    assert calls["rank"].tolist() == list(range(1, len(seen) + 1))
    by_rank = calls.sort_values(["probability", "user_id"], ascending=[False, True])
    assert by_rank["rank"].tolist() == calls["rank"].tolist()
    assert calls["probability"].between(0, 1).all()


def test_those_who_can_still_be_kept_are_ranked_among_themselves(each):
    calls = each[0].call_list
    active = calls["days_since_last_event"] <= 14
    assert (calls["is_active_14d"] == active).all()
    assert (calls["is_active_7d"] == (calls["days_since_last_event"] <= 7)).all()
    assert calls.loc[active, "rank_active_14d"].tolist() == list(range(1, active.sum() + 1))
    assert calls.loc[~active, "rank_active_14d"].isna().all()


def test_figures_are_out_of_time_and_beside_them_the_flattering_ones(each):
    metrics = each[0].metrics
    assert set(metrics["protocol"]) == {"forward", "snapshot"}
    assert set(metrics["population"]) == {"all", "active_14d", "active_7d"}
    assert {"recency_rule", "logistic"} <= set(metrics["model"])
    aucs = metrics[metrics["metric"] == "auc"]
    assert (aucs["low"] <= aucs["value"]).all()
    assert (aucs["value"] <= aucs["high"]).all()


def test_the_funnel_counts_robots_and_they_are_no_listeners(duckdb_engine, tmp_path, events):
    """K4: one who plays 900,000 seconds a day before the cutoff; one who does so only after."""
    machine, later = (max(row["user_id"] for row in events) + n for n in (1, 2))
    person = {**events[0], "user_id": later, "day": CUTOFF - timedelta(days=3)}
    robots = [
        {**person, "user_id": machine, "played_s": 9e5},
        person,
        {**person, "day": CUTOFF, "played_s": 9e5},
    ]
    timeline = timeline_of(duckdb_engine, tmp_path, [*events, *robots])
    data = at_cutoff(duckdb_engine, timeline, CUTOFF, label="inactivity", horizon_days=HORIZON)
    assert machine not in data.examples.user_id
    assert later in data.examples.user_id
    steps = funnel(data, data).set_index("step")["n_users"]
    assert steps["robots left out"] == 1
    assert steps["seen before the cutoff"] == len(data.people) + 1
    assert steps["all"] == len(data.people)


@pytest.mark.slow
def test_the_same_study_twice_gives_the_same_tables(duckdb_engine, timeline, spied):
    again = study(duckdb_engine, timeline, CUTOFF, SETTINGS, random_state=0)
    for table in ("call_list", "metrics", "curves", "importances", "funnel", "features"):
        first = getattr(spied[CUTOFF][0], table)
        pd.testing.assert_frame_equal(getattr(again, table), first, check_exact=True)


def test_a_log_too_short_to_train_on_is_said_so_with_a_mend(duckdb_engine, timeline):
    early = CUTOFF - timedelta(days=37 - HORIZON - HISTORY + 1)
    with pytest.raises(NotEnoughData, match=r"no training cutoff .*\n  To mend: test on 2017-04-"):
        study(duckdb_engine, timeline, early, SETTINGS, random_state=0)


def test_the_call_lists_model_is_one_of_those_asked_for(duckdb_engine, timeline):
    other = SETTINGS.model_copy(update={"call_list_model": "boosting"})
    with pytest.raises(SettingsError, match=r"'boosting', which is not among .*\n.*churn.models"):
        study(duckdb_engine, timeline, CUTOFF, other, random_state=0)


def test_features_look_no_further_back_than_the_shortest_history_allows(spied):
    """A sum over 30 days would mean one thing in training and another in use."""
    card = spied[CUTOFF][0].features.set_index("feature")
    assert card.loc["n_plays_7d", "is_used_forward"]
    assert not card.loc["n_plays_14d", "is_used_forward"]
    assert set(spied[CUTOFF][0].models["logistic"].columns) == set(
        card[card["is_used_forward"]].index
    )


@pytest.mark.parametrize(
    ("room_days", "step_days"),
    [(0, 1), (2, 1), (9, 3), (15, 5), (300, 5)],
    ids=["no room", "three in a row", "spread out", "a third of a horizon", "never further"],
)
def test_training_cutoffs_are_spread_over_the_log(room_days, step_days):
    spacing = Spacing.of("inactivity", ChurnSettings(horizon_days=14))
    assert spacing.step_within(room_days, 4) == step_days


def test_who_says_how_far_apart_cutoffs_are_gets_that():
    settings = ChurnSettings(horizon_days=14, days_between_cutoffs=3)
    assert Spacing.of("inactivity", settings).step_within(300, 4) == 3
