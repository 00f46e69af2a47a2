"""Every formula, worked out by hand."""

import math
from datetime import timedelta

import numpy as np
import pytest

from fake_past import CUTOFF, FakePast, downloaded, liked, played
from tenuto.errors import SettingsError
from tenuto.preferences import CATALOGUE, memory


def preference(engine, name, *events, **settings):
    past = FakePast(engine, *events)
    rows = engine.to_arrow(CATALOGUE.get(name).preferences(past, 30, **settings)).to_pylist()
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


def test_signals_are_weighted_logarithms_of_what_was_done(duckdb_engine):
    found = preference(
        duckdb_engine,
        "signals",
        played("ann", "whole"),
        played("ann", "half", share=0.5),
        played("ann", "unknown", share=None),
        downloaded("ann", "saved"),
        liked("ann", "liked"),
        played("ann", "skipped", share=0.1),
    )

    # a whole play is heard once (1.0) and finished once (0.5)
    assert found == pytest.approx(
        {
            "whole": 1.5 * math.log(2),
            "half": math.log(1.5),
            "unknown": math.log(1.5),
            "saved": math.log(2),
            "liked": 2 * math.log(2),
            "skipped": 0.0,
        }
    )


def test_a_skip_takes_away_from_a_signal_but_never_below_0(duckdb_engine):
    whole, skip = played("ann", "a"), played("ann", "a", share=0.0)

    # two plays of half a song on average, one finished, one skipped
    one_skip = preference(duckdb_engine, "signals", whole, skip)
    many = preference(duckdb_engine, "signals", whole, *[skip] * 9)

    assert one_skip == pytest.approx({"a": (1 + 0.5 - 0.5) * math.log(2)})
    assert many == {"a": 0.0}


def test_a_signal_fades_by_half_in_its_half_life_and_a_like_does_not(duckdb_engine):
    only_heard = {"finished": 0.0, "half_life_days": 10.0}

    found = preference(
        duckdb_engine,
        "signals",
        played("ann", "yesterday", ago=1),
        played("ann", "before", ago=11),
        liked("ann", "long ago", ago=400),
        **only_heard,
    )

    assert found == pytest.approx(
        {"yesterday": math.log(2), "before": math.log(1.5), "long ago": 2 * math.log(2)}
    )


def test_signals_need_not_fade(duckdb_engine):
    plays = [played("ann", "a", ago=1), played("ann", "b", ago=30)]

    found = preference(duckdb_engine, "signals", *plays, half_life_days=math.inf)

    assert found["a"] == found["b"] == pytest.approx(1.5 * math.log(2))


@pytest.mark.parametrize(
    "settings", [{"skips": 0.5}, {"likes": -1.0}, {"heard": math.nan}, {"half_life_days": 0.0}]
)
def test_a_weight_on_the_wrong_side_of_0_is_refused(duckdb_engine, settings):
    with pytest.raises(SettingsError, match=next(iter(settings))):
        preference(duckdb_engine, "signals", played("ann", "a"), **settings)


def remembered(engine, *events, **options):
    rows = engine.to_arrow(memory(FakePast(engine, *events), **options)).to_pylist()
    return {(row.pop("user_id"), row.pop("item_id")): row for row in rows}


def test_memory_adds_up_one_over_the_root_of_the_age_of_every_play(duckdb_engine):
    found = remembered(
        duckdb_engine,
        *[played("ann", "a", ago=4)] * 3,
        played("ann", "a", ago=1),
        played("ann", "a", ago=400),
        played("ann", "a", ago=0),
        downloaded("ann", "saved"),
        liked("ann", "only liked"),
    )

    assert found == {
        ("ann", "a"): {
            "n_plays": 5,
            "activation": 3 / 2 + 1 + 1 / 20,
            "last_played": CUTOFF - timedelta(days=1),
        },
        ("ann", "saved"): {"n_plays": 0, "activation": 0.0, "last_played": None},
    }


def test_memory_reaches_as_far_back_as_asked(duckdb_engine):
    events = [played("ann", "near", ago=7), played("ann", "far", ago=8)]

    assert set(remembered(duckdb_engine, *events)) == {("ann", "near"), ("ann", "far")}
    assert set(remembered(duckdb_engine, *events, history_days=7)) == {("ann", "near")}


@pytest.mark.slow
@pytest.mark.parametrize("half_life_days", [7.0, math.inf])
def test_both_engines_fade_alike(duckdb_engine, spark_engine, half_life_days):
    rng = np.random.default_rng(8)
    events = [
        played("ann", f"s{rng.integers(9)}", ago=int(rng.integers(1, 30)), share=rng.random())
        for _ in range(60)
    ]

    ours, theirs = (
        preference(engine, "signals", *events, half_life_days=half_life_days)
        for engine in (duckdb_engine, spark_engine)
    )

    assert theirs == pytest.approx(ours, rel=1e-12)


@pytest.mark.slow
def test_both_engines_remember_alike_to_the_last_bit(duckdb_engine, spark_engine):
    rng = np.random.default_rng(5)
    plays = [played("ann", f"s{rng.integers(9)}", ago=int(rng.integers(1, 40))) for _ in range(60)]

    ours = remembered(duckdb_engine, *plays, downloaded("ann", "saved"))

    assert remembered(spark_engine, *plays, downloaded("ann", "saved")) == ours


@pytest.mark.parametrize("name", ["counts", "log_counts", "max_score", "signals"])
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
