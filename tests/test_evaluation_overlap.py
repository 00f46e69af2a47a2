"""How much lists of several recommenders agree."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.errors import ContractError
from tenuto.evaluation import overlap
from tenuto.evaluation.ranking import one_user


def table(**lists):
    return pd.concat([one_user(items, user) for user, items in lists.items()], ignore_index=True)


def test_the_examples_in_the_manual_are_true():
    assert doctest.testmod(overlap).failed == 0


def test_every_pair_is_compared_over_the_users_who_have_both_lists():
    lists = {
        "nmf": table(ann="abcd", bob="abcd"),
        "svd": table(ann="dcba", bob="wxyz", zoe="abcd"),
        "hot": table(zoe="ab"),
    }

    found = overlap.overlap_at_k(lists, k=4).set_index(["first", "second"])

    assert found.loc[("nmf", "svd"), ["shared", "jaccard", "n_users"]].tolist() == [0.5, 0.5, 2]
    # Two of svd's four places; a short list does not agree fully by being short.
    assert found.loc[("svd", "hot"), ["shared", "jaccard", "n_users"]].tolist() == [0.5, 0.5, 1]
    assert np.isnan(found.loc[("nmf", "hot"), "shared"])


def test_only_the_top_is_compared():
    lists = {"nmf": one_user("abcd"), "svd": one_user("badc")}

    assert overlap.overlap_at_k(lists, k=1)["shared"].item() == 0
    assert overlap.overlap_at_k(lists, k=2)["shared"].item() == 1


@given(st.permutations("abcdefgh"), st.permutations("abcdefgh"), st.integers(1, 8))
def test_shared_and_jaccard_are_those_of_sets(ours, theirs, k):
    found = overlap.overlap_at_k({"x": one_user(ours), "y": one_user(theirs)}, k).iloc[0]

    a, b = set(ours[:k]), set(theirs[:k])
    assert found["shared"] == len(a & b) / k
    assert found["jaccard"] == pytest.approx(len(a & b) / len(a | b))


@given(st.lists(st.permutations("abcdefgh"), min_size=2, max_size=4), st.integers(1, 8))
def test_the_regions_of_one_recommender_add_up_to_its_list(lists, k):
    found = overlap.regions_at_k({f"m{at}": one_user(items) for at, items in enumerate(lists)}, k)

    for at in range(len(lists)):
        mine = [f"m{at}" in names.split(" & ") for names in found["recommenders"]]
        assert found.loc[mine, "n_items"].sum() == pytest.approx(k)


def test_regions_are_means_over_users_and_the_smallest_sets_come_first():
    lists = {
        "pop": table(ann="abc", bob="abc"),
        "nmf": table(ann="bcd", bob="xyz"),
        "svd": table(ann="cde", bob="xyw"),
    }

    found = overlap.regions_at_k(lists, k=3).set_index("recommenders")["n_items"]

    assert found.to_dict() == {
        "pop": 2.0,  # a; a, b, c
        "nmf": 0.5,  # none; z
        "svd": 1.0,  # e; w
        "pop & nmf": 0.5,
        "nmf & svd": 1.5,  # d; x, y
        "pop & nmf & svd": 0.5,
    }
    assert list(found.index)[:3] == ["pop", "nmf", "svd"]


def test_one_recommender_has_nothing_to_be_compared_with():
    with pytest.raises(ContractError, match="lists of 1"):
        overlap.overlap_at_k({"nmf": one_user("a")})


def test_every_figure_of_agreement_says_what_it_hides():
    assert {"shared", "jaccard", "n_items"} <= set(overlap.HIDES)
