"""Every split gives all rows back, and holds out what it says."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import REAL_DATA
from tenuto.errors import ContractError
from tenuto.evaluation import list_splits

SPLITS = {
    "forward": lambda table, seed: list_splits.forward(table, cut=5, time="day"),
    "by_sequence": lambda table, seed: list_splits.by_sequence(table, order="day"),
    "by_listener": lambda table, seed: list_splits.by_listener(table, np.random.default_rng(seed)),
    "by_item": lambda table, seed: list_splits.by_item(table, np.random.default_rng(seed)),
    "by_cell": lambda table, seed: list_splits.by_cell(table, np.random.default_rng(seed)),
}


@st.composite
def tables(draw):
    """Pairs of some listeners and songs, each with a day, under an index of its own."""
    pairs = draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40))
    days = draw(st.lists(st.integers(0, 9), min_size=len(pairs), max_size=len(pairs)))
    table = pd.DataFrame(sorted(pairs), columns=["user_id", "item_id"]).assign(day=days)
    return table.set_index(pd.Index(np.arange(len(pairs))[::-1] + 100))


def of_one(n, name="item_id"):
    pairs = {"user_id": 1, "item_id": 1} | {name: np.arange(n)}
    return pd.DataFrame(pairs, index=range(n))


def test_the_examples_in_the_manual_are_true():
    assert doctest.testmod(list_splits).failed == 0


def test_every_split_says_what_it_hides():
    assert set(list_splits.HIDES) == set(SPLITS)


@pytest.mark.parametrize("name", SPLITS)
@given(table=tables(), seed=st.integers(0, 9))
def test_kept_and_held_out_are_all_rows_in_their_order(name, table, seed):
    train, test = SPLITS[name](table, seed)

    assert len(train) + len(test) == len(table)
    assert train.index.is_monotonic_decreasing
    assert test.index.is_monotonic_decreasing
    pd.testing.assert_frame_equal(pd.concat([train, test]).loc[table.index], table)


@pytest.mark.parametrize("name", ["by_listener", "by_item", "by_cell"])
def test_another_seed_holds_out_other_rows_and_the_same_seed_the_same(name):
    table = pd.DataFrame(np.indices((20, 20)).reshape(2, -1).T, columns=["user_id", "item_id"])

    first, again, other = (SPLITS[name](table, seed).test for seed in (1, 1, 2))

    pd.testing.assert_frame_equal(first, again)
    assert list(first.index) != list(other.index)


def test_a_play_at_the_cut_is_already_to_be_foretold():
    clock = pd.to_datetime(["2017-04-28 23:59:59", "2017-04-29 00:00:00", "2017-04-30 12:00:00"])
    plays = pd.DataFrame({"user_id": 1, "item_id": list("abc"), "timestamp": clock})

    train, test = list_splits.forward(plays, pd.Timestamp("2017-04-29"))

    assert train["item_id"].tolist() == ["a"]
    assert test["item_id"].tolist() == ["b", "c"]


def test_a_play_without_a_time_is_refused():
    plays = pd.DataFrame({"user_id": 1, "item_id": list("ab"), "day": [1, None]})

    with pytest.raises(ContractError, match="no day in row 1"):
        list_splits.forward(plays, 2, time="day")


@pytest.mark.parametrize(("n", "share", "held_out"), [(1, 0.2, 0), (4, 0.2, 0), (5, 0.2, 1)])
def test_the_last_share_of_a_sequence_is_rounded_down(n, share, held_out):
    assert len(list_splits.by_sequence(of_one(n), share).test) == held_out


def test_a_whole_number_of_plays_is_not_lost_by_rounding():
    # 0.29 * 100 is 28.999999999999996 in floating point.
    assert len(list_splits.by_sequence(of_one(100), 0.29).test) == 29


def test_a_sequence_is_in_the_order_of_its_column_and_ties_stand_as_they_are():
    plays = pd.DataFrame({"user_id": 1, "item_id": list("abcd"), "day": [3, 1, 3, 2]})

    assert list_splits.by_sequence(plays, 0.5, order="day").test["item_id"].tolist() == ["a", "c"]
    assert list_splits.by_sequence(plays, 0.25, order="day").test["item_id"].tolist() == ["c"]


@given(table=tables())
def test_nothing_of_a_sequence_that_was_kept_is_later_than_what_was_held_out(table):
    train, test = list_splits.by_sequence(table, 0.5, order="day")

    last, first = train.groupby("user_id")["day"].max(), test.groupby("user_id")["day"].min()
    assert (last.reindex(first.index) <= first).all()


@pytest.mark.parametrize(("n", "held_out"), [(1, 0), (2, 1), (3, 1), (7, 1), (8, 2), (50, 10)])
def test_a_listener_keeps_a_song_and_gives_at_least_one_of_two(n, held_out):
    _, test = list_splits.by_listener(of_one(n), np.random.default_rng(0), 0.2)

    assert len(test) == held_out


@pytest.mark.parametrize(("n", "held_out"), [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2), (8, 2)])
def test_an_item_keeps_three_quarters_of_its_listeners_rounded_down(n, held_out):
    _, test = list_splits.by_item(of_one(n, "user_id"), np.random.default_rng(0), 0.25)

    assert len(test) == held_out


def test_a_mask_holds_out_a_share_of_all_cells():
    _, test = list_splits.by_cell(of_one(39), np.random.default_rng(0), 0.1)

    assert len(test) == 3


@pytest.mark.parametrize("name", ["by_listener", "by_item", "by_cell"])
def test_a_pair_that_would_be_on_both_sides_is_refused(name):
    twice = pd.DataFrame({"user_id": [1, 1], "item_id": [7, 7]})

    with pytest.raises(ContractError, match="item 7 twice for user 1"):
        SPLITS[name](twice, 0)


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_of_nothing_or_of_all_is_refused(share):
    with pytest.raises(ContractError, match="between 0 and 1"):
        list_splits.by_sequence(of_one(5), share)


def test_rows_without_a_listener_are_refused():
    with pytest.raises(ContractError, match="user_id is NULL in row 1"):
        list_splits.by_sequence(pd.DataFrame({"user_id": [1, None], "item_id": [1, 2]}))


@pytest.mark.real_data
def test_the_hold_out_of_hetrec_has_the_counts_of_the_reference():
    file = REAL_DATA / "hetrec-lastfm" / "user_artists.dat.gz"
    pairs = pd.read_csv(file, sep="\t", names=["user_id", "item_id", "weight"], header=0)

    train, test = list_splits.by_listener(pairs, np.random.default_rng(42))

    assert (len(train), len(test), test["user_id"].nunique()) == (74_265, 18_569, 1_884)
