"""Settings searched for: on whom, by how much, within which time, and when they are taken."""

import inspect
import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from conftest import bytes_of
from service import CUTOFF, a_town, played, timeline_of
from tenuto.churn import CATALOGUE, _loader, _tuning
from tenuto.churn._dataset import CutoffData
from tenuto.churn._examples import Examples
from tenuto.churn._search_split import Split, inner_split
from tenuto.churn._search_trials import Trial, Trials
from tenuto.churn._tuning import Search, tunable_models, tune
from tenuto.churn._tuning_advice import advise
from tenuto.churn._tuning_choice import chosen
from tenuto.churn._tuning_results import Shelf, tuned_settings
from tenuto.errors import NotEnoughData, SettingsError, UnknownName
from tenuto.search.budget import Budget
from tenuto.search.space import drawn_settings, space_of
from tenuto.settings import ChurnSettings

HORIZON, HISTORY = 7, 7
SETTINGS = ChurnSettings(
    horizon_days=HORIZON,
    min_history_days=HISTORY,
    training_cutoffs=2,
    call_list_model="logistic",
    bootstrap_draws=40,
)
NO_LIMIT = Budget(None)
TUNABLE = tunable_models()


# What is tried.


def drawn_of(model, n_trials):
    return drawn_settings(model, space_of(CATALOGUE, model), n_trials, 0)


@pytest.mark.parametrize("model", TUNABLE)
def test_every_setting_that_is_drawn_is_a_keyword_of_the_model(model):
    known = set(inspect.signature(CATALOGUE.get(model).Model.__init__).parameters)

    for settings in drawn_of(model, 10):
        assert set(settings) <= known
        assert CATALOGUE.get(model).Model(**settings).settings.items() >= settings.items()


@pytest.mark.parametrize("model", TUNABLE)
def test_the_defaults_lie_inside_the_space(model):
    usual = CATALOGUE.get(model).Model().settings

    for name, choices in space_of(CATALOGUE, model).items():
        if isinstance(choices, list):
            assert usual[name] in choices
        else:
            assert choices[0] < usual[name] < choices[1]


@pytest.mark.parametrize("model", TUNABLE)
def test_settings_survive_json(model):
    drawn = drawn_of(model, 5)

    assert json.loads(json.dumps(drawn)) == drawn


# On whom.


@pytest.fixture(scope="module")
def events():
    """What 200 listeners do on 44 days."""
    return a_town(n_listeners=200, first_ago=37, last_ago=-HORIZON + 1)


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory, events):
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("town"), events)


@pytest.fixture(scope="module")
def split(duckdb_engine, timeline):
    return inner_split(duckdb_engine, timeline, CUTOFF, SETTINGS)


def test_validation_is_later_than_every_training_label_and_closed_before_the_test(split):
    assert split.is_forward
    assert split.test_cutoff == CUTOFF
    assert split.validation_cutoff == CUTOFF - timedelta(days=HORIZON)
    newest = max(split.training_cutoffs)
    assert newest + timedelta(days=HORIZON) <= split.validation_cutoff
    assert split.known_until <= split.test_cutoff
    assert set(split.training.cutoff.astype(object)) == set(split.training_cutoffs)


def test_validated_are_those_who_can_still_be_kept(split, events):
    wall = split.validation_cutoff
    last = {}
    for event in sorted(events, key=lambda event: event["day"]):
        if event["day"] < wall:
            last[event["user_id"]] = event["day"]
    active = {user for user, day in last.items() if (wall - day).days <= 14}
    assert set(split.validation.user_id) == active


class Loads:
    """In place of `at_cutoff`: notes the cutoffs, and gives made-up listeners."""

    def __init__(self, monkeypatch, n_left=30):
        self.cutoffs, self.n_left = [], n_left
        monkeypatch.setattr(_loader, "at_cutoff", self)

    def __call__(self, engine, timeline, cutoff, **_):
        self.cutoffs.append(cutoff)
        users, y = np.arange(60), (np.arange(60) < self.n_left).astype(int)
        X = pd.DataFrame({"days_since_last_event": np.ones(60)})
        examples = Examples(users, np.full(60, np.datetime64(cutoff)), X, y)
        return CutoffData(cutoff, examples, X.assign(user_id=users), [], 0)


def test_where_the_log_is_too_short_other_listeners_are_validated_and_it_is_said(
    duckdb_engine, timeline, monkeypatch
):
    Loads(monkeypatch)
    short = SETTINGS.model_copy(update={"min_history_days": 25})

    found = inner_split(duckdb_engine, timeline, CUTOFF, short)

    assert not found.is_forward
    assert found.validation_cutoff in found.training_cutoffs
    assert "too short to validate at a later day" in found.in_words()


def test_no_day_from_the_test_on_is_loaded_where_the_outcome_of_the_cutoff_is_open(
    duckdb_engine, timeline, monkeypatch
):
    loads = Loads(monkeypatch)

    found = inner_split(duckdb_engine, timeline, CUTOFF + timedelta(days=HORIZON), SETTINGS)

    assert found.test_cutoff == CUTOFF
    assert max(loads.cutoffs) + timedelta(days=HORIZON) <= CUTOFF


@pytest.mark.parametrize("n_left", [5, 55])
def test_with_few_of_either_kind_nothing_is_tuned(duckdb_engine, timeline, monkeypatch, n_left):
    Loads(monkeypatch, n_left)

    with pytest.raises(NotEnoughData, match="all settings look alike"):
        inner_split(duckdb_engine, timeline, CUTOFF, SETTINGS)


def test_no_listener_is_validated_by_a_model_that_knew_the_listener(split):
    trials = Trials(split, max_rows=10_000, sampling="none", random_state=0)

    for fold, others in enumerate(trials.others):
        validated = split.validation.user_id[trials.validation_fold == fold]
        assert not set(validated) & set(others.user_id)


def test_rungs_too_small_to_say_anything_are_left_out(split):
    assert Trials(split, max_rows=10_000, sampling="none", random_state=0).last == 0


# What is taken.


def validation(n=2_000, seed=0):
    """A split whose validation is of listeners with a known risk; nobody is trained on."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(-1, 1, n)
    y = (rng.random(n) < expit(risk)).astype(int)
    cutoff = np.full(n, np.datetime64(CUTOFF))
    seen = Examples(np.arange(n), cutoff, pd.DataFrame({"risk": risk}), y)
    return Split("inactivity", seen, seen, [CUTOFF], CUTOFF, CUTOFF, False, CUTOFF)


def choice_of(split, *probabilities):
    """What is chosen where the last rung said ``probabilities``, the defaults first."""
    y = split.validation.y
    trials = [
        Trial(number, 0, {"C": number} if number else {}, 1, _log_loss(y, p), 0.5)
        for number, p in enumerate(probabilities)
    ]
    said = dict(enumerate(probabilities))
    rng = np.random.default_rng(0)
    return chosen("logistic", split, trials, said, rng=rng, n_draws=200)


def _log_loss(y, p):
    return float(-np.mean(np.where(y == 1, np.log(p), np.log1p(-p))))


def test_settings_that_are_better_beyond_noise_are_taken():
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())

    found = choice_of(split, np.full(len(truth), truth.mean()), truth)

    assert found.settings == {"C": 1}
    assert found.gain > 0
    assert found.gain_low > 0
    assert "beyond noise" in found.why


def test_a_gain_that_may_be_chance_leaves_the_defaults():
    split = validation(400)
    truth = logit(np.clip(expit(split.validation.X["risk"].to_numpy()), 0.01, 0.99))
    rng = np.random.default_rng(1)
    alike = [expit(truth + rng.normal(0, 0.2, 400)) for _ in range(10)]

    found = choice_of(split, *sorted(alike, key=lambda p: -_log_loss(split.validation.y, p)))

    assert found.best is not None
    assert found.gain > 0
    assert found.settings == {}
    assert "by chance: the defaults stay" in found.why


def test_nothing_worse_than_the_defaults_is_ever_taken():
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())

    found = choice_of(split, truth, np.full(len(truth), truth.mean()))

    assert found.settings == {}
    assert found.why == "nothing better than the defaults was found: the defaults stay"


def test_when_the_time_ends_before_the_last_rung_the_defaults_stay():
    split = validation(200)
    trials = [Trial(number, 0, {}, 1, 0.5, 0.5) for number in range(4)]

    found = chosen("logistic", split, trials, {}, rng=np.random.default_rng(0), n_draws=20)

    assert found.settings == {}
    assert found.why.startswith("the time was up before any of 3 settings")


# Which model.


def advised(split, said, current, more=None, ensembles=()):
    more = more or {}
    return advise(
        split,
        said,
        current,
        ensembles,
        more.get,
        rng=np.random.default_rng(0),
        n_draws=100,
    )


def test_the_model_in_use_stays_unless_another_is_better_beyond_noise():
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())

    found = advised(split, {"boosting": truth, "forest": np.clip(truth + 1e-4, 0, 1)}, "forest")

    assert found.model == "forest"
    assert found.said[-1].startswith('Keep call_list_model = "forest"')


def test_a_better_model_is_named_and_whether_it_can_say_why():
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())
    flat = np.full(len(truth), truth.mean())

    found = advised(split, {"boosting": flat, "forest": truth}, "boosting")

    assert found.model == "forest"
    assert found.said[-2].startswith('Set call_list_model = "forest"')
    assert "no reasons" in found.said[-1]


def test_an_ensemble_no_better_than_a_single_model_is_not_worth_it():
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())
    flat = np.full(len(truth), truth.mean())
    said = {"boosting": flat, "logistic": np.clip(truth + 1e-4, 0, 1)}

    found = advised(split, said, "boosting", {"blend": truth}, ["blend"])

    assert found.comparison.best == "blend"
    assert found.model == "logistic"


def test_an_ensemble_that_wins_is_named():
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())
    flat = np.full(len(truth), truth.mean())
    said = {"boosting": flat, "logistic": flat}

    found = advised(split, said, "boosting", {"blend": truth}, ["blend"])

    assert found.model == "blend"
    assert "churn.models" in found.said[-1]


def test_one_model_alone_is_no_comparison():
    split = validation(200)

    assert advised(split, {"boosting": np.full(200, 0.3)}, "boosting") is None


# All of it.


@pytest.fixture
def loaded(split, monkeypatch):
    """The split is loaded already: what is told here does not depend on how."""
    monkeypatch.setattr(_tuning, "inner_split", lambda *_: split)


def tuned(engine, timeline, folder, models=("logistic",)):
    search = Search(list(models), n_trials=3)
    return tune(engine, timeline, CUTOFF, SETTINGS, search, budget=NO_LIMIT, shelf=Shelf(folder))


def test_the_same_search_leaves_the_same_bytes(duckdb_engine, timeline, tmp_path, loaded):
    for name in ("one", "two"):
        tuned(duckdb_engine, timeline, tmp_path / name)

    first = bytes_of(tmp_path / "one")
    assert first == bytes_of(tmp_path / "two")
    assert set(first) == {
        f"tuning/inactivity-h7/{name}" for name in ("choices.json", "chosen.json", "logistic.csv")
    }


def test_what_happens_from_the_test_on_changes_nothing(
    duckdb_engine, split, tmp_path_factory, events
):
    before = [event for event in events if event["day"] < CUTOFF]
    later = [played(user, ago) for user in range(1, 500) for ago in range(-HORIZON + 1, 1)]
    other = timeline_of(duckdb_engine, tmp_path_factory.mktemp("other"), [*before, *later])

    found = inner_split(duckdb_engine, other, CUTOFF, SETTINGS)

    for one, two in ((split.training, found.training), (split.validation, found.validation)):
        assert one.user_id.tolist() == two.user_id.tolist()
        assert one.y.tolist() == two.y.tolist()
        pd.testing.assert_frame_equal(one.X, two.X)


def test_every_trial_is_recorded_with_its_settings(duckdb_engine, timeline, tmp_path, loaded):
    tuned(duckdb_engine, timeline, tmp_path)

    trials = pd.read_csv(tmp_path / "tuning" / "inactivity-h7" / "logistic.csv")
    assert trials["trial"].tolist() == [0, 1, 2]
    assert json.loads(trials["settings"][0]) == {}
    assert set(json.loads(trials["settings"][1])) == {"C"}
    assert trials["log_loss"].between(0, 2).all()
    assert not [name for name in trials.columns if "second" in name or "time" in name]


def test_a_model_tuned_later_leaves_what_was_chosen_for_others(
    duckdb_engine, timeline, tmp_path, loaded
):
    folder = tmp_path / "tuning" / "inactivity-h7"
    tuned(duckdb_engine, timeline, tmp_path)
    first = (folder / "logistic.csv").read_bytes()

    found = tuned(duckdb_engine, timeline, tmp_path, ["boosting"])

    assert (folder / "logistic.csv").read_bytes() == first
    assert set(json.loads((folder / "choices.json").read_text("utf-8"))) == {
        "boosting",
        "logistic",
    }
    # The model in use is asked too, though it was not searched.
    assert found.advice is not None
    assert {row["model"] for row in found.advice.comparison.figures} == {"boosting", "logistic"}


def test_progress_is_told_after_each_trial(duckdb_engine, timeline, loaded):
    told = []

    tune(
        duckdb_engine,
        timeline,
        CUTOFF,
        SETTINGS,
        Search(["logistic"], n_trials=3),
        budget=NO_LIMIT,
        told=lambda *step: told.append(step),
    )

    assert told == [("tuning logistic", done, 3, None) for done in (1, 2, 3)]


def test_a_model_with_nothing_to_tune_stops_before_the_work(duckdb_engine, timeline, tmp_path):
    with pytest.raises(SettingsError, match="'recency_rule' has no settings to tune"):
        tuned(duckdb_engine, timeline, tmp_path, ["logistic", "recency_rule"])
    with pytest.raises(UnknownName, match="Did you mean 'forest'"):
        Search.of(["forrest"], 3, 0)

    assert not (tmp_path / "tuning").exists()


def test_all_usual_models_are_searched_where_none_is_named():
    search = Search.of([], 3, 0)

    assert search.models == TUNABLE
    assert {"boosting", "forest", "logistic", "neural"} <= set(search.models)
    assert "blend" in search.ensembles


# For a study.


def test_without_tuning_there_are_no_settings(tmp_path):
    assert tuned_settings(tmp_path, "inactivity", 14) == {}


def test_what_was_chosen_is_used_by_studies_from_its_days_on(tmp_path):
    split = validation()
    truth = expit(split.validation.X["risk"].to_numpy())
    choice = choice_of(split, np.full(len(truth), truth.mean()), truth)
    Shelf(tmp_path).keep("inactivity", 14, choice, [])

    day_before = CUTOFF - timedelta(days=1)
    assert tuned_settings(tmp_path, "inactivity", 14) == {"logistic": {"C": 1}}
    assert tuned_settings(tmp_path, "inactivity", 14, before=CUTOFF) == {"logistic": {"C": 1}}
    assert tuned_settings(tmp_path, "inactivity", 14, before=day_before) == {}
    assert tuned_settings(tmp_path, "inactivity", 21) == {}
    assert Shelf(tmp_path).everything() == {"inactivity-h14": {"logistic": {"C": 1}}}
    assert Shelf(tmp_path).everything(day_before) == {}


def test_a_model_whose_defaults_stay_the_next_time_is_no_longer_among_them(tmp_path):
    split, shelf = validation(), Shelf(tmp_path)
    truth = expit(split.validation.X["risk"].to_numpy())
    flat = np.full(len(truth), truth.mean())

    shelf.keep("inactivity", 14, choice_of(split, flat, truth), [])
    shelf.keep("inactivity", 14, choice_of(split, truth, flat), [])

    assert tuned_settings(tmp_path, "inactivity", 14) == {}
