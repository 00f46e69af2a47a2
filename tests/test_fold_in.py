"""A new play shows in the next answer, without a refit, and nearly as after one."""

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_service import history_of, known_from, one_more_play, plays_of_a_service
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._longest_first import LongestFirst
from tenuto.recommenders._rectangles import NEVER, best_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import fold_in as benchmark

N_SONGS = 50_000
SMALL = {
    "als": {"embedding_size": 16, "epochs": 3},
    "ials": {"embedding_size": 16, "epochs": 3},
    "item_knn": {"n_neighbours": 20},
}
USUAL = {"als": {"embedding_size": 32}, "ials": {"embedding_size": 32}}

# Of each listener's list: at least this share of ten songs as after a refit, and the scores of
# all songs apart by at most this share of their length. Measured on 24 listeners: overlap at
# least 1.0, 0.8, 1.0, 1.0 and scores 0.019, 0.123, 0.024, 0.024 apart.
BOUNDS = {
    "als": (0.9, 0.04),
    "ials": (0.7, 0.2),
    "item_knn": (0.9, 0.05),
    "rp3beta": (0.9, 0.05),
}


@cache
def many_songs():
    """50,000 songs, each known to somebody; song 49,990 and nine more are one small scene."""
    rng = np.random.default_rng(0)
    song = rng.permutation(N_SONGS - 10)
    crowd = pd.DataFrame({"user_id": song % 400, "item_id": song})
    fans = [(1_000 + fan, N_SONGS - 10 + number) for fan in range(30) for number in range(10)]
    scene = pd.DataFrame(fans, columns=["user_id", "item_id"])
    plays = pd.concat([crowd, scene], ignore_index=True)
    plays["at"] = pd.Timestamp("2017-04-20")
    return known_from(plays)


@cache
def fitted_to_many(name):
    return CATALOGUE.get(name).Model(**SMALL.get(name, {})).fit(many_songs())


def of_one(item, **more):
    return pd.DataFrame({"user_id": ["new"], "item_id": [item], "preference": [1.0], **more})


@pytest.mark.parametrize("name", ["als", "ials", "item_knn"])
def test_a_play_among_50_000_songs_changes_what_is_new_in_the_next_answer(name):
    model = fitted_to_many(name)
    before = model.recommend_new(of_one(7), 5, exclude_heard=True)
    pairs = pd.concat([of_one(7), of_one(N_SONGS - 10)])
    after = model.recommend_new(pairs, 5, exclude_heard=True)

    scene = set(range(N_SONGS - 10, N_SONGS))
    assert not scene & set(before["item_id"])
    assert set(after["item_id"]) <= scene - {N_SONGS - 10}


def test_a_song_of_the_chart_is_not_new_any_more_once_it_was_played():
    model = fitted_to_many("popularity")
    chart = model.recommend(["nobody"], 5, exclude_heard=True)["item_id"].tolist()
    after = model.recommend_new(of_one(chart[0]), 4, exclude_heard=True)

    assert after["item_id"].tolist() == chart[1:]


def test_a_song_played_now_comes_before_one_played_as_often_long_ago():
    pairs = pd.concat([of_one(3, last_played_age=[20.0]), of_one(49_000, last_played_age=[0.01])])
    after = fitted_to_many("replay").recommend_new(pairs, 5, exclude_heard=False)

    assert after["item_id"].tolist() == [49_000, 3]


@pytest.mark.parametrize("name", ["als", "ials"])
@pytest.mark.parametrize("exclude_heard", [True, False])
def test_one_answer_is_that_of_a_crowd_among_50_000_songs(name, exclude_heard):
    model = fitted_to_many(name)
    users = [*range(6), *range(1_000, 1_006)]
    together = model.recommend(users, 10, exclude_heard=exclude_heard)
    alone = [model.recommend([user], 10, exclude_heard=exclude_heard) for user in users]

    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.booleans())
@settings(max_examples=30, deadline=None)
def test_no_item_that_could_be_among_the_best_is_passed_over(seed, k, ties):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(6_000, 5)) * rng.pareto(2.0, size=(6_000, 1))
    factors = (np.round(factors) if ties else factors).astype(np.float32)
    factors[rng.random(6_000) < 0.1] = np.nan
    users = rng.normal(size=(3, 5)) * [[1], [100], [0.01]]
    row, item = np.repeat(np.arange(3), 300), np.tile(rng.permutation(6_000)[:300], 3)
    hidden = Histories.of_pairs(row, item, row + 1.0, row + 1.0, n_rows=3, n_items=6_000)

    found = LongestFirst.of(factors).candidates(users, hidden, k)

    for number, user in enumerate(users):
        exact = np.nan_to_num(factors.astype(np.float64) @ user, nan=NEVER)
        exact[item] = NEVER
        assert set(best_of(np.arange(6_000), exact, k)) <= set(found[number])
    assert not np.isin(found, item).any()


@cache
def service():
    plays = plays_of_a_service()
    return plays, known_from(plays)


def folded_in_and_refitted(name, user, item, exclude_heard=True, **chosen):
    """The list of ``user`` after a play of ``item``: of the old model, and of a new one."""
    plays, old = service()
    now = known_from(pd.concat([plays, one_more_play(user, item)]))
    kind = CATALOGUE.get(name).Model
    model, refitted = kind(**chosen).fit(old), kind(**chosen).fit(now)
    folded = model.recommend_new(history_of(now, user), 10, exclude_heard=exclude_heard)
    refit = refitted.recommend([user], 10, exclude_heard=exclude_heard)
    history = now.histories.take(now.user_ids.get_indexer([user]))
    return folded, refit, model.scores(history)[0], refitted.scores(history)[0]


def something_new_for(user, number):
    _, old = service()
    return old.item_ids.difference(pd.Index(history_of(old, user)["item_id"]))[number]


def test_popularity_folded_in_is_exactly_a_refit():
    song = something_new_for("u0003", 5)
    folded, refit, *_ = folded_in_and_refitted("popularity", "u0003", song)

    pd.testing.assert_frame_equal(folded, refit)


def test_own_songs_folded_in_are_exactly_a_refit_where_popularity_has_no_say():
    song = something_new_for("u0003", 5)
    folded, refit, *_ = folded_in_and_refitted(
        "replay", "u0003", song, exclude_heard=False, popularity=0.0
    )

    assert song in set(refit["item_id"])
    pd.testing.assert_frame_equal(folded, refit)


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("user", ["u0003", "u0111"])
def test_a_folded_in_list_is_nearly_that_of_a_refit(name, user):
    song = something_new_for(user, 40)
    chosen = USUAL.get(name, {})
    folded, refit, score, refit_score = folded_in_and_refitted(name, user, song, **chosen)

    least, apart = BOUNDS[name]
    assert len(set(folded["item_id"]) & set(refit["item_id"])) >= 10 * least
    both = np.isfinite(score) & np.isfinite(refit_score)
    assert np.linalg.norm((score - refit_score)[both]) <= apart * np.linalg.norm(refit_score[both])


def test_the_benchmark_prints_median_and_p99_of_each_member(tmp_path, capsys):
    few = ["--songs", "200", "--listeners", "50", "--answers", "5", "--members", "popularity"]
    benchmark.main([*few, "--out", str(tmp_path / "results.json")])

    assert "| popularity |" in capsys.readouterr().out
    assert (tmp_path / "results.json").exists()
