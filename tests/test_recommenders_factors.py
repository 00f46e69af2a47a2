"""Factor models of recommenders: what each promises beyond what every recommender does."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tenuto.errors import SettingsError, UnknownName
from tenuto.recommenders import CATALOGUE, als, bpr, ials, nmf, svd
from tenuto.recommenders._fold_in import equal_lengths, is_turned, solved, turned
from tenuto.recommenders._histories import NEVER_PLAYED, Histories
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._weighting import weighted, weights

FACTORS = ["als", "bpr", "ials", "nmf", "svd"]
#: Those whose scores are sums over the listener's items by least squares.
PLACED = ["als", "bpr", "ials"]


def likes(*rows):
    """From (user, item, weight)."""
    return interactions_of(
        pd.DataFrame(rows, columns=["user_id", "item_id", "weight"]), weight="weight"
    )


def two_camps(n_users=30, n_items=20, seed=5):
    """Even users like even items, odd users odd ones, each about half of them."""
    rng = np.random.default_rng(seed)
    return likes(
        *(
            (f"u{user:02d}", f"i{item:02d}", float(rng.integers(1, 50)))
            for user in range(n_users)
            for item in range(n_items)
            if (user + item) % 2 == 0 and rng.random() < 0.6
        )
    )


def checkerboard(size, missing):
    """Every listener likes the items of its own colour, but for one pair."""
    squares = [(user, item) for user in range(size) for item in range(size)]
    kept = [pair for pair in squares if sum(pair) % 2 == 0 and pair != missing]
    return likes(*((f"u{user}", f"i{item}", 5.0) for user, item in kept))


def fitted(name, interactions, **chosen):
    return CATALOGUE.get(name).Model(**chosen).fit(interactions)


def one_history(item, preference, n_items):
    rows = np.zeros(len(item), dtype=np.int64)
    return Histories.of_pairs(rows, item, preference, rows + 1, n_rows=1, n_items=n_items)


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize("size", [8, 12])
def test_on_a_checkerboard_the_one_missing_square_comes_first(name, size):
    model = fitted(name, checkerboard(size, missing=(0, 2)))

    lists = model.recommend(["u0"], 3, exclude_heard=True)

    assert lists["item_id"].iloc[0] == "i2"


@pytest.mark.parametrize("name", FACTORS)
def test_each_camp_is_recommended_what_its_own_likes(name):
    interactions = two_camps()

    lists = fitted(name, interactions).recommend(interactions.user_ids, 2, exclude_heard=True)

    own = lists["user_id"].str[1:].astype(int) % 2 == lists["item_id"].str[1:].astype(int) % 2
    assert own.mean() > 0.9


@pytest.mark.parametrize("name", FACTORS)
def test_a_listener_without_taste_gets_no_list(name):
    model = fitted(name, two_camps())
    heard_long_ago = pd.DataFrame({"user_id": ["new"], "item_id": ["i00"], "preference": [0.0]})

    assert len(model.recommend_new(heard_long_ago, 5, exclude_heard=False)) == 0
    assert len(model.recommend(["nobody"], 5, exclude_heard=False)) == 0


@pytest.mark.parametrize("name", FACTORS)
def test_an_item_that_nobody_likes_is_never_recommended_nor_a_reason(name):
    rows = [(f"u{user}", f"i{item}", 1.0) for user in range(6) for item in range(user % 3, 6)]
    model = fitted(name, likes(*rows, ("u0", "unloved", 0.0)))
    unloved = model.item_ids.get_loc("unloved")

    everything = model.recommend(model.user_ids, 20, exclude_heard=False)
    fan_of_it_alone = one_history(np.array([unloved]), [3.0], len(model.item_ids))

    assert "unloved" not in set(everything["item_id"])
    assert (model.rank(fan_of_it_alone, 5, False)[0] == -1).all()


@pytest.mark.parametrize("name", FACTORS)
def test_where_nobody_likes_anything_there_are_no_lists(name):
    model = fitted(name, likes(("ann", "a", 0.0), ("bob", "b", 0.0)))

    assert len(model.recommend(["ann", "bob"], 5, exclude_heard=False)) == 0


@pytest.mark.parametrize("name", FACTORS)
def test_a_score_is_the_sum_of_what_the_listeners_items_add(name):
    interactions = two_camps()
    model = fitted(name, interactions)
    histories = interactions.histories.take(np.arange(12))
    item = np.arange(12) % len(model.item_ids)

    value, rest = model.contributions(histories, item)

    total = np.bincount(histories.row_of_entry(), value, minlength=12)
    np.testing.assert_allclose(total, model.scores(histories)[np.arange(12), item], 1e-5, 1e-6)
    assert (rest == 0).all()


@pytest.mark.parametrize("name", FACTORS)
def test_what_was_heard_but_not_liked_adds_nothing(name):
    model = fitted(name, two_camps())
    n_items = len(model.item_ids)
    liked = one_history(np.array([0, 4]), [2.0, 3.0], n_items)
    heard_too = one_history(np.array([0, 1, 4]), [2.0, 0.0, 3.0], n_items)

    value, _ = model.contributions(heard_too, np.array([6]))

    np.testing.assert_array_equal(model.scores(heard_too), model.scores(liked))
    assert value[1] == 0


@pytest.mark.parametrize("name", FACTORS)
def test_factors_are_no_more_than_listeners_or_items(name):
    model = fitted(name, checkerboard(6, missing=(0, 2)), embedding_size=500)

    assert 1 <= model.item_factors.shape[1] <= 7  # BPR has a bias beside its factors


@pytest.mark.parametrize("name", ["als", "bpr", "ials"])
def test_the_seed_is_what_makes_a_fit_random(name):
    interactions = two_camps()
    first, again = (fitted(name, interactions, random_state=1).item_factors for _ in range(2))
    other = fitted(name, interactions, random_state=2).item_factors

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_als_does_not_depend_on_the_number_of_threads():
    interactions = two_camps(60, 40)
    one, three = (fitted("als", interactions, n_threads=n).item_factors for n in (1, 3))

    np.testing.assert_array_equal(one, three)


def test_als_places_a_listener_where_hu_koren_and_volinsky_do():
    # given the definition, A = Y'Y + Y'(C - I)Y + ridge, x = A^-1 Y'C p, written out
    interactions = two_camps()
    chosen = {"regularization": 2.5, "confidence_slope": 0.7, "weighting": "log"}
    model = fitted("als", interactions, embedding_size=6, **chosen)
    Y = model.item_factors.astype(np.float64)
    histories = interactions.histories.take([3])
    extra = 0.7 * np.log1p(histories.preference.astype(np.float64))
    own = Y[histories.item]

    A = Y.T @ Y + own.T @ (own * extra[:, None]) + 2.5 * np.eye(6)
    x = np.linalg.solve(A, own.T @ (1 + extra))

    np.testing.assert_allclose(model.scores(histories)[0], Y @ x, rtol=1e-4, atol=1e-6)


def test_ials_places_a_listener_as_irspack_does():
    from irspack.recommenders import _ials_core as core
    from scipy.sparse import csr_matrix

    interactions = two_camps()
    model = fitted("ials", interactions, embedding_size=5, epochs=3)
    trainer, _ = model._trainer(csr_array(interactions.histories.taste()))
    trainer.item = model.item_factors
    binary = csr_matrix(weighted(interactions.histories.taste(), "binary"))
    cholesky = core.IALSSolverConfigBuilder().set_solver_type(core.SolverType.CHOLESKY).build()

    users = trainer.transform_user(binary, cholesky)

    scores = users @ model.item_factors.T
    np.testing.assert_allclose(model.scores(interactions.histories), scores, rtol=1e-3, atol=1e-4)


def test_svd_keeps_the_strongest_axis():
    # given three camps of four, each with an item of its own: i2's likes it most
    interactions = likes(*((f"u{n:02d}", f"i{n % 3}", 1.0 + n % 3) for n in range(12)))
    model = fitted("svd", interactions, embedding_size=1, weighting="linear")

    scores = model.scores(interactions.histories)

    # then only they have a place, and get back what they gave
    np.testing.assert_allclose(scores[2::3], [[0, 0, 3]] * 4, atol=1e-5)


def test_svd_weighs_as_it_is_told():
    heavy = likes(
        *((f"u{user}", f"i{item}", 1.0) for user in range(9) for item in range(3)),
        *(("crank", f"i{item}", 1e6) for item in range(3, 6)),
    )
    of_crank, of_rest = heavy.histories.take([0]), heavy.histories.take([1])

    binary = fitted("svd", heavy, embedding_size=1)
    linear = fitted("svd", heavy, embedding_size=1, weighting="linear")

    # Of raw counts the one axis is one listener's; of binary ones it is everybody else's.
    assert binary.scores(of_rest).max() > 0.9
    assert linear.scores(of_crank).max() > 1e5
    assert (linear.rank(of_rest, 3, False)[0] == -1).all() or linear.scores(of_rest).max() < 1e-3


def test_nmf_has_no_negative_amounts_and_finds_the_tastes():
    interactions = two_camps()

    model = fitted("nmf", interactions, embedding_size=2)

    users = model._user_factors(interactions.histories)
    assert (model.item_factors >= 0).all()
    assert (users >= 0).all()
    # Each taste is of one camp's items, each listener of one taste.
    assert (model.item_factors.argmax(axis=1)[::2] == model.item_factors[0].argmax()).all()
    assert len(set(users.argmax(axis=1)[::2])) == 1


def test_nmf_amounts_are_the_non_negative_least_squares_ones():
    interactions = two_camps()
    model = fitted("nmf", interactions, embedding_size=6)
    H = model.item_factors.astype(np.float64)
    liked = interactions.histories.taste().todense() > 0

    users = model._user_factors(interactions.histories)

    # Karush, Kuhn & Tucker: the slope is 0 where there is some, and never below 0.
    slope = (users @ H.T - liked) @ H
    assert np.abs(slope[users > 0]).max() < 1e-5
    assert slope.min() > -1e-5


def test_turning_the_factors_changes_no_score():
    V = np.random.default_rng(1).standard_normal((30, 4)) @ np.diag([3.0, 1.0, 0.1, 0.0])

    axes = turned(V)

    np.testing.assert_allclose(axes @ axes.T, V @ V.T, atol=1e-4)
    gram = axes.T @ axes
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-3)
    assert axes.shape == (30, 3)


@pytest.mark.parametrize("name", PLACED)
def test_listeners_are_placed_exactly_when_items_have_gone(name):
    # given a model that forgets half of its items
    model = fitted(name, two_camps(), embedding_size=6)
    factors = model.item_factors.copy()
    factors[::3] = np.nan
    model._take(factors)

    users = model._user_factors(model.histories)

    # then nothing has moved, and the axes are straight again, to stay so
    left = model.item_factors[model.offered]
    was = factors[model.offered]
    np.testing.assert_allclose(left @ left.T, was @ was.T, rtol=1e-3, atol=1e-4)
    assert is_turned(left)
    assert np.isfinite(users).any()
    before = model.item_factors.tobytes()
    model._take(model.item_factors)
    assert model.item_factors.tobytes() == before


@settings(max_examples=30, deadline=None)
@given(n_items=st.integers(1, 12), n_factors=st.integers(1, 12), seed=st.integers(0, 99))
def test_the_small_and_the_large_system_have_one_solution(n_items, n_factors, seed):
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((2, n_items, n_factors))
    confidence = rng.uniform(0.1, 50, (2, n_items))
    diagonal = rng.uniform(0.5, 9, (2, n_factors))
    right = rng.standard_normal((2, 3, n_factors))

    found = solved(V, confidence, diagonal, right)

    for row in range(2):
        A = np.diag(diagonal[row]) + V[row].T @ np.diag(confidence[row]) @ V[row]
        np.testing.assert_allclose(found[row] @ A, right[row], rtol=1e-7, atol=1e-7)


def test_rows_come_by_length_and_none_is_lost():
    start = np.array([0, 2, 2, 5, 7, 8])

    parts = [(rows.tolist(), entries.tolist()) for rows, entries in equal_lengths(start, 4)]

    assert parts == [([4], [[7]]), ([0, 3], [[0, 1], [5, 6]]), ([2], [[2, 3, 4]])]


def test_a_thousand_plays_weigh_as_the_weighting_says():
    taste = csr_array(np.array([[0.0, 3.0], [1000.0, 1.0]], dtype=np.float32))

    assert weighted(taste, "binary").todense().tolist() == [[0, 1], [1, 1]]
    assert weighted(taste, "linear").todense().tolist() == [[0, 3], [1000, 1]]
    np.testing.assert_allclose(weighted(taste, "log").data, np.log([4, 1001, 2]), rtol=1e-6)
    np.testing.assert_allclose(weighted(taste, "sqrt").data, np.sqrt([3, 1000, 1]), rtol=1e-6)
    assert weights(np.array([0.0, 2.0]), "log")[0] == 0
    with pytest.raises(UnknownName, match="There are: binary, linear, log, sqrt"):
        weighted(taste, "cubic")


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (als.Model, {"embedding_size": 0}),
        (als.Model, {"regularization": -1.0}),
        (ials.Model, {"unobserved_weight": 0.0}),
        (bpr.Model, {"learning_rate": float("nan")}),
        (nmf.Model, {"epochs": 0}),
        (svd.Model, {"embedding_size": -3}),
    ],
)
def test_settings_below_their_bound_are_refused_by_name(model, wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        model(**wrong)


@pytest.mark.parametrize("name", FACTORS)
def test_every_draw_of_its_space_is_a_setting_it_takes(name):
    from tenuto.search.space import drawn_settings

    member = CATALOGUE.get(name)

    for chosen in drawn_settings(name, member.SPACE, 10, 0):
        assert set(member.Model(**chosen).settings) >= set(chosen)


def test_a_history_of_what_was_only_saved_counts_as_taste():
    model = fitted("ials", two_camps())
    saved = Histories.of_pairs([0], [4], [1.0], [NEVER_PLAYED], n_rows=1, n_items=20)

    assert (model.rank(saved, 3, True)[0] >= 0).all()
