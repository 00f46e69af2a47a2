"""What each figure of a list means."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.errors import ContractError
from tenuto.evaluation import draws, ranking
from tenuto.evaluation.ranking import metrics_per_user, one_user

FIGURES = {
    "recall": ranking.recall_at_k,
    "precision": ranking.precision_at_k,
    "ndcg": ranking.ndcg_at_k,
    "map": ranking.map_at_k,
    "mrr": ranking.mrr_at_k,
    "hit_rate": ranking.hit_rate_at_k,
}
ITEMS = list("abcdefgh")


def table(**lists):
    return pd.concat([one_user(items, user) for user, items in lists.items()], ignore_index=True)


def test_the_examples_in_the_manual_are_true():
    assert doctest.testmod(ranking).failed == 0


def test_every_figure_of_a_list_says_what_it_hides():
    figures = metrics_per_user(one_user("ab"), one_user("b"))

    assert set(ranking.HIDES) == {*figures.columns, "coverage"}
    assert all(sentence.endswith(".") for sentence in ranking.HIDES.values())


def test_every_figure_worked_out_by_hand():
    # given hits at ranks 2 and 4 of 4, and three relevant items
    found = metrics_per_user(one_user("abcd"), one_user("bdx"), k=4).loc["ann"]

    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert found.to_dict() == pytest.approx(
        {
            "recall": 2 / 3,
            "precision": 2 / 4,
            "ndcg": (1 / np.log2(3) + 1 / np.log2(5)) / ideal,
            "map": (1 / 2 + 2 / 4) / 3,
            "mrr": 1 / 2,
            "hit_rate": 1,
        }
    )


def test_what_is_below_k_does_not_count():
    found = metrics_per_user(one_user("abcd"), one_user("d"), k=3)

    assert (found == 0).all(axis=None)


def test_a_user_with_nothing_relevant_is_left_out_and_one_without_a_list_scores_0():
    recommended, relevant = table(ann="ab", bob="ab"), table(bob="b", zoe="a")

    recall = ranking.recall_at_k(recommended, relevant)

    assert recall.to_dict() == {"bob": 1.0, "zoe": 0.0}


@pytest.mark.parametrize("name", FIGURES)
def test_the_best_list_scores_1(name):
    found = FIGURES[name](one_user("abc"), one_user("cab"), k=3)

    assert found.item() == pytest.approx(1)


@given(
    listed=st.permutations(ITEMS),
    relevant=st.sets(st.sampled_from(ITEMS), min_size=1),
    k=st.integers(1, 10),
)
def test_figures_lie_between_0_and_1_and_agree_with_those_taken_one_by_one(listed, relevant, k):
    recommended, wanted = one_user(listed), one_user(sorted(relevant))

    together = metrics_per_user(recommended, wanted, k)

    assert ((together >= 0) & (together <= 1 + 1e-12)).all(axis=None)
    for name, figure in FIGURES.items():
        assert figure(recommended, wanted, k).item() == together[name].item()


@given(listed=st.permutations(ITEMS), seed=st.integers(0, 99))
def test_neither_the_order_of_rows_nor_other_users_matter(listed, seed):
    recommended, relevant = table(ann=listed, bob="hgfe"), table(ann="abc", bob="ae")
    alone = metrics_per_user(one_user(listed), one_user("abc"), k=4)

    shuffled = recommended.sample(frac=1, random_state=seed)
    together = metrics_per_user(shuffled, relevant.sample(frac=1, random_state=seed), k=4)

    pd.testing.assert_frame_equal(together.loc[["ann"]], alone)


def test_moving_a_hit_up_raises_ndcg_and_leaves_recall():
    low = metrics_per_user(one_user("abcd"), one_user("d"), k=4).loc["ann"]
    high = metrics_per_user(one_user("dabc"), one_user("d"), k=4).loc["ann"]

    assert high["ndcg"] > low["ndcg"]
    assert high["recall"] == low["recall"]


@pytest.mark.parametrize("ranks", [[0, 1], [1, 3], [1, 1], [2, 3], [1.0, 1.5]])
def test_ranks_that_are_not_1_2_3_are_refused(ranks):
    broken = one_user("ab").assign(rank=ranks)

    with pytest.raises(ContractError, match="ranks of user ann"):
        ranking.ndcg_at_k(broken, one_user("a"))


def test_an_item_twice_in_one_list_or_twice_relevant_is_refused():
    with pytest.raises(ContractError, match="recommended has item a twice for user ann"):
        ranking.recall_at_k(one_user("aa"), one_user("a"))
    with pytest.raises(ContractError, match="relevant has item a twice"):
        ranking.recall_at_k(one_user("a"), one_user("aa"))


def test_a_missing_column_and_a_k_of_0_are_refused():
    with pytest.raises(ContractError, match="no column item_id"):
        ranking.recall_at_k(one_user("a").drop(columns="item_id"), one_user("a"))
    with pytest.raises(ContractError, match="k is 0"):
        ranking.recall_at_k(one_user("a"), one_user("a"), k=0)


def test_nobody_has_anything_relevant():
    found = metrics_per_user(one_user("ab"), one_user([]))

    assert len(found) == 0
    assert np.isnan(draws.bootstrap_mean(found["ndcg"], np.random.default_rng(0))).all()


def test_coverage_counts_items_of_the_catalogue_that_anybody_sees():
    recommended = table(ann="ab", bob="bc")

    assert ranking.coverage_at_k(recommended, list("abcd"), k=1) == 0.5
    assert ranking.coverage_at_k(recommended, list("abcd"), k=2) == 0.75


def test_the_interval_of_a_mean_holds_it_and_repeats_with_the_seed():
    values = pd.Series(np.tile([0.0, 1.0], 200))

    mean, low, high = draws.bootstrap_mean(values, np.random.default_rng(7))

    # The standard error of a share of one half over 400 users is 0.025.
    assert mean == 0.5
    assert low == pytest.approx(0.45, abs=0.01)
    assert high == pytest.approx(0.55, abs=0.01)
    assert draws.bootstrap_mean(values, np.random.default_rng(7)) == (mean, low, high)


@pytest.mark.parametrize("n_columns", [2, 7], ids=["few columns", "many columns"])
def test_a_table_of_figures_has_the_intervals_that_each_figure_has_by_itself(n_columns):
    figures = pd.DataFrame(np.random.default_rng(0).random((50, n_columns)))

    together = draws.bootstrap_means(figures, np.random.default_rng(7), n_draws=200)

    for column in figures:
        alone = draws.bootstrap_mean(figures[column], np.random.default_rng(7), n_draws=200)
        assert together.loc[column].to_numpy() == pytest.approx(alone, abs=1e-12)


def test_the_mean_of_a_difference_is_paired_by_user():
    # given two models that differ by 0.1 for everybody, far less than users differ
    ours = pd.Series(np.random.default_rng(0).random(40))
    theirs = ours - 0.1

    _, low, high = draws.bootstrap_mean(ours - theirs, np.random.default_rng(7))

    assert (low, high) == pytest.approx((0.1, 0.1))


@pytest.mark.parametrize("n_columns", [1, 7], ids=["few columns", "many columns"])
def test_a_user_without_the_figure_takes_no_part_in_its_mean(n_columns):
    values = pd.Series([0.25, np.nan, 0.25, np.nan, 0.25] * 4)
    figures = pd.DataFrame(dict.fromkeys(range(n_columns), values))
    figures["nobody has it"] = np.nan

    table = draws.bootstrap_means(figures, np.random.default_rng(7), n_draws=50)

    assert table.loc[0].to_numpy() == pytest.approx([0.25, 0.25, 0.25])
    assert table.loc["nobody has it"].isna().all()


def test_intervals_do_not_depend_on_how_many_draws_are_held_at_a_time(monkeypatch):
    figures = pd.DataFrame(np.random.default_rng(0).random((30, 6)))
    whole = draws.bootstrap_means(figures, np.random.default_rng(7), n_draws=100)

    monkeypatch.setattr(draws, "_CELLS_AT_ONCE", 1)
    one_by_one = draws.bootstrap_means(figures, np.random.default_rng(7), n_draws=100)

    pd.testing.assert_frame_equal(whole, one_by_one)
