"""The benchmarks of recommenders split honestly, measure what they say, and write their page."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import _counts_part
import _listening_part
import _public_sets
import _recommender_page
import als_speed
import recommend_at_size
from _list_figures import Asked, broad, gaps, per_user
from _recommender_rows import Row

from tenuto.evaluation.ranking import one_user
from tenuto.recommenders._plays import interactions_of

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2017-04-01")


def plays(*rows):
    """Plays as (user, item, day since the start)."""
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "time"])
    return table.assign(time=START + pd.to_timedelta(table["time"], unit="D"))


def blocks(n_users=40, n_items=20, seed=0):
    """Two kinds of listeners, each with half of the items; every listener has eight of them."""
    rng = np.random.default_rng(seed)
    half = n_items // 2
    rows = [
        {"user_id": user, "item_id": int(item) + half * (user % 2), "weight": 1.0}
        for user in range(n_users)
        for item in rng.permutation(half)[:8]
    ]
    return pd.DataFrame(rows)


# Splits.


def test_plays_behind_the_wall_are_asked_for_and_none_of_them_is_known():
    split = _public_sets.forward(plays((1, 7, 0), (1, 8, 10), (1, 9, 20)), days=11)
    assert split.known["item_id"].tolist() == [7]
    assert split.future["item_id"].tolist() == [8, 9]


def test_what_comes_after_the_end_is_in_neither_part():
    end = START + 15 * DAY
    split = _public_sets.forward(plays((1, 7, 0), (1, 8, 10), (1, 9, 20)), end=end, days=14)
    assert {*split.known["item_id"], *split.future["item_id"]} == {7, 8}


def test_listeners_who_were_not_there_before_the_wall_are_not_asked_about():
    split = _public_sets.forward(plays((1, 7, 0), (1, 8, 20), (2, 8, 20)), days=14)
    assert split.future["user_id"].tolist() == [1]


def test_a_pair_that_comes_often_is_asked_for_once():
    split = _public_sets.forward(plays((1, 7, 0), (1, 8, 20), (1, 8, 20.5)), days=14)
    assert len(split.future) == 1


def test_repeat_and_new_together_are_all():
    split = _public_sets.forward(plays((1, 7, 0), (1, 7, 20), (1, 8, 20)), days=14)
    asked = _public_sets.targets(split)
    assert asked["repeat"]["item_id"].tolist() == [7]
    assert asked["new"]["item_id"].tolist() == [8]
    assert len(asked["all"]) == 2


def test_the_last_fifth_of_a_sequence_is_asked_for():
    table = pd.DataFrame({"user_id": 1, "item_id": range(10), "place": range(10)})
    assert _public_sets.by_sequence(table).future["item_id"].tolist() == [8, 9]


def test_the_walls_of_one_set_never_look_past_each_other(monkeypatch):
    table = plays(*((user, day, day) for user in (1, 2) for day in range(80)))
    monkeypatch.setattr(_listening_part, "thirty_music", lambda data: table)
    found = _listening_part.thirty_music_walls(Path())
    for wall in (0, 1):
        later, earlier = found.splits[wall].known["time"], found.splits[wall + 1].known["time"]
        assert earlier.max() < found.walls[wall + 1] <= later.max() < found.walls[wall]


@pytest.mark.real_data
def test_last_fm_2k_splits_into_the_published_sizes():
    split = _public_sets.by_user(_public_sets.hetrec(), 42)
    assert (len(split.known), len(split.future)) == (74_265, 18_569)
    assert split.future["user_id"].nunique() == 1_884


@pytest.mark.real_data
def test_public_sets_have_the_rows_that_their_readme_says():
    assert len(_public_sets.movielens()) == 100_000
    assert len(_public_sets.thirty_music()) == 167_998
    xiami = _public_sets.xiami()
    assert (len(xiami), xiami["user_id"].nunique()) == (632_551, 3_982)
    assert len(_public_sets.artist_names()) == 17_632
    assert _public_sets.song_artists().index.is_unique


# Figures.


def test_figures_are_taken_at_the_k_in_their_name():
    known = interactions_of(pd.DataFrame({"user_id": [1, 2], "item_id": [7, 8]}))
    asked = Asked(known, pd.DataFrame({"user_id": [1], "item_id": [8]}), ["recall@1", "recall@2"])
    lists = one_user([7, 8], user_id=1)
    assert per_user(lists, asked).to_numpy().tolist() == [[0.0, 1.0]]
    assert broad(lists, asked)["coverage"] == 1.0


def test_a_row_minus_itself_is_nothing():
    figures = pd.DataFrame({"ndcg@10": [0.1, 0.5, 0.3]})
    (gap,) = gaps({"a": figures, "b": figures}, [("a", "b"), ("a", "absent")])
    assert gap["figures"]["ndcg@10"] == {"value": 0.0, "low": 0.0, "high": 0.0}


# The parts, from end to end on data with a known answer.


def test_neighbours_beat_popularity_where_taste_comes_in_blocks(tmp_path):
    counts = _counts_part.Counts(
        blocks(),
        "weight",
        _public_sets.by_user,
        ("recall@10", "ndcg@100"),
        (Row("popularity", "popularity"), Row("svd", "svd", {"embedding_size": 2})),
        (42, 43),
    )
    found = _counts_part.measured(counts, [], 1)
    ndcg = {row["row"]: row["figures"]["ndcg@100"]["value"] for row in found["rows"]}
    assert ndcg["svd"] > ndcg["popularity"] + 0.2
    assert set(found["splits"]["svd"]["ndcg@100"]) == {"mean", "sd"}


def test_the_page_is_bold_where_an_interval_lies_above_zero():
    gap = {"value": 0.02, "low": 0.01, "high": 0.03}
    none = {"value": 0.02, "low": -0.01, "high": 0.03}
    table = _recommender_page._gaps(
        [{"row": "Mix", "minus": "other", "figures": {"ndcg@10": gap, "ndcg@50": none}}],
        ["ndcg@10", "ndcg@50"],
    )
    assert "| **+0.0200 [+0.0100, +0.0300]** | +0.0200 [-0.0100, +0.0300] |" in table


# Speed.


def test_invented_pairs_are_different_as_many_as_asked_and_the_same_again():
    made = als_speed.invented(50, 40, 300)
    assert made.nnz == 300
    assert (made != als_speed.invented(50, 40, 300)).nnz == 0
    assert als_speed.interactions_of_matrix(made).histories.taste().nnz == 300


def test_all_exact_searches_find_the_same_items():
    rng = np.random.default_rng(1)
    users, items = rng.normal(size=(7, 4)).astype("f4"), rng.normal(size=(300, 4)).astype("f4")
    expected = np.argsort(-(users @ items.T), axis=1)[:, :5]
    for search in (als_speed._numpy, als_speed._implicit, als_speed._tenuto):
        parts = [of[0] if isinstance(of, tuple) else of for of in search(users, items, 5)]
        found = np.vstack(parts)
        assert (found == expected).all(), search.__name__


def test_answers_to_a_new_play_are_timed_for_members_that_fold_in(monkeypatch):
    monkeypatch.setattr(recommend_at_size, "FOLDED_IN", {"als": {"embedding_size": 4, "epochs": 1}})
    monkeypatch.setattr(recommend_at_size, "N_ANSWERS", 3)
    asked = argparse.Namespace(users=30, items=60, pairs=300, k=5)
    (row,) = recommend_at_size.answers(asked)
    assert 0 < row["ms, median"] <= row["ms, p99"]


def test_solvers_are_timed_beside_our_own_and_shown_on_the_page(tmp_path):
    out, page = tmp_path / "results.json", tmp_path / "page.md"
    small = ["--pairs", "2000", "--users", "200", "--items", "100", "--factors", "4"]
    also = ["--repeats", "1", "--listeners", "60", "--k", "5", "--no-spark"]
    als_speed.main([*small, *also, "--out", str(out), "--page", str(page)])
    found = json.loads(out.read_text("utf-8"))
    assert {"Tenuto als", "Tenuto ials", "implicit, CG", "irspack, CG"} <= {
        row["row"] for row in found["als"]["rows"]
    }
    assert "| Tenuto |" in page.read_text("utf-8")
