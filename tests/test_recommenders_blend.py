"""Lists fused into one: what a place is worth, whose word counts, and how that is learned."""

import numpy as np
import pandas as pd
import pytest

from tenuto.errors import SettingsError, UnknownName
from tenuto.evaluation.ranking import ndcg_at_k
from tenuto.recommenders._ensemble import Ensemble
from tenuto.recommenders._exam import Exam
from tenuto.recommenders._fusion import FUSIONS, RANK_OFFSET
from tenuto.recommenders._inner import given
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW, question
from tenuto.recommenders._strongest import strongest_member
from tenuto.recommenders._weighing import Weighing, pool_of
from tenuto.recommenders._weights import Arena, search
from tenuto.recommenders.blend import SEEDS, Model

NOTHING = np.nan


def rectangle(*rows):
    width = max(len(row) for row in rows)
    return np.array([[*row, *[NOTHING] * (width - len(row))] for row in rows], dtype=float)


def lists(*members):
    """Of one listener: each member a dict of item and score, best first."""
    return [
        (np.array([list(offered)]), np.array([list(offered.values())], dtype=float))
        for offered in members
    ]


def two_camps(n_each=30, n_items=12, seed=0):
    """Half of the listeners play even songs, half odd ones; each but a few of their own."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        [
            (f"{camp}{listener:02d}", item)
            for camp in (0, 1)
            for listener in range(n_each)
            for item in range(camp, n_items, 2)
            if rng.random() < 0.8
        ],
        columns=["user_id", "item_id"],
    )


def of_two_camps():
    """What they played before a moment, and all that they came to play after it."""
    plays = two_camps()
    is_later = np.random.default_rng(1).random(len(plays)) < 0.3
    before = interactions_of(plays[~is_later])
    return before, given(before, plays[is_later], "all", "a later part")


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_head_of_a_list_is_worth_1_and_what_it_leaves_out_nothing(fusion):
    worth = FUSIONS[fusion](rectangle([9.0, 4.0, 1.0], [2.0]))

    assert worth[:, 0].tolist() == [1.0, 1.0]
    assert (worth[1, 1:] == 0).all()
    assert (np.diff(worth[0]) < 0).all()
    assert worth[0, 2] > 0


def test_by_scores_a_place_is_worth_as_much_as_its_score_is_above_the_last():
    worth = FUSIONS["scores"](rectangle([10.0, 6.0, 2.0]))

    np.testing.assert_allclose(worth, [[1.0, 0.5, 0.0]], atol=1e-5)


def test_by_ranks_a_place_is_worth_the_same_whatever_the_scores():
    worth = FUSIONS["ranks"](rectangle([10.0, 9.9, 9.8], [10.0, 1.0, -5.0]))

    expected = (RANK_OFFSET + 1) / (RANK_OFFSET + np.array([1, 2, 3]))
    np.testing.assert_allclose(worth, [expected, expected])


def test_a_pool_holds_what_any_list_holds_once_and_where_it_stands_in_each():
    pool = Pool.of_lists([np.array([[7, 3, -1]]), np.array([[3, 5, 7]])], n_items=9)

    assert pool.item.tolist() == [3, 5, 7]
    assert pool.place.tolist() == [[1, 0], [-1, 1], [0, 2]]
    facts = pool.facts([np.array([[0.9, 0.4, 0]]), np.array([[3.0, 2.0, 1.0]])], absent=-1)
    assert facts.tolist() == [[0.4, 3.0], [-1, 2.0], [0.9, 1.0]]


def test_the_fused_score_is_the_weighted_sum_of_what_the_places_are_worth():
    both = lists({4: 10.0, 2: 5.0, 1: 0.0}, {2: 1.0, 1: 0.0})
    pool = pool_of(both, n_items=5)

    score = Weighing("scores", {"a": 0.7, "b": 0.3}).score(["a", "b"], both, pool)

    np.testing.assert_allclose(score, [0.0, 0.7 * 0.5 + 0.3, 0.7], atol=1e-5)  # items 1, 2, 4


def test_in_the_seeds_recipe_nmf_and_svd_count_only_where_both_offer_the_song():
    names = ["item_knn", "nmf", "popularity", "svd"]
    four = lists({0: 2.0}, {1: 5.0, 2: 4.0}, {3: 9.0}, {2: 7.0})
    pool = pool_of(four, n_items=4)

    score = SEEDS.score(names, four, pool)

    np.testing.assert_allclose(score[[0, 1, 3]], [0.2, 0.0, 0.2], atol=1e-5)
    assert score[2] == pytest.approx(0.3, abs=1e-5)  # last of NMF's two, first of SVD's


def test_a_list_that_is_right_gets_the_weight_and_one_of_noise_does_not():
    rng = np.random.default_rng(5)
    is_right = rng.random((60, 200)) < 0.05
    worth = np.stack([is_right + rng.normal(0, 0.3, (60, 200)), rng.random((60, 200))])
    arena = Arena(worth.astype(np.float32), is_right, np.full(60, 4.0))

    found = search(arena, np.random.default_rng(0))

    assert found.weights[0] > 0.6
    assert found.weights.sum() == pytest.approx(1)
    assert found.ndcg >= arena.ndcg(np.array([0.5, 0.5])) - 1e-9


def test_a_question_about_new_songs_leaves_out_what_was_heard_and_counts_what_nobody_knew():
    plays = pd.DataFrame({"user_id": ["ann", "ann", "bob"], "item_id": [1, 2, 3]})
    after = pd.DataFrame({"user_id": ["ann", "ann", "ann", "bob"], "item_id": [1, 3, 9, 3]})
    inner = given(interactions_of(plays), after, "all", "later")

    rng = np.random.default_rng(0)
    every, new = question(inner, ALL, 10, rng), question(inner, NEW, 10, rng)

    # ann: 1 again, 3 for the first time, and 9, which was not there before
    assert every.n_relevant.tolist() == [3, 1]
    assert new.n_relevant.tolist() == [2]
    assert inner.train.item_ids[new.item].tolist() == [3]


def test_a_split_that_asks_for_new_songs_says_nothing_of_repeats():
    plays = pd.DataFrame({"user_id": ["ann", "bob"], "item_id": [1, 3]})
    after = pd.DataFrame({"user_id": ["ann"], "item_id": [3]})
    inner = given(interactions_of(plays), after, "new", "later")

    assert question(inner, ALL, 10, np.random.default_rng(0)) is None


def test_the_member_that_foresaw_what_came_later_weighs_most():
    before, inner = of_two_camps()

    model = Model(members={"item_knn": {}, "popularity": {}}).fit(before, inner)

    weighing = model.weighings[NEW]
    assert weighing.n_listeners >= 30
    assert weighing.weights["item_knn"] > weighing.weights["popularity"]


def test_a_member_that_weighs_nothing_is_not_kept(monkeypatch):
    before, inner = of_two_camps()
    only = {
        target: Weighing("ranks", {"item_knn": 1.0, "popularity": 0.0}) for target in (ALL, NEW)
    }
    monkeypatch.setattr("tenuto.recommenders._of_members.learned", lambda *known: only)

    model = Model(members={"item_knn": {}, "popularity": {}}).fit(before, inner)

    assert list(model.ensemble.members) == ["item_knn"]


def test_it_finds_the_camp_of_each_listener():
    before, inner = of_two_camps()
    model = Model(members={"item_knn": {}, "popularity": {}}).fit(before, inner)

    first = model.recommend(before.user_ids, 1, exclude_heard=True)

    camp = first["user_id"].str[0].astype(int)
    assert (first["item_id"] % 2 == camp).all()


def test_without_anything_to_learn_from_own_songs_come_first_where_they_may():
    plays = pd.DataFrame({"user_id": ["ann", "ann", "bob", "bob"], "item_id": [1, 2, 2, 3]})
    model = Model(members={"replay": {}, "item_knn": {}}).fit(interactions_of(plays))

    lists = model.recommend(["ann"], 3, exclude_heard=False)

    assert set(lists["item_id"][:2]) == {1, 2}
    assert model.weighings[ALL].n_listeners == 0


def test_the_member_that_speaks_loudest_for_a_song_says_why():
    before, inner = of_two_camps()
    model = Model(members={"item_knn": {}, "popularity": {}}).fit(before, inner)
    model.weighings = {target: Weighing("scores", {"item_knn": 1.0}) for target in (ALL, NEW)}
    lists = model.recommend(["000"], 1, exclude_heard=True)

    said = model.explain(lists)
    alone = model.ensemble.members["item_knn"].explain(lists)

    pd.testing.assert_frame_equal(said, alone)
    assert said["reason"].item().startswith("because you played ")


def test_nobody_speaks_for_a_song_that_no_list_holds():
    before, _ = of_two_camps()
    model = Model(members={"item_knn": {}}, depth=1).fit(before)
    histories = model.histories_of(pd.Index(["000"]))
    offered, _ = model.ensemble.members["item_knn"].rank(histories, 1, True)
    other = np.setdiff1d(np.arange(12), [*histories.item, *offered[0]])[:1]

    strongest = strongest_member(model.ensemble, model._parts, 1, histories, other)

    assert strongest.tolist() == [-1]


def test_a_listener_without_taste_gets_no_list_though_popularity_has_one():
    before, inner = of_two_camps()
    model = Model(members={"item_knn": {}, "popularity": {}}).fit(before, inner)
    saved = pd.DataFrame({"user_id": ["new"], "item_id": [3], "preference": [0.0]})

    assert len(model.recommend_new(saved, 5, exclude_heard=True)) == 0


def test_members_are_asked_and_saved_under_their_names(tmp_path):
    before, _ = of_two_camps()
    Model(members={"rp3beta": {}, "item_knn": {"n_neighbours": 5}}).fit(before).save(tmp_path / "b")

    files = {path.name for path in (tmp_path / "b").iterdir()}

    assert {"item_knn.similarity.parquet", "rp3beta.similarity.parquet"} <= files
    again = Model.load(tmp_path / "b")
    assert again.ensemble.members["item_knn"].settings["n_neighbours"] == 5


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(SettingsError, match="no recipe 'soup'"):
        Model(recipe="soup")
    with pytest.raises(SettingsError, match="no fusion 'cold'"):
        Model(fusion="cold")
    with pytest.raises(SettingsError, match="depth is 0"):
        Model(depth=0)
    with pytest.raises(SettingsError, match="no members"):
        Model(members={})
    with pytest.raises(UnknownName):
        Model(members={"item_kn": {}})


def test_the_exam_judges_as_the_judges_do():
    before, inner = of_two_camps()
    trial = Ensemble.fit({"item_knn": {}}, before)
    asked = question(inner, NEW, 100, np.random.default_rng(0))

    exam = Exam.of(trial, asked, NEW, depth=50, fusions=["ranks"], described=None)

    relevant = given(before, inner.relevant, "new", "later").relevant
    lists = trial.members["item_knn"].recommend(before.user_ids, 50, exclude_heard=True)
    expected = ndcg_at_k(lists, relevant, 100)
    ours = exam.ndcg(exam.worth["ranks"][:, 0])
    np.testing.assert_allclose(ours, expected)
    assert Arena.of(exam, "ranks").ndcg(np.ones(1)) == pytest.approx(expected.mean())


def test_exams_of_several_moments_are_one_after_the_other():
    before, inner = of_two_camps()
    trial = Ensemble.fit({"popularity": {}}, before)
    asked = question(inner, NEW, 100, np.random.default_rng(0))
    exam = Exam.of(trial, asked, NEW, depth=50, fusions=["ranks"], described=None)

    both = Exam.joined([exam, exam])

    score = exam.worth["ranks"][:, 0]
    assert both.ndcg(np.tile(score, 2)).tolist() == exam.ndcg(score).tolist() * 2
