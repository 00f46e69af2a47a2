"""What was heard before leaving: planted songs are found, and in noise nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from insight_views import WITH_PLANS, view_of
from service import did, played
from tenuto.insights import before_leaving
from tenuto.insights._matching import BANDS, find_candidates, matched

LEAVERS, STAYERS = range(1, 61), range(101, 261)
OMEN, CHARM, LAST_DAYS = 777, 888, (18, 19, 20, 21)


def town(seed: int, *, omen: float = 0.0, charm: float = 0.0) -> list[dict]:
    """Sixty who fall silent some three weeks before the cutoff, and 160 who go on.

    Both hear the same songs as often; but a share ``omen`` of those who leave hears one song,
    and a share ``charm`` of those who stay another.
    """
    rng = np.random.default_rng(seed)
    events = [played(999, 44)]
    for user in (*LEAVERS, *STAYERS):
        last = int(rng.choice(LAST_DAYS))
        days = [last, last + 2, last + 4]
        for ago in days if user in LEAVERS else [*days, 9, 3]:
            events += [
                played(user, ago, item=int(song)) for song in rng.choice(40, 6, replace=False)
            ]
        extra, chance = (OMEN, omen) if user in LEAVERS else (CHARM, charm)
        if rng.random() < chance:
            events.append(played(user, last + 4, item=extra))
    return events


@pytest.fixture
def tables_of(duckdb_engine, tmp_path):
    return lambda events, **options: before_leaving.tables(
        view_of(duckdb_engine, tmp_path, events, **options)
    )


def found(tables: dict[str, pd.DataFrame]) -> dict[int, float]:
    songs = tables["before_leaving_songs"].query("is_found")
    return dict(zip(songs["item_id"], songs["difference"], strict=True))


def test_a_song_that_only_leavers_hear_is_found_and_no_other(tables_of):
    songs = found(tables_of(town(0, omen=0.6)))
    assert set(songs) == {OMEN}
    assert songs[OMEN] > 0.4


def test_a_song_of_those_who_stay_is_found_on_the_other_side(tables_of):
    songs = found(tables_of(town(11, charm=0.6)))
    assert set(songs) == {CHARM}
    assert songs[CHARM] < -0.3


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_nothing_is_found_in_noise(tables_of, seed):
    tables = tables_of(town(seed))
    assert found(tables) == {}
    assert tables["before_leaving_sets"]["n_songs_tested"].tolist() == [40, 40]


def test_who_leaves_is_compared_with_others_alike_on_the_same_day(duckdb_engine, tmp_path):
    sets = matched(find_candidates(view_of(duckdb_engine, tmp_path, town(5))), 0)
    assert sets["user_id"].is_unique
    assert set(sets.loc[sets["is_leaver"], "user_id"]) <= set(LEAVERS)
    assert set(sets.loc[~sets["is_leaver"], "user_id"]) <= set(STAYERS)
    for _, members in sets.groupby("set"):
        assert members["is_leaver"].sum() == 1
        assert 2 <= len(members) <= 4
        assert (members[list(BANDS)].nunique() == 1).all()


def test_a_silence_that_is_not_over_is_neither_leaving_nor_staying(duckdb_engine, tmp_path):
    """Silent for thirteen days before the cutoff: there may be a fourteenth, or not."""
    events = [*town(6), *(played(400 + n, ago) for n in range(20) for ago in (19, 14))]
    candidates = find_candidates(view_of(duckdb_engine, tmp_path, events))
    of_them = candidates[candidates["user_id"].between(400, 419)]
    assert not of_them["is_leaver"].any()
    assert set(44 - of_them["at"]) <= {19}


def test_where_people_cancel_leaving_is_cancelling(duckdb_engine, tmp_path):
    events = [{**row, "is_paid": True} for row in town(7)]
    events += [did(user, "cancel", 10, is_paid=True) for user in range(101, 121)]
    view = view_of(duckdb_engine, tmp_path, events, source=WITH_PLANS)
    candidates = find_candidates(view)
    assert set(candidates.loc[candidates["is_leaver"], "user_id"]) == set(range(101, 121))


def test_the_same_seed_draws_the_same_stayers(duckdb_engine, tmp_path):
    candidates = find_candidates(view_of(duckdb_engine, tmp_path, town(8)))
    again = matched(candidates, 0)
    assert matched(candidates, 0).equals(again)
    assert not matched(candidates, 1).equals(again)
