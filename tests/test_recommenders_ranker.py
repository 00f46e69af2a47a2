"""Candidates put in order by trees: what they see, when they are believed, and what is kept."""

import numpy as np
import pandas as pd
import pytest

from tenuto.recommenders._exam import Exam
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._inner import given
from tenuto.recommenders._order import trained
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW
from tenuto.recommenders._rank_features import ItemFacts, features
from tenuto.recommenders.ranker import Model

MEMBERS = {"item_knn": {}, "popularity": {}, "replay": {}}


def habits(n_users=300, n_items=40, seed=0):
    """Each listener has a camp and goes on with the songs of an odd number of plays alone.

    The time of a play is its place in the listener's order; the last part is what comes later.
    """
    rng = np.random.default_rng(seed)
    before, after = [], []
    for user in range(n_users):
        for item in np.flatnonzero(rng.random(n_items) < 0.4).tolist():
            if item % 2 != user % 2:
                continue
            n_plays = int(rng.integers(1, 5))
            before += [(user, item, float(rng.integers(0, 50))) for _ in range(n_plays)]
            if n_plays % 2 and rng.random() < 0.9:
                after.append((user, item, 60.0))
    columns = ["user_id", "item_id", "place"]
    return pd.DataFrame(before, columns=columns), pd.DataFrame(after, columns=columns)


@pytest.fixture(scope="module")
def learned():
    """Fitted on one crowd's past and future, to be asked about it again."""
    before, after = habits()
    interactions = interactions_of(before, time="place")
    return Model(members=MEMBERS, depth=30).fit(
        interactions, given(interactions, after, "all", "later")
    )


def ranked_exam(n_listeners=200, n_candidates=30, seed=0, is_noise=False):
    """The second column of the table says what is right, unless it is noise; the blend does not."""
    rng = np.random.default_rng(seed)
    size = n_listeners * n_candidates
    is_right = rng.random(size) < 0.1
    known = rng.random(size) if is_noise else is_right + rng.normal(0, 0.2, size)
    table = np.column_stack([rng.random(size), known]).astype(np.float32)
    start = np.arange(n_listeners + 1) * n_candidates
    ideal = np.maximum(np.add.reduceat(is_right, start[:-1]), 1).astype(float)
    return Exam(start, is_right, ideal, {}, table), rng.random(size)


def test_trees_find_what_the_blend_cannot_see():
    exam, blended = ranked_exam()

    order = trained(exam, ["nothing", "all"], blended, n_trees=50, random_state=0)

    assert order.is_better()
    assert order.ndcg > order.of_blend + 0.1


def test_the_same_exam_gives_the_same_trees():
    exam, blended = ranked_exam()

    one = trained(exam, ["a", "b"], blended, n_trees=20, random_state=0)
    two = trained(exam, ["a", "b"], blended, n_trees=20, random_state=0)

    assert one.text == two.text


def test_the_ranker_learns_a_habit_that_no_member_knows(learned):
    before, _ = habits()
    n_plays = before.groupby(["user_id", "item_id"]).size()

    lists = learned.recommend(list(range(50)), 3, exclude_heard=False)

    shown = n_plays.reindex(pd.MultiIndex.from_frame(lists[["user_id", "item_id"]]))
    assert (shown % 2 == 1).mean() > 0.9
    assert learned.order_of[ALL].startswith("trees")


def test_what_was_heard_stays_hidden_and_orders_are_kept_apart(learned):
    before, _ = habits()
    heard = set(zip(before["user_id"], before["item_id"], strict=True))

    lists = learned.recommend(list(range(50)), 5, exclude_heard=True)

    assert not heard & set(zip(lists["user_id"], lists["item_id"], strict=True))
    assert learned.order_of[NEW].startswith("the blend: 0 listeners")


def test_a_saved_ranker_with_trees_is_the_same_after_loading(learned, tmp_path):
    digest = learned.save(tmp_path / "one")
    loaded = Model.load(tmp_path / "one")

    users = list(range(20))
    pd.testing.assert_frame_equal(
        loaded.recommend(users, 9, exclude_heard=False),
        learned.recommend(users, 9, exclude_heard=False),
    )
    assert loaded.orders == learned.orders
    assert loaded.order_of == learned.order_of
    assert loaded.save(tmp_path / "two") == digest


def test_a_batch_gives_with_trees_what_its_users_get_one_by_one(learned):
    together = learned.recommend([3, 1, 7], 9, exclude_heard=False)
    alone = [learned.recommend([user], 9, exclude_heard=False) for user in (3, 1, 7)]

    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_with_too_few_listeners_to_learn_from_the_blend_is_the_order_and_it_says_so():
    before, after = habits(n_users=60)
    interactions = interactions_of(before, time="place")

    inner = given(interactions, after, "all", "later")
    model = Model(members=MEMBERS, depth=30).fit(interactions, inner)

    assert model.orders == {}
    assert model.order_of[ALL].startswith("the blend: 59 listeners")


def test_several_earlier_moments_are_more_listeners_to_learn_from():
    before, after = habits(n_users=60)
    interactions = interactions_of(before, time="place")

    inner = given(interactions, after, "all", "later")
    model = Model(members=MEMBERS, depth=30).fit(interactions, [inner, inner])

    assert model.weighings[ALL].n_listeners == 118
    assert not model.order_of[ALL].startswith("the blend: 118 listeners to learn from")


def histories_of_one(**columns):
    known = {name: np.array(values) for name, values in columns.items()}
    return Histories.of_pairs(np.zeros(len(known["item"])), **known, n_rows=1, n_items=4)


def told(histories, artist, *offered):
    pool = Pool.of_lists([np.array([list(offered)])], histories.n_items)
    scores = np.arange(len(offered), 0, -1, dtype=float)[None, :]
    items = ItemFacts.of(histories, np.array(artist))
    lists = [(np.array([list(offered)]), scores)]
    table, names = features(pool, lists, ["knn"], histories, items)
    return pd.DataFrame(table, columns=names, index=pool.item)


def test_of_a_heard_song_the_plays_are_told_and_of_another_nothing():
    histories = histories_of_one(
        item=[0, 2], preference=[1.0, 1.0], last_played_age=[5.0, 9.0], n_plays=[3.0, 1.0]
    )

    table = told(histories, [-1, -1, -1, -1], 2, 1)

    assert table.loc[2, ["pair_plays", "pair_days", "pair_share"]].tolist() == [1.0, 9.0, 0.25]
    assert table.loc[1, ["pair_plays", "pair_days", "pair_share"]].isna().all()
    assert table["knn_place"].tolist() == [1.0, 0.0]
    assert (table["listener_silent_days"] == 5.0).all()


def test_an_artist_is_known_by_all_the_listener_heard_of_them():
    histories = histories_of_one(
        item=[0, 1, 2], preference=[1.0] * 3, last_played_age=[1.0] * 3, n_plays=[2.0, 1.0, 1.0]
    )

    table = told(histories, [0, 0, 1, 0], 3, 2)

    assert table.loc[3, ["artist_share", "artist_items"]].tolist() == [0.75, 2.0]
    assert table.loc[2, ["artist_share", "artist_items"]].tolist() == [0.25, 1.0]


def test_without_artists_nothing_is_told_of_them():
    histories = histories_of_one(item=[0], preference=[1.0], last_played_age=[1.0])

    assert not any(name.startswith("artist") for name in told(histories, [-1] * 4, 0, 1))


def test_an_artist_that_nobody_names_is_unknown_not_unheard():
    histories = histories_of_one(item=[0], preference=[1.0], last_played_age=[1.0])

    table = told(histories, [0, -1, 0, 1], 1, 3)

    assert np.isnan(table.loc[1, "artist_share"])
    assert table.loc[3, "artist_share"] == 0.0


def test_artists_are_kept_with_the_ranker(tmp_path):
    before, after = habits(n_users=60)
    interactions = interactions_of(before, time="place")
    names = pd.Series([f"artist {item % 7}" for item in range(39)], index=range(39))

    inner = given(interactions, after, "all", "later")
    model = Model(members=MEMBERS, depth=30).fit(interactions, inner, artist_of=names)
    model.save(tmp_path / "saved")

    artist = Model.load(tmp_path / "saved").items.artist
    assert artist[0] == artist[7] != artist[1]
    assert artist[39] == -1
