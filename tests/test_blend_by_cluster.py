"""Clusters of listeners with a blend of their own: taken where it surely helps, and kept."""

import numpy as np
import pandas as pd
import pytest

from tenuto.recommenders import _by_cluster
from tenuto.recommenders._by_cluster import tried_weighings
from tenuto.recommenders._exam import Exam
from tenuto.recommenders._inner import given
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._questions import NEW
from tenuto.recommenders._weighing import Weighing
from tenuto.recommenders.blend import Model

NAMES = ["left", "right"]
USUAL = Weighing("ranks", {"left": 0.5, "right": 0.5})
MEMBERS = {"item_knn": {}, "popularity": {}}


def an_exam(right_for, n_listeners=400, n_candidates=60):
    """Two lists; which of them is right for a listener says the listener's cluster, 0 or 1."""
    rng = np.random.default_rng(4)
    cluster = np.arange(n_listeners) % 2
    is_right = rng.random((n_listeners, n_candidates)) < 0.1
    is_right[:, 0] = True
    told = np.clip(is_right * 0.5 + rng.random(is_right.shape) * 0.5, 0, 1)
    noise = rng.random(is_right.shape)
    is_left = np.array(right_for)[cluster][:, None] == "left"
    worth = np.stack([np.where(is_left, told, noise), np.where(is_left, noise, told)], axis=2)
    return Exam(
        np.arange(n_listeners + 1) * n_candidates,
        is_right.ravel(),
        np.full(n_listeners, 3.0),
        {"ranks": worth.reshape(-1, 2).astype(np.float32)},
        np.repeat(cluster, n_candidates)[:, None].astype(np.float32),
    )


def test_clusters_that_different_members_understand_get_weights_of_their_own():
    tried = tried_weighings(NAMES, an_exam(["left", "right"]), USUAL, 2, np.random.default_rng(0))

    assert tried.is_better()
    assert tried.weighings[0].weights["left"] > 0.8
    assert tried.weighings[1].weights["right"] > 0.8


def test_where_the_same_member_is_right_for_everybody_clusters_do_not_help():
    tried = tried_weighings(NAMES, an_exam(["left", "left"]), USUAL, 2, np.random.default_rng(0))

    assert not tried.is_better()


def test_a_cluster_of_few_keeps_the_weights_of_all():
    exam = an_exam(["left", "right"], n_listeners=2 * (_by_cluster.TOO_FEW - 1))

    tried = tried_weighings(NAMES, exam, USUAL, 2, np.random.default_rng(0))

    assert [one.weights for one in tried.weighings] == [USUAL.weights] * 2
    assert not tried.is_better()


# In the blend.


@pytest.fixture(scope="module")
def town():
    """Before a moment, and after: two camps of taste, each with its own songs."""
    rng = np.random.default_rng(0)
    plays = pd.DataFrame(
        [
            (f"{camp}{listener:03d}", item)
            for camp in (0, 1)
            for listener in range(90)
            for item in range(camp, 24, 2)
            if rng.random() < 0.7
        ],
        columns=["user_id", "item_id"],
    )
    is_later = rng.random(len(plays)) < 0.3
    before = interactions_of(plays[~is_later])
    return before, given(before, plays[is_later], "all", "later")


@pytest.fixture(scope="module")
def clustered(town):
    """A blend that takes the weights of clusters whether they help or not."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(_by_cluster.Tried, "is_better", lambda tried: True)
        return Model(members=MEMBERS, by_cluster=True).fit(*town)


def lists_of(model, users):
    return model.recommend(users, 5, exclude_heard=True)


def test_without_being_asked_there_are_no_clusters(town):
    assert Model(members=MEMBERS).fit(*town).by_cluster is None


def test_each_listener_is_served_by_the_weights_of_the_own_cluster(town, clustered):
    before, own = town[0], clustered.by_cluster
    cluster = own.clusters.assign(before.histories)
    first = own.weighings[NEW][0]
    usual = Model(members=MEMBERS).fit(*town)
    usual.weighings = usual.weighings | {NEW: first}

    users = before.user_ids[cluster == 0]

    assert 0 < len(users) < len(before.user_ids)
    pd.testing.assert_frame_equal(lists_of(clustered, users), lists_of(usual, users))


def test_a_blend_with_clusters_is_saved_and_updated_as_it_is(tmp_path, town, clustered):
    users = town[0].user_ids
    digest = clustered.save(tmp_path / "one")
    again = Model.load(tmp_path / "one")

    assert set(again.by_cluster.weighings) == set(clustered.by_cluster.weighings)
    pd.testing.assert_frame_equal(lists_of(again, users), lists_of(clustered, users))
    assert again.update(town[0]).save(tmp_path / "two") == digest


def test_a_later_fit_takes_the_clusters_over_though_items_have_other_numbers(town, clustered):
    before = town[0]
    more = pd.DataFrame(
        {
            "user_id": [*before.user_ids.take(before.histories.row_of_entry()), "new"],
            "item_id": [*before.item_ids.take(before.histories.item), -1],
        }
    )

    later = Model(members=MEMBERS, by_cluster=True).fit_as(interactions_of(more), clustered)

    then = clustered.by_cluster.clusters.assign(before.histories)
    now = later.by_cluster.clusters.assign(later.histories_of(before.user_ids))
    assert now.tolist() == then.tolist()
