"""The forward judge keeps old loves and discoveries apart."""

import numpy as np
import pandas as pd
import pytest

from fake_past import FakePast, downloaded, played
from tenuto.errors import NotEnoughData
from tenuto.recommenders import hot
from tenuto.recommenders._interactions import interactions_before
from tenuto.recommenders._judge import Future, judge


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


def judged(known, future, k=1, only=None, **contestants):
    rng = np.random.default_rng(5)
    came = Future.of(known, future, rng)
    return judge(known, came, contestants, rng, k=k, only=only, n_draws=50)


def test_repeats_and_discoveries_are_judged_apart(known):
    # given ann comes back to a, and finds c
    records = judged(known, heard(ann="ac"))

    # then of two pairs the first of the list that repeats finds one, and is done with repeats
    found = figures(records)
    assert found[("all", "popularity")] == 0.5
    assert found[("repeat", "popularity")] == 1.0
    assert found[("new", "popularity")] == 1.0
    n_relevant = figures(records, column="n_relevant")
    assert n_relevant[("all", "popularity")] == 2
    assert n_relevant[("repeat", "popularity")] + n_relevant[("new", "popularity")] == 2


def test_each_list_is_made_once(known):
    asked = []

    def counted(histories, k, exclude_heard):
        asked.append(exclude_heard)
        return hot.Model().fit(known).rank(histories, k, exclude_heard)

    judged(known, heard(ann="ac"), counted=counted)

    # then repeats are judged by the same lists as all plays
    assert sorted(asked) == [False, True]


def test_the_baselines_are_judged_unasked_and_stand_beside_the_others(known):
    # given a crowd that saves c: hot puts it first, popularity puts a first
    ranks = hot.Model().fit(known).rank
    records = judged(known, heard(ann="b", bob="a", cy="a"), hot=ranks)

    found, against = figures(records), figures(records, column="against")
    assert found[("all", "popularity")] == pytest.approx(2 / 3)
    assert against == {
        (target, name): baseline
        for target, baseline in (
            ("all", "personal_then_global"),
            ("repeat", "personal"),
            ("new", "popularity"),
        )
        for name in ("popularity", "personal", "personal_then_global", "hot")
    }
    of_hot = {
        column: figures(records, column=column)[("all", "hot")]
        for column in ("value", "baseline", "difference")
    }
    assert of_hot["baseline"] == found[("all", "personal_then_global")]
    assert of_hot["difference"] == pytest.approx(of_hot["value"] - of_hot["baseline"])
    assert figures(records, column="verdict")[("all", "personal_then_global")] is None


def test_what_is_played_most_comes_first_and_then_what_most_play(known):
    records = judged(known, heard(ann="b", cy="b"), k=3)

    # ann knows a and b, once each; cy knows a and c, and b is the next that most others know
    assert figures(records, "mrr")[("all", "personal")] == pytest.approx((1 / 2 + 0) / 2)
    assert figures(records, "mrr")[("all", "personal_then_global")] == pytest.approx(
        (1 / 2 + 1 / 3) / 2
    )


def test_a_contestant_is_judged_only_by_what_it_is_for(known):
    ranks = hot.Model().fit(known).rank
    records = judged(known, heard(ann="ac"), only={"hot": ("new",)}, hot=ranks)

    assert {target for target, name in figures(records) if name == "hot"} == {"new"}


def test_where_many_came_back_some_are_drawn(known):
    came = Future.of(known, heard(ann="a", bob="a", cy="a"), np.random.default_rng(1), max_users=2)

    assert len(came.users) == 2
    assert set(came.pairs["all"]["user_id"]) == set(came.users)


def test_figures_of_one_recommender_do_not_depend_on_the_others(known):
    alone = judged(known, heard(ann="ac", bob="c"))
    ranks = hot.Model().fit(known).rank
    together = judged(known, heard(ann="ac", bob="c"), hot=ranks)

    kept = [record for record in together if record["recommender"] != "hot"]
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
