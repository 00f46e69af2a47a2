"""The recommenders' answers, worked out by hand."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_past import CUTOFF, FakePast, downloaded, liked, played, searched
from tenuto.errors import ContractError, SettingsError, UnknownName
from tenuto.lists._charts import hot_lists
from tenuto.lists._titles import Titles
from tenuto.recommenders import hot, popularity
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions, interactions_before
from tenuto.recommenders._one_list import top_unheard


@pytest.fixture
def before(duckdb_engine):
    """Interactions made of events."""

    def made(*happenings, preference="max_score", window_days=30):
        return interactions_before(FakePast(duckdb_engine, *happenings), preference, window_days)

    return made


def order(model):
    return model.top(99)["item_id"].tolist()


def scores(model):
    return dict(zip(*model.top(99)[["item_id", "score"]].to_numpy().T, strict=True))


# Interactions.


def test_interactions_hold_preferences_last_plays_and_sums_of_the_window(before):
    found = before(
        played("bob", "b", ago=2, share=0.5),
        played("ann", "b", ago=9),
        played("ann", "b", ago=4),
        downloaded("ann", "a", ago=1),
        played("ann", "old", ago=31),
        searched("b", ago=4, times=3),
    )

    assert found.user_ids.tolist() == ["ann", "bob"]
    # What is older than the window is known to the listener, and says nothing of taste.
    assert found.item_ids.tolist() == ["a", "b", "old"]
    assert found.histories.taste().toarray().tolist() == [[5, 5, 0], [0, 3, 0]]
    assert found.histories.last_played_age.tolist() == [0, 4, 31, 2]
    assert found.histories.n_plays.tolist() == [0, 2, 1, 1]
    assert found.item_sums.to_dict("list") == {
        "n_plays": [0, 3, 0],
        "n_downloads": [1, 0, 0],
        "n_searches": [0, 3, 0],
    }


def test_what_a_preference_leaves_out_is_known_to_the_listener_all_the_same(before):
    found = before(played("ann", "a", seconds=0.0), preference="play_time_share")

    assert found.histories.item.tolist() == [0]
    assert found.histories.preference.tolist() == [0]


def test_whole_number_ids_stay_whole_numbers(before):
    found = popularity.Model().fit(before(played(7, 168_000_000_000_001), played(8, 2)))

    lists = found.recommend([7, 9], 1, exclude_heard=True)

    assert lists["user_id"].tolist() == [7, 9]
    assert lists["item_id"].tolist() == [2, 2]
    assert str(lists["item_id"].dtype) == "int64"


def test_an_unknown_preference_is_named_with_the_known_ones(before):
    with pytest.raises(UnknownName, match="max_score"):
        before(played("ann", "a"), preference="max_scor")


# Popularity.


def test_popularity_counts_listeners_not_plays(before):
    model = popularity.Model().fit(
        before(*[played("ann", "on_repeat")] * 5, played("ann", "b"), played("bob", "b", ago=20))
    )

    assert scores(model) == {"b": 2, "on_repeat": 1}


def test_a_song_only_saved_has_no_listener_and_is_not_popular(before):
    model = popularity.Model().fit(before(played("ann", "a"), downloaded("bob", "saved")))

    assert order(model) == ["a"]


def test_ties_go_to_the_lower_id(before):
    model = popularity.Model().fit(before(*[played("ann", item) for item in "cab"]))

    assert order(model) == ["a", "b", "c"]


def test_a_listener_a_half_life_earlier_counts_half(before):
    # given one listener yesterday, three listeners 10 days before
    events = [played("ann", "new", ago=1), *[played(user, "old", ago=11) for user in "xyz"]]

    model = popularity.Model(half_life_days=10).fit(before(*events))

    assert scores(model) == {"old": 1.5, "new": 1.0}
    assert order(popularity.Model(half_life_days=5).fit(before(*events))) == ["new", "old"]


def test_a_listener_counts_once_by_the_last_play(before):
    model = popularity.Model(half_life_days=10).fit(
        before(played("ann", "a", ago=11), played("ann", "a", ago=1))
    )

    assert scores(model) == {"a": 1.0}


def test_a_half_life_of_ages_is_no_half_life(before):
    crowd = before(*[played(f"u{n}", f"i{n % 4}", ago=1 + n % 5) for n in range(25)])

    aged, plain = popularity.Model(half_life_days=1e12).fit(crowd), popularity.Model().fit(crowd)

    assert scores(aged) == pytest.approx(scores(plain))


@pytest.mark.parametrize("days", [0, -1, float("nan")])
def test_a_half_life_has_to_be_above_0(days):
    with pytest.raises(SettingsError, match="half_life_days"):
        popularity.Model(half_life_days=days)


def test_popularity_says_how_many_listen(before):
    model = popularity.Model().fit(before(played("ann", "a"), played("bob", "a"), played("x", "b")))

    reasons = model.explain(model.recommend(["zoe"], 2, exclude_heard=True))["reason"]

    assert reasons.tolist() == [
        "heard by 2 listeners in the last 30 days",
        "heard by 1 listener in the last 30 days",
    ]


# Hot.


def test_hot_adds_four_terms_of_one_size(before):
    # given two items that differ in plays and downloads, not in preference or searches
    found = hot.Model().fit(
        before(played("ann", "a"), played("bob", "a"), downloaded("cy", "a"), played("ann", "b"))
    )

    # then plays are over their root mean square, and the only download is of size 1
    usual = math.sqrt((math.log(3) ** 2 + math.log(2) ** 2) / 2)
    wanted = {"a": math.log(3) / usual + 1, "b": math.log(2) / usual}
    assert scores(found) == pytest.approx(wanted)


def test_equal_weights_are_equal_whatever_the_sizes_of_the_counts(before):
    # given a song with 400 plays, and one downloaded once instead
    events = [played("ann", "a")] * 400 + [downloaded("ann", "b")]

    assert scores(hot.Model().fit(before(*events))) == {"a": 1.0, "b": 1.0}


def test_a_weight_of_0_takes_a_term_out(before):
    # given one song played, and one downloaded and searched for
    crowd = before(played("ann", "a"), downloaded("bob", "b"), searched("b"))

    assert order(hot.Model().fit(crowd)) == ["b", "a"]
    assert order(hot.Model(weights={"downloads": 0, "searches": 0}).fit(crowd)) == ["a", "b"]


def test_a_query_that_is_a_title_makes_a_song_hotter(before):
    events = [played("ann", "a"), played("bob", "b")]

    assert order(hot.Model().fit(before(*events, searched("b", ago=1, times=9)))) == ["b", "a"]


def test_two_searches_where_nobody_searches_do_not_make_a_hit(before):
    # given a hundred songs with a play each, one of them searched for, and a hit
    others = [played("ann", f"s{number:02d}") for number in range(100)]
    hit = [played(f"u{number}", "hit") for number in range(30)]
    saved = [downloaded(f"u{number}", "hit") for number in range(3)]

    model = hot.Model().fit(before(*others, *hit, *saved, searched("s77", times=2)))

    assert order(model)[:3] == ["hit", "s77", "s00"]


def test_one_fan_does_not_outweigh_many_who_like_a_song_a_little_less(before):
    fans = [played("ann", "fan", share=1.0)]
    many = [played(f"u{n}", "many", share=1.0 if n % 4 else 0.0) for n in range(40)]
    bad = [played(f"u{n}", "bad", share=0.0) for n in range(40)]
    crowd = before(*fans, *many, *bad)

    bad_drawn, fan_drawn, many_drawn = hot.shrunken_preference(crowd, shrinkage=10)
    bad_plain, fan_plain, many_plain = hot.shrunken_preference(crowd, shrinkage=0)

    assert fan_plain > many_plain > bad_plain
    assert many_drawn > fan_drawn > 0 > bad_drawn


def test_where_all_is_liked_alike_preference_says_nothing(before):
    crowd = before(*[played("ann", item, share=0.7) for item in "abc"], preference="counts")

    assert hot.shrunken_preference(crowd, shrinkage=10).tolist() == [0, 0, 0]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_what_happened_has_size_1_and_what_did_not_stays_0(counts):
    sized = hot.to_size(np.log1p(np.array(counts)))

    assert ((sized == 0) == (np.array(counts) == 0)).all()
    assert not sized.any() or (sized[sized > 0] ** 2).mean() == pytest.approx(1)


@pytest.mark.parametrize("settings", [{"weights": {"likes": 1}}, {"weights": {"plays": -1}}])
def test_weights_have_known_names_and_are_not_negative(settings):
    with pytest.raises(SettingsError, match="preference, plays, downloads, searches"):
        hot.Model(**settings)


def test_hot_says_what_happened(before, tmp_path):
    events = [played("ann", "a")] * 3 + [downloaded("ann", "a"), liked("bob", "b")]
    model = hot.Model().fit(before(*events, window_days=7))
    model.save(tmp_path)

    for each in (model, Recommender.load(tmp_path)):
        reasons = each.explain(pd.DataFrame({"user_id": "zoe", "item_id": ["a", "b"]}))["reason"]
        assert reasons.tolist() == [
            "played 3 times, downloaded once in the last 7 days",
            "known in the last 7 days",
        ]


def test_the_week_and_the_month_have_charts_of_their_own(duckdb_engine):
    past = FakePast(
        duckdb_engine,
        *[played(user, "last_month", ago=20) for user in ("ann", "bob", "cy")],
        *[played(user, "this_week", ago=2) for user in ("ann", "bob")],
        downloaded("ann", "this_week", ago=3),
        searched("this_week", ago=2, times=4),
    )
    items = pd.DataFrame({"item_id": ["this_week"], "title": ["T"], "artist": ["A"]})

    charts = hot_lists(past, items, k=5)

    month, week = (charts[charts["list"] == name].iloc[0] for name in ("month", "week"))
    assert charts["list"].tolist() == ["week", "month", "month"]
    assert week.drop("score").to_dict() == {
        "list": "week",
        "rank": 1,
        "item_id": "this_week",
        "title": "T",
        "artist": "A",
        "n_plays": 2,
        "n_listeners": 2,
        "n_downloads": 1,
        "n_searches": 4,
    }
    assert month["item_id"] == "this_week"
    assert charts.iloc[2]["title"] is None


# Hiding what was heard.


@given(st.data())
def test_hiding_is_the_same_as_walking_down_the_list(data):
    n_items = data.draw(st.integers(1, 12))
    ranked = data.draw(st.permutations(range(n_items)))[: data.draw(st.integers(0, n_items))]
    heard = data.draw(st.lists(st.sets(st.integers(0, n_items - 1)), min_size=1, max_size=4))
    k = data.draw(st.integers(1, 14))
    pairs = [(row, item) for row, items in enumerate(heard) for item in items]
    row, item = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
    ones = np.ones(len(row))
    histories = Histories.of_pairs(row, item, ones, ones, n_rows=len(heard), n_items=n_items)

    found = top_unheard(np.array(ranked, dtype=np.int64), histories, k)

    for items, places in zip(heard, found.tolist(), strict=True):
        wanted = [number for number in ranked if number not in items][:k]
        assert places == wanted + [-1] * (k - len(wanted))


def test_histories_taken_twice_and_unknown_ones_are_rows_as_asked():
    rows, items = np.array([0, 0, 1]), np.array([2, 0, 1])
    whole = Histories.of_pairs(rows, items, [1, 2, 3], [4, 5, 6], n_rows=2, n_items=3)

    taken = whole.take([1, -1, 0, 1])

    assert taken.taste().toarray().tolist() == [[0, 3, 0], [0, 0, 0], [2, 0, 1], [0, 3, 0]]
    assert taken.last_played_age.tolist() == [6, 5, 4, 6]


@pytest.mark.parametrize(("opinion", "taste"), [(-1, 0.0), (0, 5.0), (1, 5.0)])
def test_what_is_disliked_is_no_taste_however_often_it_was_played(opinion, taste):
    one = {"n_rows": 1, "n_items": 1, "n_plays": [9], "opinion": [opinion]}
    histories = Histories.of_pairs([0], [0], [5.0], [1.0], **one)

    assert histories.preference.tolist() == [taste]
    assert histories.n_plays.tolist() == [9]


def test_rows_taken_one_after_the_other_are_alike_and_others_are_not():
    rows, items = np.array([0, 0, 1, 1]), np.array([2, 0, 2, 0])
    whole = Histories.of_pairs(rows, items, [1, 2, 1, 3], [4, 5, 4, 5], n_rows=3, n_items=3)

    listener, first = whole.take([0, 0, 1, 1, 1, 2, 2, 0]).alike()

    assert listener.tolist() == [0, 0, 1, 1, 1, 2, 2, 3]
    assert first.tolist() == [0, 2, 5, 7]


# Titles.


def test_titles_are_put_beside_ids_and_missing_ones_are_none():
    lists = pd.DataFrame({"rank": [1, 2, 3], "item_id": ["b", "x", "a"], "score": [3.0, 2.0, 1.0]})
    items = pd.DataFrame({"item_id": ["a", "b"], "title": ["A", None], "artist": ["Z", "Y"]})

    named = Titles.of(items).beside(lists)

    assert list(named.columns) == ["rank", "item_id", "title", "artist", "score"]
    assert named["title"].tolist() == [None, None, "A"]
    assert named["artist"].tolist() == ["Y", None, "Z"]


def test_an_item_with_two_names_is_refused():
    items = pd.DataFrame({"item_id": ["a", "a"], "title": "A", "artist": "Z"})

    with pytest.raises(ContractError, match="item a is there twice"):
        Titles.of(items)


def test_a_last_play_on_or_after_the_cutoff_is_refused():
    pairs = pa.table(
        {
            "user_id": ["ann"],
            "item_id": ["a"],
            "preference": [1.0],
            "last_played": [CUTOFF],
        }
    )
    sums = pa.table({"item_id": ["a"]} | {column: [1] for column in ITEM_SUMS})

    with pytest.raises(ContractError, match="not before the cutoff 2017-04-29"):
        Interactions.of_tables(pairs, sums, cutoff=CUTOFF, window_days=30, preference="counts")
