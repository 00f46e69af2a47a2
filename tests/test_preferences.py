"""Every formula, worked out by hand."""

import math

import numpy as np
import pytest

from fake_past import FakePast, downloaded, played
from tenuto.preferences import CATALOGUE


def preference(engine, name, *events):
    past = FakePast(engine, *events)
    rows = engine.to_arrow(CATALOGUE.get(name).preferences(past, 30)).to_pylist()
    return {row["item_id"]: row["preference"] for row in rows if row["user_id"] == "ann"}


def test_play_time_is_compared_with_the_song_played_longest_in_all(duckdb_engine):
    # given a song played twice for 100 s, and one played once for 150 s
    found = preference(
        duckdb_engine,
        "play_time_share",
        played("ann", "twice", seconds=100.0),
        played("ann", "twice", seconds=100.0, ago=9),
        played("ann", "once", seconds=150.0),
        downloaded("ann", "saved"),
        played("bob", "twice", seconds=9_999.0),
    )

    # then totals count, not single plays, and other users do not
    assert found == {"twice": 1.0, "once": 0.75, "saved": 0.0}


def test_a_user_who_only_skipped_has_no_share_of_play_time(duckdb_engine):
    assert preference(duckdb_engine, "play_time_share", played("ann", "a", seconds=0.0)) == {}


def test_counts_add_whole_plays_and_downloads(duckdb_engine):
    found = preference(
        duckdb_engine,
        "counts",
        played("ann", "a", share=1.0),
        played("ann", "a", share=0.5),
        downloaded("ann", "a"),
        downloaded("ann", "b"),
    )

    # 0.4 * 2 plays * 0.75 of the song + 0.6 * 1 download
    assert found == pytest.approx({"a": 1.2, "b": 0.6})


def test_counts_give_a_play_of_unknown_share_the_mean_of_the_others_or_half(duckdb_engine):
    found = preference(
        duckdb_engine,
        "counts",
        played("ann", "some", share=0.25),
        played("ann", "some", share=None),
        played("ann", "none", share=None),
    )

    assert found == pytest.approx({"some": 0.4 * 2 * 0.25, "none": 0.4 * 0.5})


def test_log_counts_are_the_logarithm_of_one_plus_counts(duckdb_engine):
    found = preference(
        duckdb_engine, "log_counts", *[played("ann", "a")] * 10, played("ann", "b", share=0.0)
    )

    assert found == pytest.approx({"a": math.log(5), "b": 0.0})


@pytest.mark.parametrize(
    ("shares", "score"),
    [
        ([0.0], 1),
        ([0.19], 1),
        ([0.2], 2),
        ([0.4], 3),
        ([0.6], 4),
        ([0.8], 5),
        ([1.0], 5),
        ([1.0, 0.6], 5),  # 4.5 is rounded up
        ([0.2, 0.0], 2),  # 1.5 too
        ([1.0, 0.0, 0.0], 2),  # 7 / 3
        ([1.0, None], 5),  # an unknown share does not count
        ([None], 3),
    ],
)
def test_max_score_is_the_mean_score_of_the_plays(duckdb_engine, shares, score):
    plays = [played("ann", "a", share=share) for share in shares]

    assert preference(duckdb_engine, "max_score", *plays) == {"a": score}


def test_max_score_of_a_downloaded_song_is_five_however_it_was_played(duckdb_engine):
    found = preference(
        duckdb_engine, "max_score", played("ann", "a", share=0.0), downloaded("ann", "a", ago=20)
    )

    assert found == {"a": 5}


@pytest.mark.parametrize("name", ["counts", "log_counts", "max_score"])
def test_one_more_whole_play_never_lowers_a_preference(duckdb_engine, name):
    # given many songs, each played a few times to a random share
    rng = np.random.default_rng(11)
    songs = [f"s{number}" for number in range(60)]
    plays = [
        played("ann", song, share=share)
        for song in songs
        for share in rng.random(rng.integers(1, 6))
    ]

    before = preference(duckdb_engine, name, *plays)
    after = preference(duckdb_engine, name, *plays, *[played("ann", song) for song in songs])

    assert all(after[song] >= before[song] for song in songs)
