"""What each re-ranking does, on lists short enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.errors import ContractError, SettingsError, UnknownName
from tenuto.reranking import Candidates, Facts, Pairs, listener_numbers, reranked
from tenuto.reranking._candidates import place_in_group
from tenuto.reranking._draws import uniform
from tenuto.reranking.popularity_calibration import groups


def lists(*rows):
    """Candidates, best first; scores fall by 1 from place to place."""
    width = max(len(row) for row in rows)
    item = np.full((len(rows), width), -1, dtype=np.int64)
    score = np.full((len(rows), width), np.nan)
    for number, row in enumerate(rows):
        item[number, : len(row)] = row
        score[number, : len(row)] = 10.0 - np.arange(len(row))
    return Candidates(item, score)


def pairs(*rows, ages=None):
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    item = np.array([item for row in rows for item in row], dtype=np.int64)
    return Pairs(start, item, None if ages is None else np.array(ages, dtype=np.float64))


def first_list(after):
    return [item for item in after.item[0].tolist() if item >= 0]


def test_an_item_takes_the_score_of_the_place_it_comes_to():
    facts = Facts(artist=np.array([7, 7, 8]))
    after = reranked(lists([0, 1, 2]), facts, 2, {"artist_cap": {"at_most": 1}})
    assert first_list(after) == [0, 2, 1]
    assert after.score[0].tolist() == [10.0, 9.0, 8.0]


# artist_cap


def test_no_more_of_an_artist_than_the_cap_are_in_the_first_k():
    facts = Facts(artist=np.array([7, 7, 7, 8, 8, 9]))
    after = reranked(lists([0, 1, 2, 3, 4, 5]), facts, 4, {"artist_cap": {"at_most": 2}})
    assert first_list(after) == [0, 1, 3, 4, 2, 5]


def test_what_stands_behind_the_first_k_already_stays_there():
    facts = Facts(artist=np.array([7, 8, 9, 7, 7]))
    after = reranked(lists([0, 1, 2, 3, 4]), facts, 3, {"artist_cap": {"at_most": 1}})
    assert first_list(after) == [0, 1, 2, 3, 4]


def test_unknown_artists_are_not_one_artist():
    facts = Facts(artist=np.array([-1, -1, -1, 7]))
    after = reranked(lists([0, 1, 2, 3]), facts, 3, {"artist_cap": {"at_most": 1}})
    assert first_list(after) == [0, 1, 2, 3]


def test_a_cap_is_kept_even_where_the_list_gets_short_for_it():
    facts = Facts(artist=np.array([7, 7, 7, 8]))
    after = reranked(lists([0, 1, 2, 3]), facts, 3, {"artist_cap": {"at_most": 1}})
    assert first_list(after) == [0, 3]


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=25), st.integers(1, 3), st.integers(1, 12))
def test_a_cap_holds_for_every_list(artists, at_most, k):
    artist = np.array(artists)
    after = reranked(
        lists(range(len(artists))), Facts(artist=artist), k, {"artist_cap": {"at_most": at_most}}
    )
    shown = artist[np.array(first_list(after.first(k)), dtype=np.int64)]
    counted = np.bincount(shown[shown >= 0], minlength=4)
    allowed = sum(min(artists.count(who), at_most) for who in range(4)) + artists.count(-1)

    assert counted.max(initial=0) <= at_most
    assert len(shown) == min(k, allowed)


# diversity


def test_a_twin_of_what_is_on_the_list_waits_for_what_is_unlike_it():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    after = reranked(
        lists([0, 1, 2, 3]), Facts(vectors=vectors), 2, {"diversity": {"strength": 0.5}}
    )
    assert first_list(after) == [0, 2, 1, 3]


def test_the_best_candidate_stays_first_however_much_diversity_is_asked_for():
    vectors = np.eye(4)[[0, 0, 1, 2]]
    after = reranked(
        lists([0, 1, 2, 3]), Facts(vectors=vectors), 3, {"diversity": {"strength": 0.99}}
    )
    assert first_list(after) == [0, 2, 3, 1]


def test_more_strength_makes_a_list_no_more_alike():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 3))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    start = lists(*[rng.permutation(40) for _ in range(50)])

    def alike(strength):
        after = reranked(start, Facts(vectors=vectors), 8, {"diversity": {"strength": strength}})
        shown = unit[after.item[:, :8]]
        return np.einsum("nif,njf->nij", shown, shown).clip(0).mean()

    assert alike(0) > alike(0.3) > alike(0.6)


def test_an_item_without_a_vector_is_like_nothing():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [np.nan, np.nan]])
    after = reranked(lists([0, 1, 2]), Facts(vectors=vectors), 2, {"diversity": {"strength": 0.6}})
    assert first_list(after) == [0, 2, 1]


# popularity_penalty and popularity_calibration


def test_at_a_strength_of_1_twice_the_listeners_double_the_place():
    # 1 * 8 and 2 * 4 tie, and keep their order; 3 * 2 is before them.
    facts = Facts(popularity=np.array([7.0, 3.0, 1.0]))
    after = reranked(lists([0, 1, 2]), facts, 3, {"popularity_penalty": {"strength": 1}})
    assert first_list(after) == [2, 0, 1]


def test_the_head_is_the_fewest_items_with_half_of_all_listening():
    popularity = np.array([1.0, 40.0, 10.0, 30.0, 10.0, 9.0, 0.0])
    # In order 40, 30 | 10 | 10, 9, 1, 0: the head passes a half, the tail has a fifth.
    assert groups(popularity, head=0.5, tail=0.2).tolist() == [2, 0, 1, 0, 2, 2, 2]


def test_the_share_of_the_rare_approaches_that_of_the_history():
    # Items 0 to 9 are known to all, 10 to 99 to few; the listener hears only of the latter.
    popularity = np.where(np.arange(100) < 10, 90.0, 1.0)
    facts = Facts(popularity=popularity, heard=pairs(range(60, 98)))
    start = lists([*range(10), *range(10, 50)])

    def n_rare(strength):
        settings = {"strength": strength, "head": 0.5, "tail": 0.1}
        after = reranked(start, facts, 10, {"popularity_calibration": settings})
        return int((after.item[0, :10] >= 10).sum())

    assert [n_rare(strength) for strength in (0, 0.5, 1)] == [0, 5, 10]


def test_of_each_group_the_best_come_first():
    popularity = np.array([50.0, 50.0, 50.0, 1.0, 1.0, 1.0])
    facts = Facts(popularity=popularity, heard=pairs([3, 4, 5] * 200))
    after = reranked(
        lists([0, 1, 2, 4, 3, 5]), facts, 2, {"popularity_calibration": {"strength": 1}}
    )
    assert first_list(after) == [4, 3, 0, 1, 2, 5]


def test_who_has_heard_nothing_keeps_the_list():
    facts = Facts(popularity=np.array([9.0, 5.0, 1.0]), heard=pairs([]))
    start = lists([0, 1, 2])
    after = reranked(start, facts, 2, {"popularity_calibration": {"strength": 1}})
    assert first_list(after) == [0, 1, 2]


def test_one_rare_song_does_not_make_a_rare_list():
    popularity = np.where(np.arange(60) < 30, 100.0, 1.0)
    start, facts = lists(range(60)), Facts(popularity=popularity, heard=pairs([59]))
    after = reranked(start, facts, 9, {"popularity_calibration": {"strength": 1, "tail": 0.01}})
    # One of one against two of the list's: a third of the way.
    assert int((after.item[0, :9] >= 30).sum()) == 3


def test_head_and_tail_cannot_have_more_than_all_listening():
    facts = Facts(popularity=np.ones(3), heard=pairs([0]))
    with pytest.raises(SettingsError, match=r"head \+ tail is 1.2"):
        reranked(lists([0, 1]), facts, 1, {"popularity_calibration": {"head": 0.8, "tail": 0.4}})


# exploration


def many(n=2_000, width=60):
    facts = Facts(listener=np.arange(n), day=20_000)
    return lists(*[range(width)] * n), facts


def n_new(after, k=10):
    return (after.item[:, :k] >= k).sum(axis=1)


def test_the_share_of_places_is_kept_on_average():
    start, facts = many()
    assert set(n_new(reranked(start, facts, 10, {"exploration": {"share": 0.2}}))) == {2}
    some = n_new(reranked(start, facts, 10, {"exploration": {"share": 0.05}}))
    assert set(some) == {0, 1}
    assert some.mean() == pytest.approx(0.5, abs=0.05)


def test_the_first_places_stay_and_the_last_ones_are_given_away():
    after = reranked(*many(20), 10, {"exploration": {"share": 0.3}})
    assert (after.item[:, :7] == np.arange(7)).all()
    assert (np.sort(after.item, axis=1) == np.arange(60)).all()


def test_another_day_another_listener_or_another_seed_tries_other_items():
    start, facts = many(200)
    settings = {"exploration": {"share": 0.1}}
    today = reranked(start, facts, 10, settings).item[:, 9]
    tomorrow = reranked(start, Facts(listener=facts.listener, day=20_001), 10, settings).item[:, 9]
    reseeded = reranked(start, facts, 10, {"exploration": {"share": 0.1, "seed": 1}}).item[:, 9]

    assert len(set(today)) > 30
    assert (today != tomorrow).mean() > 0.9
    assert (today != reseeded).mean() > 0.9


def test_what_few_were_shown_is_tried_more():
    start, facts = many()
    n_shown = np.where(np.arange(60) < 35, 9.0, 0.0)
    facts = Facts(listener=facts.listener, day=facts.day, n_shown=n_shown)
    tried = reranked(start, facts, 10, {"exploration": {"share": 0.1}}).item[:, 9]
    # 25 candidates of either kind, ten to one.
    assert (tried >= 35).mean() == pytest.approx(10 / 11, abs=0.03)


def test_nothing_beyond_the_depth_is_tried():
    after = reranked(*many(300), 10, {"exploration": {"share": 0.5, "depth": 20}})
    assert after.item[:, :10].max() < 20


@given(st.integers(-(2**62), 2**62), st.integers(0, 40_000))
def test_a_draw_is_a_number_between_0_and_1(listener, day):
    assert 0 < uniform(0, listener, day) < 1


def test_draws_are_spread_evenly():
    drawn = uniform(0, np.arange(20_000), 5)
    assert np.histogram(drawn, bins=10, range=(0, 1))[0] == pytest.approx(2_000, rel=0.1)


def test_a_listener_has_the_same_number_in_every_table():
    one, other = pd.Index(["ann", "bob"]), pd.Index(["zoe", "bob", "ann"])
    assert listener_numbers(one).tolist() == listener_numbers(other)[[2, 1]].tolist()
    assert listener_numbers(pd.Index([5, 3])).tolist() == [5, 3]


# not_again


def test_what_was_shown_within_the_days_is_left_out():
    # Yesterday, seven days ago, eight days ago, today.
    facts = Facts(shown=pairs([0, 1, 2, 3], ages=[1, 7, 8, 0]))
    after = reranked(lists([0, 1, 2, 3, 4]), facts, 5, {"not_again": {"days": 7}})
    assert first_list(after) == [2, 3, 4]
    assert after.score[0].tolist()[:3] == [8.0, 7.0, 6.0]


def test_an_item_shown_twice_is_as_old_as_the_last_time():
    facts = Facts(shown=pairs([0, 0], ages=[30, 2]))
    after = reranked(lists([0, 1]), facts, 2, {"not_again": {"days": 7}})
    assert first_list(after) == [1]


def test_what_others_were_shown_does_not_matter():
    facts = Facts(shown=pairs([0], [1], ages=[1, 1]))
    after = reranked(lists([0, 1], [0, 1]), facts, 2, {"not_again": {}})
    assert after.item.tolist() == [[1, -1], [0, -1]]


# damp_disliked


def test_neighbours_of_a_disliked_item_go_down_by_how_near_they_are():
    # The listener dislikes 3; 0 is its twin, 1 is at 60 degrees, 2 has nothing in common.
    half = np.sqrt(3) / 2
    vectors = np.array([[1.0, 0.0], [0.5, half], [0.0, -1.0], [2.0, 0.0]])
    facts = Facts(vectors=vectors, disliked=pairs([3]))
    after = reranked(lists([0, 1, 2]), facts, 3, {"damp_disliked": {"strength": 4}})
    # Places 1 * 2**4, 2 * 2**2 and 3.
    assert first_list(after) == [2, 1, 0]


def test_the_nearest_disliked_item_decides():
    vectors = np.eye(3)[[0, 1, 0, 2]]
    facts = Facts(vectors=vectors, disliked=pairs([3, 2]))
    after = reranked(lists([0, 1]), facts, 2, {"damp_disliked": {"strength": 2}})
    assert first_list(after) == [1, 0]


def test_a_dislike_taken_back_leaves_no_trace():
    facts = Facts(vectors=np.ones((3, 2)), disliked=pairs([]))
    after = reranked(lists([2, 0, 1]), facts, 3, {"damp_disliked": {}})
    assert first_list(after) == [2, 0, 1]


# lean_familiar


def test_only_the_list_of_who_may_leave_leans_to_the_familiar():
    start = lists([0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3])
    facts = Facts(heard=pairs([3], [3], [3]), risk=np.array([0.0, 1.0, np.nan]))
    after = reranked(start, facts, 4, {"lean_familiar": {"strength": 3}})
    assert after.item.tolist() == [[0, 1, 2, 3], [3, 0, 1, 2], [0, 1, 2, 3]]


def test_the_higher_the_risk_the_further_forward_comes_the_familiar():
    facts = Facts(heard=pairs([7], [7], [7]), risk=np.array([0.1, 0.5, 0.9]))
    after = reranked(lists(*[range(8)] * 3), facts, 8, {"lean_familiar": {"strength": 3}})
    place = (after.item == 7).argmax(axis=1)
    assert place[0] > place[1] > place[2]


def test_an_artist_heard_before_is_familiar_in_part():
    # One song heard of artist 7, three of 8, none of 9; unknown artists are nobody's.
    artist = np.array([9, 7, 8, -1, 7, 8, 8, 8, -1])
    facts = Facts(heard=pairs([4, 5, 6, 7, 8]), risk=np.array([1.0]), artist=artist)
    after = reranked(lists([0, 3, 1, 2]), facts, 4, {"lean_familiar": {"strength": 4}})
    # Places 1, 2, 3 / 2**2 and 4 / 2**3.
    assert first_list(after) == [2, 1, 0, 3]


# The room


def test_a_re_ranking_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'diversity'"):
        reranked(lists([0]), Facts(), 1, {"diversty": {}})


def test_a_name_may_be_written_with_dashes():
    facts = Facts(artist=np.array([7, 7, 8]))
    after = reranked(lists([0, 1, 2]), facts, 2, {"artist-cap": {"at_most": 1}})
    assert first_list(after) == [0, 2, 1]


def test_facts_of_other_listeners_are_refused():
    facts = Facts(artist=np.array([7, 7]), risk=np.ones(3))
    with pytest.raises(ContractError, match="'risk' is of 3 listeners, the candidates are of 1"):
        reranked(lists([0, 1]), facts, 1, {"artist_cap": {}})


def test_facts_of_fewer_items_are_refused():
    with pytest.raises(ContractError, match="'artist' is of 2 items, but item 2 is a candidate"):
        reranked(lists([0, 2]), Facts(artist=np.array([7, 7])), 1, {"artist_cap": {}})


def test_a_list_with_a_gap_is_refused():
    with pytest.raises(ContractError, match="goes on after its end"):
        reranked(lists([0, -1, 2]), Facts(), 1, {})


def test_a_list_of_no_places_is_refused():
    with pytest.raises(ContractError, match="k is 0"):
        reranked(lists([0, 1]), Facts(), 0, {})


def test_places_in_a_group_are_counted_from_the_front():
    group = np.array([[5, 3, 5, 5, 3], [1, 1, 1, 2, 2]])
    assert place_in_group(group).tolist() == [[0, 0, 1, 2, 1], [0, 1, 2, 0, 1]]
