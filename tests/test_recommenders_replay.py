"""Play it again: frequency and recency of the listener's own plays."""

import numpy as np
import pandas as pd
import pytest

from tenuto.errors import SettingsError
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders.replay import Model, played

CUTOFF = pd.Timestamp("2020-03-01")


def plays(*rows, window_days=None):
    """From (user, item, days ago); 1 is the day before the cutoff."""
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "ago"])
    table["at"] = CUTOFF - pd.to_timedelta(table["ago"], unit="D")
    return interactions_of(table, time="at", cutoff=CUTOFF, window_days=window_days)


def top(model, user, exclude_heard=False):
    return model.recommend([user], 10, exclude_heard=exclude_heard)["item_id"].tolist()


def test_of_equally_frequent_songs_the_more_recent_comes_first():
    model = Model().fit(plays(("ann", "old", 20), ("ann", "new", 2)))

    assert top(model, "ann") == ["new", "old"]


def test_of_equally_recent_songs_the_more_frequent_comes_first():
    model = Model().fit(plays(("ann", "a", 3), *[("ann", "b", 3)] * 4))

    assert top(model, "ann") == ["b", "a"]


def test_the_score_is_the_base_level_of_all_plays():
    model = Model(popularity=0.0).fit(plays(("ann", "a", 1), ("ann", "a", 4), ("ann", "a", 25)))

    score = model.recommend(["ann"], 1, exclude_heard=False)["score"].iloc[0]

    assert score == pytest.approx(np.log(1 + 1 / 2 + 1 / 5))


def test_with_no_decay_plays_are_counted_and_their_age_forgotten():
    data = plays(("ann", "new", 1), ("ann", "old", 80), ("ann", "old", 90))

    assert top(Model(decay=0.0).fit(data), "ann") == ["old", "new"]
    assert top(Model(decay=0.5).fit(data), "ann") == ["new", "old"]


def test_of_songs_played_once_one_after_the_other_the_popular_one_comes_first():
    others = [(f"u{n}", "hit", 9) for n in range(6)]
    data = plays(("ann", "hit", 2.001), ("ann", "rare", 2.0), *others)

    assert top(Model(popularity=0.0).fit(data), "ann") == ["rare", "hit"]
    assert top(Model(popularity=0.1).fit(data), "ann") == ["hit", "rare"]


def test_a_favourite_of_before_the_window_comes_back():
    model = Model().fit(plays(*[("ann", "gone", 60)] * 9, ("ann", "a", 5), window_days=30))

    assert set(top(model, "ann")) == {"gone", "a"}


def test_it_finds_nothing_that_was_not_heard():
    model = Model().fit(plays(("ann", "a", 1), ("bob", "b", 1)))

    assert top(model, "ann") == ["a"]
    assert top(model, "ann", exclude_heard=True) == []
    assert top(model, "nobody") == []


def test_what_was_saved_and_never_played_is_not_played_again():
    model = Model().fit(plays(("ann", "a", 1), ("ann", "b", 1)))
    history = pd.DataFrame(
        {"user_id": "new", "item_id": ["a", "b"], "preference": 1.0, "last_played_age": [3.0, 0.0]}
    )

    assert model.recommend_new(history, 5, exclude_heard=False)["item_id"].tolist() == ["a"]


def test_a_reason_says_how_often_and_when():
    model = Model().fit(plays(*[("ann", "a", ago) for ago in (3, 9, 9)], ("ann", "b", 1)))
    lists = model.recommend(["ann"], 5, exclude_heard=False)

    said = model.explain(lists).set_index("item_id")["reason"]

    assert said["a"] == "you played it 3 times, last 3 days ago"
    assert said["b"] == "you played it once, 1 day ago"


def test_where_only_an_order_is_known_no_days_are_spoken_of():
    table = pd.DataFrame({"user_id": "ann", "item_id": list("aab"), "n": range(3)})
    model = Model().fit(interactions_of(table, time="n"))

    said = model.explain(model.recommend(["ann"], 5, exclude_heard=False))["reason"]

    assert set(said) == {"you played it twice", "you played it once"}


def test_an_item_the_listener_never_played_is_explained_by_who_else_listens():
    model = Model().fit(plays(("ann", "a", 1), ("bob", "b", 1)))
    asked = pd.DataFrame({"user_id": ["ann"], "item_id": ["b"]})

    assert model.explain(asked)["reason"].iloc[0].startswith("heard by 1 listener")


@pytest.mark.parametrize(
    ("n_plays", "age_days", "sentence"),
    [
        (1, 0.2, "you played it once, 1 day ago"),
        (2, 2.5, "you played it twice, last 3 days ago"),
        (1200, 400, "you played it 1,200 times, last 400 days ago"),
        (7, None, "you played it 7 times"),
    ],
)
def test_plays_in_words(n_plays, age_days, sentence):
    assert played(n_plays, age_days) == sentence


def test_a_setting_below_0_is_refused():
    with pytest.raises(SettingsError, match="decay is -1"):
        Model(decay=-1)
