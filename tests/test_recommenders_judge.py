"""The forward judge keeps old loves and discoveries apart."""

import numpy as np
import pandas as pd
import pytest

from fake_past import FakePast, downloaded, played
from tenuto.errors import NotEnoughData
from tenuto.recommenders._interactions import interactions_before
from tenuto.recommenders._judge import judge


@pytest.fixture
def known(duckdb_engine):
    """Popularity's order is a, b, c; ann knows a and b."""
    listeners = {"a": ["ann", "bob", "cy"], "b": ["ann", "bob"], "c": ["cy"]}
    plays = [played(user, item) for item, users in listeners.items() for user in users]
    past = FakePast(duckdb_engine, *plays, *[downloaded("dee", "c")] * 50)
    return interactions_before(past, "max_score")


def heard(**later):
    pairs = [(user, item) for user, items in later.items() for item in items]
    return pd.DataFrame(pairs, columns=["user_id", "item_id"])


def figures(records, metric="recall", column="value"):
    return {
        (record["target"], record["recommender"]): record[column]
        for record in records
        if record["metric"] == metric
    }


def judged(known, future, *names, k=1):
    return judge(known, future, names, np.random.default_rng(5), k=k, n_draws=50)


def test_repeats_and_discoveries_are_judged_apart(known):
    # given ann comes back to a, and finds c
    records = judged(known, heard(ann="ac"))

    # then of two pairs the first of the list that repeats finds one, and is done with repeats
    assert figures(records) == {
        ("all", "popularity"): 0.5,
        ("repeat", "popularity"): 1.0,
        ("new", "popularity"): 1.0,
    }
    n_relevant = figures(records, column="n_relevant")
    assert n_relevant[("all", "popularity")] == 2
    assert n_relevant[("repeat", "popularity")] + n_relevant[("new", "popularity")] == 2


def test_popularity_is_judged_unasked_and_stands_beside_the_others(known):
    # given a crowd that saves c: hot puts it first, popularity puts a first
    records = judged(known, heard(ann="b", bob="a", cy="a"), "hot")

    all_of_hot = [
        record
        for record in records
        if (record["target"], record["recommender"], record["metric"]) == ("all", "hot", "recall")
    ]
    assert figures(records)[("all", "popularity")] == pytest.approx(2 / 3)
    assert all_of_hot[0]["baseline"] == pytest.approx(2 / 3)
    assert all_of_hot[0]["difference"] == pytest.approx(all_of_hot[0]["value"] - 2 / 3)
    assert figures(records, column="verdict")[("all", "popularity")] is None


def test_figures_of_one_recommender_do_not_depend_on_the_others(known):
    alone = judged(known, heard(ann="ac", bob="c"))
    together = judged(known, heard(ann="ac", bob="c"), "hot")

    kept = [record for record in together if record["recommender"] == "popularity"]
    pd.testing.assert_frame_equal(pd.DataFrame(alone), pd.DataFrame(kept))


def test_listeners_who_came_later_are_left_out_and_repeated_rows_count_once(known):
    records = judged(known, pd.concat([heard(ann="a", later="abc"), heard(ann="a")]))

    assert figures(records, column="n_users")[("all", "popularity")] == 1
    assert figures(records)[("all", "popularity")] == 1.0


def test_a_target_that_nobody_meets_is_not_a_number(known):
    records = judged(known, heard(ann="a"))

    assert figures(records, column="n_users")[("new", "popularity")] == 0
    assert np.isnan(figures(records)[("new", "popularity")])


def test_an_item_that_is_new_to_all_is_a_discovery_that_no_list_finds(known):
    assert figures(judged(known, heard(ann=["brand new"]), k=9))[("new", "popularity")] == 0.0


def test_coverage_is_told_without_an_interval(known):
    records = judged(known, heard(ann="a", bob="a", cy="a"), k=1)

    assert figures(records, "coverage")[("all", "popularity")] == pytest.approx(1 / 3)
    assert np.isnan(figures(records, "coverage", "low")[("all", "popularity")])


def test_a_window_without_anybody_coming_back_cannot_be_judged(known):
    with pytest.raises(NotEnoughData, match="played anything afterwards"):
        judged(known, heard(later="a"))
