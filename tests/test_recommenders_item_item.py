"""Recommenders that add up how near items are: neighbours, walks, EASE, transitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tenuto.errors import SettingsError, UnknownName
from tenuto.recommenders import _neighbours, _sequences, ease, item_knn, next_item, rp3beta
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inverse import Dual, Primal
from tenuto.recommenders._neighbours import largest, largest_of_product
from tenuto.recommenders._plays import interactions_of


def of(*pairs):
    """From (user, item, weight)."""
    table = pd.DataFrame(pairs, columns=["user_id", "item_id", "weight"])
    return interactions_of(table, weight="weight")


def played_in_order(**sequences):
    """From user="abc": the items of each, oldest first."""
    rows = [
        (user, item, place) for user, items in sequences.items() for place, item in enumerate(items)
    ]
    return interactions_of(pd.DataFrame(rows, columns=["user_id", "item_id", "n"]), time="n")


def a_crowd(n_users, n_items, seed=5):
    rng = np.random.default_rng(seed)
    return of(
        *[
            (f"u{user:02d}", f"i{item:02d}", float(rng.integers(1, 6)))
            for user in range(n_users)
            for item in range(n_items)
            if rng.random() < 0.4
        ]
    )


def taste_of(interactions, weigh=np.log1p):
    dense = interactions.histories.taste().toarray().astype(float)
    return np.where(dense > 0, weigh(dense), 0.0)


def top(model, user, k=10, exclude_heard=True):
    return model.recommend([user], k, exclude_heard=exclude_heard)["item_id"].tolist()


# Neighbours


def test_a_cosine_is_worked_out_by_hand_and_an_item_is_no_neighbour_of_itself():
    # given: a and b share ann; a has 2 listeners and b has 1
    data = of(("ann", "a", 1), ("ann", "b", 1), ("bob", "a", 1), ("cy", "c", 1))

    model = item_knn.Model(weighting="binary", shrinkage=0.0).fit(data)

    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = 1 / np.sqrt(2 * 1)
    np.testing.assert_allclose(model.similarity.toarray(), expected, rtol=1e-6)


def test_what_many_vouch_for_is_nearer_than_what_one_does_once_it_is_shrunk():
    many = [(f"u{n}", item, 1) for n in range(9) for item in "ab"]
    data = of(*many, ("one", "c", 1), ("one", "d", 1))

    plain = item_knn.Model(weighting="binary", shrinkage=0.0).fit(data).similarity.toarray()
    shrunk = item_knn.Model(weighting="binary", shrinkage=3.0).fit(data).similarity.toarray()

    assert plain[0, 1] == pytest.approx(plain[2, 3])
    assert shrunk[0, 1] == pytest.approx(9 / (9 + 3))
    assert shrunk[2, 3] == pytest.approx(1 / (1 + 3))


@pytest.mark.parametrize("similarity", ["cosine", "tfidf", "bm25"])
def test_each_item_keeps_its_nearest_neighbours_only(similarity):
    model = item_knn.Model(similarity=similarity, n_neighbours=3).fit(a_crowd(30, 12))
    whole = item_knn.Model(similarity=similarity, n_neighbours=99).fit(a_crowd(30, 12))

    kept, dense = model.similarity.toarray(), whole.similarity.toarray()
    for column in range(12):
        nearest = np.sort(dense[:, column])[::-1][:3]
        np.testing.assert_allclose(np.sort(kept[:, column])[::-1][:3], nearest)
        assert np.count_nonzero(kept[:, column]) == 3


@pytest.mark.parametrize("module", [item_knn, rp3beta, ease])
def test_the_unit_of_the_preferences_does_not_change_a_list(module):
    pairs = [(f"u{u}", f"i{i}", 1 + (u * i) % 5) for u in range(9) for i in range(8) if (u + i) % 3]
    seconds = [(user, item, 60 * minutes) for user, item, minutes in pairs]

    in_minutes, in_seconds = (
        module.Model(weighting="linear").fit(of(*p)) for p in (pairs, seconds)
    )

    for user in in_minutes.user_ids:
        assert top(in_minutes, user, exclude_heard=False) == top(
            in_seconds, user, exclude_heard=False
        )


def test_a_mean_is_a_rating_between_those_of_the_neighbours():
    # given: c is as near to a as to b, and ann rates these 5 and 2
    crowd = [(f"u{n}", item, 3) for n in range(4) for item in "abc"]
    data = of(*crowd, ("ann", "a", 5), ("ann", "b", 2))
    model = item_knn.Model(weighting="binary", score="mean").fit(data)

    lists = model.recommend(["ann"], 1, exclude_heard=True)

    assert lists["item_id"].tolist() == ["c"]
    assert lists["score"].iloc[0] == pytest.approx((5 + 2) / 2)


def test_the_parts_of_a_mean_add_up_to_it():
    model = item_knn.Model(score="mean").fit(a_crowd(20, 10))
    histories = model.histories_of(model.user_ids[:3])
    item = np.array([1, 4, 7])

    value, _ = model.contributions(histories, item)

    total = np.bincount(histories.row_of_entry(), value)
    np.testing.assert_allclose(total, model.scores(histories)[range(3), item], rtol=1e-6)


# Walks


def test_a_walk_of_three_steps_has_the_chances_of_its_steps():
    data = a_crowd(12, 7)
    model = rp3beta.Model(weighting="linear", alpha=0.7, beta=0.4, n_neighbours=99).fit(data)

    taste = taste_of(data, weigh=lambda preference: preference)
    to_item = (taste / taste.sum(axis=1, keepdims=True)) ** 0.7
    to_listener = (taste.T / taste.sum(axis=0)[:, None]) ** 0.7
    expected = to_listener @ to_item / (taste > 0).sum(axis=0) ** 0.4
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(model.similarity.toarray(), expected, rtol=1e-5)


def test_a_larger_beta_holds_popular_items_back():
    # given: everybody knows hit, two know rare, both share two listeners with a
    pairs = [(f"u{n}", "hit", 1) for n in range(9)]
    pairs += [(f"u{n}", item, 1) for n in range(2) for item in ("a", "rare")]
    data = of(*pairs, ("ann", "a", 1))

    assert top(rp3beta.Model(beta=0.0).fit(data), "ann", 1) == ["hit"]
    assert top(rp3beta.Model(beta=0.9).fit(data), "ann", 1) == ["rare"]


# EASE


def weights_of(taste, regularization):
    """The paper's three lines."""
    inverse = np.linalg.inv(taste.T @ taste + regularization * np.eye(taste.shape[1]))
    return np.eye(taste.shape[1]) - inverse / np.diag(inverse)


@pytest.mark.parametrize(("n_users", "kind"), [(30, Primal), (6, Dual)])
def test_ease_is_the_papers_on_items_and_on_users_alike(n_users, kind):
    data = a_crowd(n_users, 14)
    model = ease.Model(regularization=2.0).fit(data)

    taste = taste_of(data)
    expected = taste @ weights_of(taste, 2.0 * np.mean(taste[taste > 0] ** 2))
    liked = taste.sum(axis=0) > 0
    assert isinstance(model.inverse, kind)
    np.testing.assert_allclose(
        model.scores(data.histories)[:, liked], expected[:, liked], rtol=1e-4, atol=1e-5
    )


def test_ease_on_users_keeps_its_promises_too(tmp_path):
    data = a_crowd(6, 14)
    model = ease.Model().fit(data)
    item = np.array([0, 3, 5, 7, 9, 11])

    value, _ = model.contributions(data.histories, item)
    digest = model.save(tmp_path / "saved")
    loaded = Recommender.load(tmp_path / "saved")

    total = np.bincount(data.histories.row_of_entry(), value)
    expected = model.scores(data.histories)[range(6), item]
    np.testing.assert_allclose(total, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(loaded.scores(data.histories), model.scores(data.histories))
    assert loaded.save(tmp_path / "again") == digest


def test_ease_of_many_items_is_that_of_the_most_liked():
    # given: a and b have five listeners, tail has two
    pairs = [(f"u{n}", item, 1 + n) for n in range(5) for item in "ab"]
    data = of(*pairs, ("u0", "tail", 5), ("cy", "tail", 5), ("cy", "a", 1))

    model = ease.Model(max_items=2).fit(data)

    assert top(model, "cy", exclude_heard=False) == ["b", "a"]
    history = pd.DataFrame({"user_id": ["new"], "item_id": ["tail"], "preference": [1.0]})
    assert len(model.recommend_new(history, 5, exclude_heard=False)) == 0


# Transitions


def test_what_follows_is_found_and_what_is_far_is_not():
    data = played_in_order(ann="abcdef", bob="abxyzf", cy="a")

    model = next_item.Model(window=1, backwards=0.0, damp_start=0, damp_end=0).fit(data)

    assert top(model, "cy") == ["b"]


def test_the_last_item_speaks_the_loudest():
    crowd = {f"p{n}": "ap" for n in range(3)} | {f"q{n}": "bq" for n in range(3)}
    data = played_in_order(**crowd, first_a="ab", first_b="ba")

    model = next_item.Model().fit(data)

    assert top(model, "first_a") == ["q", "p"]
    assert top(model, "first_b") == ["p", "q"]


def test_items_of_one_day_are_one_basket_whatever_their_names():
    day = pd.Timestamp("2020-01-01")
    rows = [(f"u{n}", item, day) for n in range(4) for item in "abc"]
    rows += [(f"u{n}", "d", day + pd.Timedelta(days=1)) for n in range(4)]
    data = interactions_of(pd.DataFrame(rows, columns=["user_id", "item_id", "at"]), time="at")

    near = next_item.Model(window=5).fit(data).similarity.toarray()

    # then a, b and c are as near to each other, and to d
    of_abc = near[:3, :3][~np.eye(3, dtype=bool)]
    np.testing.assert_allclose(of_abc, of_abc[0], rtol=1e-6)
    np.testing.assert_allclose(near[:3, 3], near[0, 3], rtol=1e-6)


def test_a_long_basket_costs_no_more_than_its_window_allows():
    songs = [f"i{n:03d}" for n in range(300)]
    data = of(*[(user, song, 1) for user in ("ann", "bob") for song in songs], ("cy", "i000", 1))

    model = next_item.Model(window=4, n_neighbours=99).fit(data)

    assert 0 < np.diff(model.similarity.indptr).max() <= 2 * 2 * 4
    assert len(top(model, "ann", 5, exclude_heard=False)) == 5


# What they share


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), n_kept=st.integers(1, 6), block=st.sampled_from([1, 9, 10**6]))
def test_the_largest_of_a_product_are_those_of_the_whole_product(seed, n_kept, block):
    rng = np.random.default_rng(seed)
    left, right = (csr_array(rng.integers(0, 3, size=(7, 7)) * 1.0) for _ in range(2))
    whole = left.toarray() @ right.toarray()
    np.fill_diagonal(whole, 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_neighbours, "_BLOCK_ENTRIES", block)
        found = largest_of_product(left, right, n_kept).toarray()

    for row in range(7):
        best = np.lexsort((np.arange(7), -whole[row]))[:n_kept]
        expected = np.zeros(7)
        expected[best] = whole[row, best]
        np.testing.assert_array_equal(found[row], expected)


def test_of_equal_entries_the_lower_column_is_kept():
    matrix = csr_array(np.array([[2.0, 5.0, 2.0, 2.0]]))

    assert largest(matrix, 2).indices.tolist() == [0, 1]


def test_the_number_of_threads_and_blocks_does_not_show(monkeypatch):
    data = a_crowd(25, 15)
    whole = [module.Model().fit(data) for module in (item_knn, rp3beta, ease, next_item)]
    before = [model.rank(data.histories, 6, True) for model in whole]
    monkeypatch.setattr(_neighbours, "_BLOCK_ENTRIES", 40)
    monkeypatch.setattr(_neighbours, "cores", lambda: 3)
    monkeypatch.setattr(_sequences, "_BLOCK_MEETINGS", 200)
    monkeypatch.setattr(ease, "_BLOCK_CELLS", 30)

    for model, (items, scores) in zip(whole, before, strict=True):
        again = type(model)().fit(data).rank(data.histories, 6, True)
        np.testing.assert_array_equal(again[0], items)
        np.testing.assert_array_equal(again[1], scores)


@pytest.mark.parametrize(
    ("model", "setting"),
    [
        (item_knn.Model, {"n_neighbours": 0}),
        (item_knn.Model, {"shrinkage": -1}),
        (item_knn.Model, {"score": "median"}),
        (rp3beta.Model, {"alpha": 0}),
        (ease.Model, {"regularization": 0}),
        (ease.Model, {"max_items": 0}),
        (next_item.Model, {"window": 0}),
        (next_item.Model, {"backwards": 2.0}),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(model, setting):
    with pytest.raises(SettingsError, match=next(iter(setting))):
        model(**setting)


def test_a_similarity_or_weighting_there_is_not_is_answered_with_those_there_are():
    with pytest.raises(UnknownName, match="bm25, cosine, tfidf"):
        item_knn.Model(similarity="cosin")
    with pytest.raises(UnknownName, match="log"):
        rp3beta.Model(weighting="ln")
