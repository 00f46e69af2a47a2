"""What loyal listeners share, with differences that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from insight_views import outcomes_of, scores_of, view_of
from service import CUTOFF, did, played
from tenuto.insights import View, loyal

N = 100


@pytest.fixture(scope="module")
def view(duckdb_engine, tmp_path_factory) -> View:
    """A hundred who come equally often; the first twenty download and are the likeliest to stay."""
    rng = np.random.default_rng(0)
    events = [played(999, 44)]
    for user in range(1, N + 1):
        days = rng.choice(np.arange(1, 28), int(rng.integers(4, 9)), replace=False)
        for ago in (*days, 1):
            events.append(played(user, int(ago), item=int(rng.integers(1, 9))))
            events += [did(user, "download", int(ago))] * (2 if user <= 20 else 0)
    made = view_of(duckdb_engine, tmp_path_factory.mktemp("loyal"), events)
    scores = scores_of(made)
    scores = scores.assign(probability=scores["user_id"].clip(upper=N) / 200)
    judged = outcomes_of(scores, "boosting").assign(y=scores["user_id"].between(51, N).astype(int))
    return replace(made, scores=scores, test_scores=judged, test_cutoff=CUTOFF, model="boosting")


def test_what_all_of_the_loyal_do_and_no_other_has_an_effect_of_one(view):
    table = loyal.tables(view)["loyal"].set_index("trait")
    downloads = table.loc["downloads_a_day"]
    assert (downloads["n_loyal"], downloads["n_others"]) == (20, 80)
    assert downloads[["effect", "effect_alike"]].tolist() == [1, 1]
    assert downloads["is_found"]
    assert downloads["is_found_alike"]
    assert list(table.index[table["is_found_alike"]]) == ["downloads_a_day"]


def test_coming_often_is_not_compared_among_those_who_come_as_often(view):
    table = loyal.tables(view)["loyal"].set_index("trait")
    assert pd.isna(table.loc["active_days_a_week", "effect_alike"])
    assert not table.loc["active_days_a_week", "is_found_alike"]


def test_whether_the_loyal_stayed_is_read_from_the_test(view):
    test = loyal.tables(view)["loyal_test"].set_index("group")
    assert test["n_listeners"].to_dict() == {"loyal": 20, "others": 80}
    assert test["n_label"].to_dict() == {"loyal": 0, "others": 50}


@pytest.mark.parametrize("label", ["upgrade", "first_day_return"])
def test_the_least_likely_are_loyal_only_where_leaving_is_foretold(view, label):
    assert loyal.tables(replace(view, label=label)) == {}


def test_the_effect_is_the_chance_of_more_less_the_chance_of_less():
    """Of the six pairs of {2, 5} with {1, 2, 9}: above in 3, below in 2, alike in 1."""
    values = np.array([2.0, 5.0, 1.0, 2.0, 9.0])
    delta, _, n_own, n_others = loyal._dominance(values, np.arange(5) < 2)
    assert delta == pytest.approx((3 - 2) / 6)
    assert (n_own, n_others) == (2, 3)


def test_a_test_of_many_differences_in_noise_finds_few():
    rng = np.random.default_rng(0)
    is_own = np.arange(200) < 60
    z = [loyal._dominance(rng.poisson(2, 200).astype(float), is_own)[1] for _ in range(400)]
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.05, abs=0.03)
    assert np.std(z) == pytest.approx(1, abs=0.1)
