"""Looking for better settings: what is drawn, what survives, how long, and what is kept."""

import json
from collections import namedtuple
from datetime import date, timedelta

import numpy as np
import pytest

from conftest import bytes_of
from tenuto.churn import CATALOGUE
from tenuto.errors import ContractError, SettingsError, UnknownName
from tenuto.search.budget import Budget
from tenuto.search.halving import halving, n_planned
from tenuto.search.shelf import Shelf, trials_table
from tenuto.search.space import drawn_settings, refuse_untunable, space_of

NO_LIMIT = Budget(None)
SPACE = {"depth": (4, 64), "rate": (0.01, 1.0), "kind": ["plain", "fancy"]}

Trial = namedtuple("Trial", ["number", "rung", "loss"])


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


# What is tried.


def test_the_defaults_are_tried_first_and_nothing_twice():
    drawn = drawn_settings("boosting", SPACE, 30, 0)

    assert drawn[0] == {}
    assert len({json.dumps(settings, sort_keys=True) for settings in drawn}) == 30


def test_asking_for_more_settings_changes_none_of_the_first():
    assert drawn_settings("forest", SPACE, 20, 3)[:5] == drawn_settings("forest", SPACE, 5, 3)


def test_another_seed_draws_others_and_so_does_another_member():
    drawn = drawn_settings("boosting", SPACE, 5, 0)[1:]

    assert drawn != drawn_settings("boosting", SPACE, 5, 1)[1:]
    assert drawn != drawn_settings("forest", SPACE, 5, 0)[1:]


def test_numbers_stay_in_their_range_and_whole_ones_whole():
    drawn = drawn_settings("boosting", SPACE, 200, 0)[1:]

    depths = [settings["depth"] for settings in drawn]
    assert all(isinstance(n, int) and 4 <= n <= 64 for n in depths)
    # Evenly on a log scale: as many below 16, the geometric middle, as above.
    assert 0.4 < np.mean(np.array(depths) < 16) < 0.6
    assert all(0.01 <= settings["rate"] <= 1 for settings in drawn)
    assert {settings["kind"] for settings in drawn} == {"plain", "fancy"}


def test_a_small_space_is_tried_whole_and_then_no_more():
    assert len(drawn_settings("logistic", {"max_iter": [100, 200, 300]}, 10, 0)) == 4


@pytest.mark.parametrize("pair", [(0, 1), (2.0, 1.0), (-1, 1)])
def test_a_pair_that_is_no_range_is_refused_by_name(pair):
    with pytest.raises(ContractError, match="the range of 'depth'"):
        drawn_settings("boosting", {"depth": pair}, 2, 0)


def test_a_member_without_a_space_is_refused_and_those_with_one_are_named():
    assert space_of(CATALOGUE, "recency_rule") == {}
    with pytest.raises(SettingsError, match="'recency_rule' has no settings") as refused:
        refuse_untunable(CATALOGUE, "recency_rule", "auto")
    assert "boosting" in refused.value.mend
    assert refused.value.mend.endswith(", or auto")
    with pytest.raises(UnknownName, match="Did you mean 'forest'"):
        refuse_untunable(CATALOGUE, "forrest")


# Successive halving.


def losses(*of_trials, seconds_each=0.0, clock=None):
    """Tries settings whose loss is known, and notes what was tried."""
    tried = []

    def try_out(number, rung):
        tried.append((rung, number))
        if clock is not None:
            clock.now += seconds_each
        return Trial(number, rung, of_trials[number])

    return try_out, tried


def test_a_third_survives_each_rung_the_best_first_after_the_defaults():
    try_out, tried = losses(0.5, 0.9, 0.1, 0.8, 0.3, 0.7, 0.2, 0.6, 0.4)

    halving(9, (1, 3, 9), try_out, NO_LIMIT)

    assert [number for rung, number in tried if rung == 1] == [0, 2, 6, 4]
    assert [number for rung, number in tried if rung == 2] == [0, 2, 6]


def test_the_defaults_are_tried_on_every_rung_even_when_they_are_the_worst():
    try_out, tried = losses(0.9, *np.linspace(0.1, 0.5, 26))

    halving(27, (1, 3, 9), try_out, NO_LIMIT)

    assert [number for _, number in tried].count(0) == 3
    assert len(tried) <= n_planned(27, 3)


def test_the_defaults_always_have_somebody_to_be_held_against():
    try_out, tried = losses(0.1, 0.5, 0.4)

    halving(3, (1, 3, 9), try_out, NO_LIMIT)

    assert [number for rung, number in tried if rung == 2] == [0, 2]


def test_a_tie_goes_to_the_earlier_trial():
    try_out, tried = losses(*[0.5] * 9)

    halving(9, (1, 3), try_out, NO_LIMIT)

    assert [number for rung, number in tried if rung == 1] == [0, 1, 2]


def test_no_trial_begins_when_the_time_is_spent():
    clock = Clock()
    try_out, tried = losses(*[0.5] * 27, seconds_each=10, clock=clock)

    halving(27, (1, 3, 9), try_out, Budget(100, clock))

    assert clock.now <= 100 + 10
    assert 0 < len(tried) < 27


@pytest.mark.parametrize("limit_s", [25, 60, 180])
def test_of_the_time_enough_is_left_for_the_last_rung(limit_s):
    clock, rows, tried = Clock(), (1, 3, 9), []

    def try_out(number, rung):
        tried.append((rung, number))
        clock.now += rows[rung]
        return Trial(number, rung, 1 - number / 100)

    halving(27, rows, try_out, Budget(limit_s, clock))

    assert sum(rung == 2 for rung, _ in tried) >= 2


def test_without_any_time_nothing_is_tried():
    clock = Clock()
    budget = Budget(1, clock)
    clock.now = 2
    try_out, tried = losses(0.5, 0.4)

    assert halving(2, (1,), try_out, budget) == []
    assert tried == []


# How long.


def test_what_is_kept_back_is_not_spent():
    clock = Clock()
    budget = Budget(100, clock)

    budget.keep_back(30)

    assert budget.left_s() == 70
    assert budget.part(0.5).left_s() == 35
    clock.now = 70
    assert budget.is_spent()
    budget.keep_back(10)
    assert budget.left_s() == 20


def test_a_budget_without_a_limit_is_never_spent():
    NO_LIMIT.keep_back(30)

    assert NO_LIMIT.left_s() is None
    assert not NO_LIMIT.is_spent()
    assert NO_LIMIT.part(0.1).left_s() is None


def test_a_trial_that_keeps_time_back_ends_the_search_so_much_earlier():
    clock = Clock()
    budget = Budget(100, clock)
    _, tried = losses()

    def try_out(number, rung):
        clock.now += 10
        budget.keep_back(40)
        tried.append(number)
        return Trial(number, rung, 0.5)

    halving(27, (1,), try_out, budget)

    assert clock.now == 60


# What is kept.

DAY = date(2026, 3, 1)


def kept(folder, member="ials", settings=None, known_until=DAY):
    """A shelf on which a search of ``member`` was put."""
    shelf = Shelf(folder)
    trials = [
        {"number": 0, "settings": {}, "loss": 0.5},
        {"number": 1, "settings": {"b": 1, "a": 2}},
    ]
    choice = {"settings": {"a": 2} if settings is None else settings, "known_until": known_until}
    shelf.keep(member, choice, trials_table(trials, ["number", "settings", "loss"]))
    return shelf


def test_what_was_chosen_is_used_from_the_day_it_could_be_known(tmp_path):
    shelf = kept(tmp_path)

    assert shelf.settings() == {"ials": {"a": 2}}
    assert shelf.settings(before=DAY) == {"ials": {"a": 2}}
    assert shelf.settings(before=DAY - timedelta(days=1)) == {}


def test_what_was_chosen_without_days_is_not_for_those_who_have_a_cutoff(tmp_path):
    shelf = kept(tmp_path, known_until=None)

    assert shelf.settings() == {"ials": {"a": 2}}
    assert shelf.settings(before=DAY) == {}


def test_a_member_searched_again_replaces_its_own_part_alone(tmp_path):
    shelf = kept(tmp_path)
    kept(tmp_path, "ease", {"l2": 9})

    kept(tmp_path, "ials", {})

    assert shelf.settings() == {"ease": {"l2": 9}}
    assert shelf.choice("ials")["settings"] == {}
    assert shelf.choice("svd") is None


def test_the_same_search_leaves_the_same_bytes(tmp_path):
    kept(tmp_path / "one")
    kept(tmp_path / "two")

    first = bytes_of(tmp_path / "one")
    assert first == bytes_of(tmp_path / "two")
    assert set(first) == {"ials.csv", "chosen.json", "choices.json"}
    assert first["ials.csv"].decode().splitlines()[0] == "trial,settings,loss"
    assert '{""a"": 2, ""b"": 1}' in first["ials.csv"].decode()


def test_an_empty_shelf_knows_nothing(tmp_path):
    assert Shelf(tmp_path / "none").settings() == {}
    assert Shelf(tmp_path / "none").choice("ials") is None
