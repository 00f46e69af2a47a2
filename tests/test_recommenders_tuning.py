"""Recommenders that set themselves: on whom settings are tried, within which time, what is kept."""

import inspect
import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from service import CUTOFF, day_before, played, timeline_of
from tenuto.churn._tuning_results import Shelf as ChurnShelf
from tenuto.errors import ContractError, NotEnoughData, SettingsError
from tenuto.recommenders import CATALOGUE, _tune_trials, popularity
from tenuto.recommenders._inner import forward, given, held_out, part_of
from tenuto.recommenders._interactions import interactions_before
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._tune import Tuned, fit_tuned, shelf_of, tuned
from tenuto.recommenders._tune_choice import Trial, chosen
from tenuto.recommenders._tune_trials import MIN_ENTRIES, MIN_LISTENERS, rungs
from tenuto.record import to_json
from tenuto.search.budget import Budget
from tenuto.search.space import drawn_settings, space_of

TUNABLE = [name for name in CATALOGUE if space_of(CATALOGUE, name)]
NO_LIMIT = Budget(None)
FADED, FRESH = range(1, 6), range(6, 11)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


# Members.


@pytest.mark.parametrize("member", TUNABLE)
def test_every_setting_that_is_drawn_is_one_of_the_recommender(member):
    known = set(inspect.signature(CATALOGUE.get(member).Model.__init__).parameters)

    for settings in drawn_settings(member, space_of(CATALOGUE, member), 10, 0):
        assert set(settings) <= known
        assert CATALOGUE.get(member).Model(**settings).settings.items() >= settings.items()
        assert json.loads(json.dumps(settings)) == settings


@pytest.mark.parametrize("member", TUNABLE)
def test_the_defaults_lie_inside_the_space(member):
    usual = CATALOGUE.get(member).Model().settings

    for name, choices in space_of(CATALOGUE, member).items():
        is_named = isinstance(usual[name], str | bool | None)
        assert usual[name] in choices if is_named else min(choices) <= usual[name] <= max(choices)


# On whom: hidden pairs.


def likes(n_listeners=20, n_items=30, seed=0, **columns):
    """Each listener likes some of the items, the first listener fewest."""
    rng = np.random.default_rng(seed)
    rows = [
        (user, item, float(rng.integers(1, 9)))
        for user in range(n_listeners)
        for item in rng.choice(n_items, min(user + 1, n_items), replace=False)
    ]
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "weight"])
    return interactions_of(table.assign(**columns), weight="weight")


def pairs_in(interactions):
    row, item = interactions.histories.row_of_entry(), interactions.histories.item
    users, items = interactions.user_ids[row], interactions.item_ids[item]
    return set(zip(users, items, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_of_each_listener_a_fifth_is_hidden_and_the_rest_is_learned_from(seed):
    whole = likes(seed=seed)

    split = held_out(whole, np.random.default_rng(seed))

    hidden = set(split.relevant.itertuples(index=False, name=None))
    assert hidden | pairs_in(split.train) == pairs_in(whole)
    assert not hidden & pairs_in(split.train)
    n_hidden = split.relevant["user_id"].value_counts().reindex(range(20), fill_value=0)
    assert n_hidden.tolist() == [(user + 1) // 5 for user in range(20)]
    assert split.target == "new"
    assert split.known_until is None


def test_every_item_and_listener_keeps_its_number_when_pairs_are_hidden():
    whole = likes()

    split = held_out(whole, np.random.default_rng(0))

    assert split.train.user_ids.equals(whole.user_ids)
    assert split.train.item_ids.equals(whole.item_ids)


def test_what_is_heard_but_not_liked_is_neither_hidden_nor_asked_for():
    table = pd.DataFrame({"user_id": 1, "item_id": range(20), "weight": [0.0] * 10 + [1.0] * 10})

    split = held_out(interactions_of(table, weight="weight"), np.random.default_rng(0))

    assert len(split.relevant) == 2
    assert (split.relevant["item_id"] >= 10).all()


def test_a_hidden_play_is_not_in_the_sums_of_its_item_either():
    whole = likes()

    split = held_out(whole, np.random.default_rng(0))

    lost = (whole.item_sums - split.train.item_sums)["n_plays"]
    asked = split.relevant["item_id"].value_counts()
    assert lost[lost > 0].to_dict() == {
        whole.item_ids.get_loc(item): n for item, n in asked.items()
    }


def test_listeners_with_few_items_have_none_to_spare():
    with pytest.raises(NotEnoughData, match="nobody likes 5 items"):
        held_out(likes(n_listeners=4), np.random.default_rng(0))


# On whom: what came later.


def known_and_next(n_listeners=60):
    """All heard five songs weeks ago, half five others lately, and lately is what comes next."""
    ages = {**dict.fromkeys(FADED, 20), **dict.fromkeys(FRESH, 2)}
    rows = [
        (user, item, pd.Timestamp(CUTOFF) - pd.Timedelta(days=age))
        for user in range(n_listeners)
        for item, age in ages.items()
        if item in FADED or user % 2
    ]
    known = pd.DataFrame(rows, columns=["user_id", "item_id", "time"])
    later = [(user, item) for user in range(n_listeners) for item in FRESH]
    known = interactions_of(known, time="time", cutoff=pd.Timestamp(CUTOFF))
    return known, pd.DataFrame(later, columns=["user_id", "item_id"])


def test_all_is_what_was_played_next_and_new_only_what_was_not_heard_before():
    known, later = known_and_next()

    everything, new = (given(known, later, target, "how") for target in ("all", "new"))

    assert len(everything.relevant) == 60 * 5
    assert set(new.relevant["user_id"]) == set(range(0, 60, 2))


def test_strangers_are_not_asked_for_but_unknown_songs_are():
    known, later = known_and_next()
    later = pd.DataFrame({"user_id": [0, 0, 999], "item_id": [77, 77, 6]})

    split = given(known, later, "all", "how")

    assert split.relevant.to_dict("records") == [{"user_id": 0, "item_id": 77}]


def test_a_target_that_is_not_there_is_refused_and_so_is_an_empty_one():
    known, later = known_and_next()

    with pytest.raises(ContractError, match="no target 'repeat'"):
        given(known, later, "repeat", "how")
    with pytest.raises(NotEnoughData, match="for the first time"):
        given(known, later[later["user_id"] % 2 == 1], "new", "how")


HORIZON = 7


def log_of_a_month():
    """Twenty listeners, each with a song of his or her own every third day, and one for all."""
    return [
        played(user, ago, item=item)
        for user in range(1, 21)
        for ago in range(30, -HORIZON, -3)
        for item in (user, 99)
    ]


def split_of(engine, folder, events, **options):
    timeline = timeline_of(engine, folder, events)

    def before(past):
        return interactions_before(past, "max_score")

    return forward(engine, timeline, CUTOFF, HORIZON, before, **options)


def test_forward_learns_before_the_horizon_and_asks_for_what_was_played_in_it(
    duckdb_engine, tmp_path
):
    split = split_of(duckdb_engine, tmp_path, log_of_a_month())

    assert split.train.cutoff == CUTOFF - timedelta(days=HORIZON)
    assert split.known_until == CUTOFF
    assert len(split.relevant) == 20 * 2
    assert str(CUTOFF) in split.how


def test_what_happens_from_the_cutoff_on_changes_nothing(duckdb_engine, tmp_path):
    events = log_of_a_month()
    before = [event for event in events if event["day"] < CUTOFF]
    later = [played(user, 0, item=1000) for user in range(1, 500)]

    one = split_of(duckdb_engine, tmp_path / "one", events)
    two = split_of(duckdb_engine, tmp_path / "two", before + later)

    assert one.digest() == two.digest()


def test_a_log_too_short_to_go_forward_in_is_said_to_be_so(duckdb_engine, tmp_path):
    events = [event for event in log_of_a_month() if event["day"] > day_before(HORIZON)]

    with pytest.raises(NotEnoughData, match="the log begins on"):
        split_of(duckdb_engine, tmp_path, events)


def test_a_digest_tells_one_split_from_another():
    known, later = known_and_next()
    split = given(known, later, "all", "how")

    assert given(known, later, "all", "how").digest() == split.digest()
    assert given(known, later, "new", "how").digest() != split.digest()
    assert given(known, later[1:], "all", "how").digest() != split.digest()
    others = part_of(known, np.arange(10, 60))
    assert given(others, later, "all", "how").digest() != split.digest()


# What is taken.


@pytest.fixture
def tunable(monkeypatch):
    """Popularity, with a half-life to choose: 3 days put what is fresh first, 1000 do not."""
    monkeypatch.setattr(popularity, "SPACE", {"half_life_days": [3.0, 1000.0]}, raising=False)
    return "popularity"


@pytest.fixture
def inner():
    known, later = known_and_next()
    return given(known, later, "all", "how")


def test_the_setting_that_finds_what_was_played_is_taken(tunable, inner):
    found = tuned(tunable, inner, NO_LIMIT, 0, k=5)

    assert found.settings == {"half_life_days": 3.0}
    assert found.choice.ndcg == 0
    assert found.choice.gain == 1
    assert "beyond noise" in found.choice.why
    assert {trial.number: trial.ndcg for trial in found.trials}[0] == 0
    assert found.is_whole


def test_nothing_worse_than_the_defaults_is_taken(tunable, inner):
    known, later = inner.train, inner.relevant.assign(item_id=1).drop_duplicates()

    found = tuned(tunable, given(known, later, "all", "how"), NO_LIMIT, 0, k=5)

    assert found.settings == {}
    assert found.choice.why == "nothing better than the defaults was found: the defaults stay"


def of_trials(*ndcg_per_listener):
    trials = [
        Trial(number, 0, {"x": number} if number else {}, 9, float(np.mean(ndcg)))
        for number, ndcg in enumerate(ndcg_per_listener)
    ]
    return chosen(trials, {n: pd.Series(ndcg) for n, ndcg in enumerate(ndcg_per_listener)})


def test_the_best_of_many_that_differ_by_chance_leaves_the_defaults():
    rng = np.random.default_rng(0)

    found = of_trials(*rng.uniform(0.2, 0.4, (20, 50)))

    assert found.gain > 0
    assert found.settings == {}
    assert "by chance: the defaults stay" in found.why


def test_a_small_gain_of_nearly_everybody_is_no_chance():
    rng = np.random.default_rng(0)
    usual = rng.uniform(0.2, 0.4, 200)

    found = of_trials(usual, usual + rng.normal(0.01, 0.01, 200), usual - 0.1)

    assert found.settings == {"x": 1}
    assert found.gain_low < found.gain < found.gain_high
    assert found.gain_low > 0


def test_a_single_listener_decides_nothing():
    found = of_trials([0.1], [0.9])

    assert found.settings == {}
    assert found.gain_low is None


def test_what_got_no_further_than_an_early_rung_is_not_taken():
    trials = [Trial(0, 0, {}, 9, 0.1), Trial(1, 0, {"x": 1}, 9, 0.9)]

    found = chosen(trials, {})

    assert found.settings == {}
    assert found.why.startswith("the time was up before any of 1 settings")


def test_a_recommender_with_nothing_to_tune_is_named_with_those_that_have(inner):
    with pytest.raises(SettingsError, match="'popularity' has no settings to tune"):
        tuned("popularity", inner, NO_LIMIT, 0)


# How much at first.


def test_a_table_too_small_for_parts_of_it_is_tried_whole_at_once():
    assert rungs(1_892, 59_000) == [1_892]


def test_a_large_table_begins_with_a_ninth_of_its_listeners():
    assert rungs(90_000, 9_000_000) == [10_000, 30_000, 90_000]


@pytest.mark.parametrize("n_listeners", [1, 5_000, 20_000, 10**6])
@pytest.mark.parametrize("each", [1, 10, 200])
def test_no_part_is_too_small_to_rank_settings_and_the_last_rung_is_everybody(n_listeners, each):
    found = rungs(n_listeners, each * n_listeners)

    assert found[-1] == n_listeners
    assert found == sorted(set(found))
    assert all(n >= MIN_LISTENERS and n * each >= MIN_ENTRIES for n in found[:-1])


def test_on_every_rung_the_same_listeners_are_validated_and_more_are_learned_from(
    inner, monkeypatch
):
    monkeypatch.setattr(popularity, "SPACE", {"half_life_days": (1.0, 9.0)}, raising=False)
    monkeypatch.setattr(_tune_trials, "MIN_LISTENERS", 1)
    monkeypatch.setattr(_tune_trials, "MIN_ENTRIES", 1)

    found = tuned("popularity", inner, NO_LIMIT, 0, k=5, n_trials=9)

    assert [(trial.rung, trial.n_listeners) for trial in found.trials] == [
        *[(0, 7)] * 9,
        *[(1, 20)] * 4,
        *[(2, 60)] * 3,
    ]
    assert {trial.number for trial in found.trials if trial.rung == 2} >= {0}
    assert found.choice.gain == 1
    assert found.is_whole


def test_a_part_of_the_listeners_keeps_their_histories_and_every_item():
    whole = likes()

    some = part_of(whole, np.array([3, 7]))

    assert some.user_ids.tolist() == [3, 7]
    assert len(some.item_ids) == len(whole.item_ids)
    assert pairs_in(some) == {pair for pair in pairs_in(whole) if pair[0] in (3, 7)}


# How long.


@pytest.fixture
def clock(monkeypatch):
    """Seconds that only a fit lets pass: ten for each."""
    ticking = Clock()

    class Slow(popularity.Model):
        def fit(self, interactions):
            ticking.now += 10
            return super().fit(interactions)

    monkeypatch.setattr(popularity, "Model", Slow)
    space = {"half_life_days": (1.0, 100.0)}
    monkeypatch.setattr(popularity, "SPACE", space, raising=False)
    return ticking


@pytest.mark.parametrize("budget_s", [45, 60, 100, 200])
def test_the_search_leaves_time_for_the_fit_after_it(inner, clock, budget_s):
    found = tuned("popularity", inner, Budget(budget_s, clock), 0)

    assert len(found.trials) >= 2
    assert clock.now + 10 <= budget_s
    assert found.seconds == clock.now
    assert not found.is_whole


def test_a_fit_of_more_than_was_tried_is_left_more_time(inner, clock):
    n_entries = 3 * len(inner.train.histories.item)

    found = tuned("popularity", inner, Budget(100, clock), 0, n_entries=n_entries)

    assert 2 <= len(found.trials) < len(tuned("popularity", inner, Budget(100, clock), 0).trials)
    assert 10 * len(found.trials) + 3 * 10 <= 100


def test_without_time_the_defaults_stay(inner, clock):
    found = tuned("popularity", inner, Budget(0, clock), 0)

    assert found.settings == {}
    assert found.trials == []
    assert found.choice.why == "no time was left to try anything: the defaults stay"


def test_progress_is_told_after_each_trial_with_the_time_left(tunable, inner):
    told = []

    tuned(tunable, inner, NO_LIMIT, 0, lambda *step: told.append(step))

    assert told == [("tuning popularity", done, 3, None) for done in (1, 2, 3)]


# What is kept.


def test_the_same_search_gives_the_same_record(tunable, inner):
    one, two = (tuned(tunable, inner, Budget(None), 0).to_dict() for _ in range(2))

    assert to_json(one) == to_json(two)
    assert "seconds" not in one


def test_a_record_says_what_was_tried_and_can_be_read_again(tunable, inner):
    found = tuned(tunable, inner, NO_LIMIT, 0, k=5)

    record = json.loads(to_json(found.to_dict()))

    assert Tuned.of_dict(record).to_dict() == found.to_dict()
    assert record["settings"] == {"half_life_days": 3.0}
    assert record["trials"][0]["settings"] == {}
    assert record["how"] == "how"


def test_a_search_that_ran_out_of_time_is_answered_alike_the_next_time(inner, clock, tmp_path):
    shelf = shelf_of(tmp_path, inner)
    first = tuned("popularity", inner, Budget(60, clock), 0, shelf=shelf)
    ended = clock.now

    again = tuned("popularity", inner, Budget(45, clock), 0, shelf=shelf)

    assert clock.now == ended
    assert again.to_dict() == first.to_dict()
    assert again.seconds == 0


def test_more_time_is_used_where_it_was_short_and_not_where_it_was_enough(inner, clock, tmp_path):
    shelf = shelf_of(tmp_path, inner)
    short = tuned("popularity", inner, Budget(60, clock), 0, n_trials=6, shelf=shelf)

    whole = tuned("popularity", inner, Budget(None, clock), 0, n_trials=6, shelf=shelf)
    ended = clock.now
    tuned("popularity", inner, Budget(900, clock), 0, n_trials=6, shelf=shelf)

    assert len(short.trials) < len(whole.trials) == 6
    assert clock.now == ended


@pytest.mark.parametrize("changed", ["data", "seed", "k", "space"])
def test_another_question_is_searched_anew(inner, clock, tmp_path, changed, monkeypatch):
    shelf = shelf_of(tmp_path, inner)
    tuned("popularity", inner, Budget(None, clock), 0, n_trials=2, shelf=shelf)
    ended, asked, options = clock.now, inner, {"random_state": 0, "k": 100}
    if changed == "data":
        asked = given(inner.train, inner.relevant[1:], "all", "how")
    elif changed == "space":
        monkeypatch.setattr(popularity, "SPACE", {"half_life_days": (1.0, 50.0)})
    else:
        options |= {"seed": {"random_state": 1}, "k": {"k": 5}}[changed]

    tuned("popularity", asked, Budget(None, clock), n_trials=2, shelf=shelf, **options)

    assert clock.now > ended


def test_what_was_chosen_lies_beside_the_tuning_of_churn_and_is_no_part_of_it(
    tunable, inner, tmp_path
):
    tuned(tunable, inner, NO_LIMIT, 0, k=5, shelf=shelf_of(tmp_path, inner))

    folder = tmp_path / "tuning" / "recommenders" / f"plays-w{inner.train.window_days}-all"
    assert {file.name for file in folder.iterdir()} == {
        "chosen.json",
        "choices.json",
        "popularity.csv",
    }
    assert shelf_of(tmp_path, inner).settings() == {"popularity": {"half_life_days": 3.0}}
    assert ChurnShelf(tmp_path).everything() == {}


# All of it.


def test_without_configuration_a_recommender_is_tuned_fitted_and_says_so(tunable, inner):
    found = fit_tuned(tunable, inner.train, inner=inner, k=5)

    assert found.settings == {"half_life_days": 3.0}
    assert found.tuning["settings"] == {"half_life_days": 3.0}
    assert found.recommend([0], 5, exclude_heard=False)["item_id"].tolist() == list(FRESH)


def test_without_a_split_some_of_each_listeners_items_are_hidden_and_all_learned_from_at_last(
    tunable,
):
    whole = likes()

    found = fit_tuned(tunable, whole, k=5)

    assert found.tuning["how"].startswith("A random 20% of what each listener likes")
    assert found.tuning["target"] == "new"
    assert found.n_listeners.sum() == len(whole.histories.item)


def test_a_recommender_with_nothing_to_tune_is_fitted_as_it_is():
    found = fit_tuned("popularity", likes())

    assert found.settings == popularity.Model().settings


def test_a_table_of_which_nothing_can_be_hidden_is_fitted_with_the_defaults(tunable):
    found = fit_tuned(tunable, likes(n_listeners=4))

    assert found.settings == popularity.Model().settings
    assert found.tuning["why"].startswith("nobody likes 5 items or more")
