"""What accuracy does not show: how wide, new, varied and fitting the lists are."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from tenuto.errors import ContractError
from tenuto.evaluation import breadth, diversity, exposure, own_taste
from tenuto.evaluation.breadth import breadth_per_user
from tenuto.evaluation.ranking import coverage_at_k, metrics_per_user, one_user

ITEMS = list("abcdefgh")


def table(**lists):
    return pd.concat([one_user(items, user) for user, items in lists.items()], ignore_index=True)


def heard_by(**listeners):
    return pd.Series(listeners, name="listeners")


def many(seed=0, n_users=30):
    """Random lists, histories, what came after, and popularity."""
    rng = np.random.default_rng(seed)
    draw = {f"u{at:02}": list(rng.permutation(ITEMS)) for at in range(n_users)}
    recommended = table(**{user: items[:5] for user, items in draw.items()})
    histories = table(**{user: rng.permutation(ITEMS)[: rng.integers(1, 5)] for user in draw})
    relevant = table(**{user: rng.permutation(ITEMS)[: rng.integers(1, 5)] for user in draw})
    popularity = histories.groupby("item_id").size().reindex(ITEMS, fill_value=0)
    return recommended, histories, popularity, relevant


@pytest.mark.parametrize("module", [exposure, diversity, own_taste, breadth])
def test_the_examples_in_the_manual_are_true(module):
    assert doctest.testmod(module).failed == 0


# Exposure.


def test_gini_is_0_for_even_places_and_highest_for_one_song_for_all():
    even = table(ann="ab", bob="cd")
    same = table(ann="a", bob="a")

    assert exposure.gini_at_k(even, list("abcd")) == 0
    assert exposure.gini_at_k(same, list("abcd")) == 0.75


@given(st.lists(st.permutations(ITEMS), min_size=1, max_size=6), st.integers(1, 8))
def test_gini_is_the_mean_difference_of_exposures_over_twice_their_mean(lists, k):
    recommended = table(**{f"u{at}": items for at, items in enumerate(lists)})
    shown = recommended.loc[recommended["rank"] <= k, "item_id"].value_counts()
    x = shown.reindex(ITEMS, fill_value=0).to_numpy(dtype=float)

    found = exposure.gini_at_k(recommended, ITEMS, k)

    assert found == pytest.approx(np.abs(x[:, None] - x).mean() / (2 * x.mean()), abs=1e-12)


def test_the_top_of_the_catalogue_is_a_hundredth_of_it_rounded_up():
    popularity = pd.Series(np.arange(150, 0, -1), index=np.arange(150))
    lists = one_user([0, 1, 2, 3])

    assert exposure.popularity_share_at_k(lists, popularity).item() == 2 / 4
    assert exposure.popularity_share_at_k(lists, popularity, top=0.02).item() == 3 / 4


def test_a_tie_on_the_edge_of_the_top_goes_to_the_lower_item():
    popularity = heard_by(b=5, a=5, c=5)

    assert exposure.popularity_share_at_k(one_user("a"), popularity).item() == 1
    assert exposure.popularity_share_at_k(one_user("b"), popularity).item() == 0


def test_a_song_that_half_of_the_listeners_know_is_one_bit_new():
    found = exposure.novelty_at_k(table(ann="a", bob="b"), heard_by(a=4, b=0), n_listeners=8)

    # Nobody knows b: it counts as known to one of eight.
    assert found.to_dict() == {"ann": 1.0, "bob": 3.0}


def test_popularity_in_plays_is_refused_where_listeners_are_asked_for():
    with pytest.raises(ContractError, match="popularity of 900 among 8 listeners"):
        exposure.novelty_at_k(one_user("a"), heard_by(a=900), n_listeners=8)


@pytest.mark.parametrize("value", [np.nan, -1])
def test_a_popularity_that_is_no_count_is_refused(value):
    with pytest.raises(ContractError, match="item_popularity of item b"):
        exposure.popularity_share_at_k(one_user("a"), heard_by(a=1, b=value))


def test_an_item_outside_the_catalogue_is_refused():
    with pytest.raises(ContractError, match="item z is not in item_popularity"):
        exposure.novelty_at_k(one_user("az"), heard_by(a=1), n_listeners=2)
    with pytest.raises(ContractError, match="item z is not in item_ids"):
        exposure.gini_at_k(one_user("az"), ["a"])


def test_a_catalogue_with_an_item_twice_is_refused():
    with pytest.raises(ContractError, match="item a twice"):
        exposure.gini_at_k(one_user("a"), ["a", "a"])


# Diversity.


def test_songs_heard_by_the_same_people_are_alike_and_by_others_different():
    histories = table(ann="ab", bob="ab", zoe="cd")
    vectors = diversity.listener_vectors(histories, ITEMS)
    lists = table(u="ab", v="ac", w="abcd", x="a", y="gh")

    found = diversity.diversity_at_k(lists, vectors, ITEMS, k=4)

    # Of the six pairs of abcd two are the same. Nobody heard g or h. One song has no pair.
    expected = {"u": 0, "v": 1, "w": 4 / 6, "x": np.nan, "y": 1}
    assert found.to_dict() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("cells", [1, 20, 2**21])
def test_diversity_is_the_mean_over_all_pairs_however_they_are_cut_into_blocks(cells, monkeypatch):
    monkeypatch.setattr(diversity, "_CELLS_AT_ONCE", cells)
    recommended, _, _, _ = many(n_users=4)
    recommended = recommended.drop(recommended.index[-2:])  # a list of three among those of five
    vectors = np.random.default_rng(1).random((len(ITEMS), 3))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    found = diversity.diversity_at_k(recommended, vectors, ITEMS, k=5)

    for user, rows in recommended.groupby("user_id"):
        ours = unit[[ITEMS.index(item) for item in rows["item_id"]]]
        upper = np.triu_indices(len(ours), 1)
        assert found[user] == pytest.approx((1 - ours @ ours.T)[upper].mean(), abs=1e-12)


def test_as_many_vectors_as_items_are_asked_for():
    with pytest.raises(ContractError, match="2 vectors for 8 items"):
        diversity.diversity_at_k(one_user("ab"), np.eye(2), ITEMS)


def test_an_item_without_an_artist_is_an_artist_of_its_own():
    sung_by = pd.Series({"a": "Abba", "b": "Abba", "c": None, "d": None, "e": "Cher"})

    found = diversity.artist_share_at_k(table(u="ab", v="cd", w="ef", x="aeb"), sung_by)

    assert found.to_dict() == {"u": 1 / 2, "v": 1, "w": 1, "x": 2 / 3}


# One's own taste.


def test_head_and_tail_are_the_first_and_last_fifth_of_all_listening():
    # given 100 listenings: 30 of a, 20 each of b, c and d, then ten songs with one
    rest = {f"x{at}": 1 for at in range(10)}
    tiers = own_taste.popularity_tiers(heard_by(a=30, b=20, c=20, d=20, **rest))

    # The last fifth begins within d, which is still mid.
    assert tiers[["a", "b", "c", "d"]].tolist() == ["head", "mid", "mid", "mid"]
    assert set(tiers[list(rest)]) == {"tail"}


def test_a_song_that_nobody_heard_is_in_the_tail():
    assert own_taste.popularity_tiers(heard_by(a=3, b=0))["b"] == "tail"


@settings(max_examples=25)
@given(st.integers(0, 99))
def test_popularity_deviation_is_the_jensen_shannon_divergence_of_the_tiers(seed):
    recommended, histories, popularity, _ = many(seed, n_users=3)
    tier = own_taste.popularity_tiers(popularity)

    found = own_taste.popularity_deviation_at_k(recommended, histories, popularity, k=5)

    for user in found.index:
        mine = [
            tier[rows.loc[rows["user_id"] == user, "item_id"]] for rows in (recommended, histories)
        ]
        p, q = ([(t == name).mean() for name in own_taste.TIERS] for t in mine)
        assert found[user] == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-9)


def test_a_list_like_the_history_does_not_deviate_and_without_a_history_nobody_knows():
    popularity = heard_by(a=8, b=1, c=1)

    found = own_taste.popularity_deviation_at_k(
        table(ann="ab", bob="ab"), table(ann="ab"), popularity
    )

    assert found["ann"] == 0
    assert np.isnan(found["bob"])


def test_an_item_of_a_history_without_popularity_is_refused():
    with pytest.raises(ContractError, match="item z of a history"):
        own_taste.popularity_deviation_at_k(one_user("a"), one_user("z"), heard_by(a=1))


def test_the_repeat_gap_is_the_share_of_old_songs_less_the_listeners_own():
    # given a list half of old songs, for somebody who plays three quarters of them
    recommended, histories = table(ann="ax", bob="ax"), table(ann="abc", bob="a")

    gap = own_taste.repeat_gap_at_k(recommended, histories, table(ann="abcz"), k=2)

    assert own_taste.repeat_share_at_k(recommended, histories).to_dict() == {"ann": 0.5, "bob": 0.5}
    assert gap["ann"] == 0.5 - 0.75
    assert np.isnan(gap["bob"])  # nothing known of what he did


def test_thirds_are_equal_and_in_order_of_how_popular_the_history_is():
    popularity = heard_by(a=9, b=5, c=1)
    histories = table(u1="a", u2="ab", u3="b", u4="bc", u5="c", u6="c", u7="a")

    thirds = own_taste.mainstream_thirds(histories, popularity)

    assert thirds.value_counts().max() - thirds.value_counts().min() <= 1
    assert thirds[["u5", "u6"]].tolist() == ["niche"] * 2
    assert thirds[["u1", "u7"]].tolist() == ["mainstream"] * 2


def test_accuracy_by_third_is_the_mean_over_its_users():
    figures = pd.DataFrame({"ndcg": [0.1, 0.3, 0.9, 1.0]}, index=list("uvwx"))
    thirds = pd.Series({"u": "niche", "v": "niche", "w": "mainstream"})

    found = own_taste.by_third(figures, thirds)

    assert found["ndcg"].tolist() == pytest.approx([0.2, np.nan, 0.9], nan_ok=True)
    assert found["n_users"].tolist() == [2, 0, 1]  # x has no history and is in none


# All at once.


def everything(recommended, histories, popularity, relevant):
    vectors = diversity.listener_vectors(histories, popularity.index)
    artists = pd.Series(dict(zip(ITEMS, "ppqqrrss", strict=True)))
    facts = {"vectors": vectors, "artists": artists, "relevant": relevant}
    return breadth.breadth(recommended, histories, popularity, 5, **facts).set_index("metric")


def test_one_call_gives_what_each_figure_gives_by_itself():
    recommended, histories, popularity, relevant = many()

    found = everything(recommended, histories, popularity, relevant)

    alone = own_taste.popularity_deviation_at_k(recommended, histories, popularity, 5).mean()
    ndcg = metrics_per_user(recommended, relevant, 5)
    thirds = own_taste.by_third(ndcg, own_taste.mainstream_thirds(histories, popularity))
    assert found.loc["popularity_deviation", "value"] == alone
    assert found.loc["coverage", "value"] == coverage_at_k(recommended, ITEMS, 5)
    assert found.loc["gini", "value"] == exposure.gini_at_k(recommended, ITEMS, 5)
    assert found.loc["ndcg_niche", "value"] == thirds.loc["niche", "ndcg"]
    assert found.loc["ndcg_niche", "n_users"] == 10


def test_every_figure_of_breadth_says_what_it_hides_and_is_asked_for_by_what_it_needs():
    recommended, histories, popularity, relevant = many()

    everything_known = everything(recommended, histories, popularity, relevant)
    little_known = breadth.breadth(recommended, histories, popularity, 5)

    assert set(everything_known.index) == set(breadth.HIDES)
    assert little_known["metric"].tolist() == [
        "coverage",
        "gini",
        "popularity_share",
        "novelty",
        "popularity_deviation",
        "repeat_share",
    ]


def test_the_order_of_rows_does_not_matter():
    given_rows = many()
    shuffled = [rows.sample(frac=1, random_state=3) for rows in given_rows]

    found = everything(*shuffled)

    # Vectors are in the order of the popularity that they are given with.
    pd.testing.assert_frame_equal(found, everything(*given_rows))


def test_figures_of_one_user_do_not_depend_on_the_others():
    recommended, histories, popularity, _ = many()
    one = recommended[recommended["user_id"] == "u07"]

    together = breadth_per_user(recommended, histories, popularity, 5)
    alone = breadth_per_user(one, histories, popularity, 5)

    pd.testing.assert_frame_equal(together.loc[["u07"]], alone)


def test_nobody_has_a_list():
    _, histories, popularity, relevant = many()
    nobody = one_user([]).astype({"user_id": "str", "item_id": "str"})

    found = everything(nobody, histories, popularity, relevant)

    assert found.loc["coverage", "value"] == 0
    assert np.isnan(found.loc["novelty", "value"])
    assert found.loc["novelty", "n_users"] == 0
