"""Runs between two refits: who is touched, whose lists are carried over, how near it is."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from fake_past import FakePast, opened, played
from tenuto.lists._carried import carried_lists, lists_with_carried
from tenuto.lists._desk import Desk
from tenuto.lists._everyone import listeners, lists_of_everybody
from tenuto.lists._touched import Known, Touched
from tenuto.lists._updates import EarlierRun, Freshness, overlap_with, settings_digest
from tenuto.recommenders._interactions import interactions_before
from tenuto.record import write_json
from tenuto.settings import RecommendSettings

SETTINGS = RecommendSettings(model="item_knn", reranking={}, context=False)
#: Two tastes: even listeners know even songs, odd ones odd songs, all but one each.
TASTES = [
    played(f"t{user}", f"s{song:02d}", ago=2 + (user + song) % 9)
    for user in range(8)
    for song in range(12)
    if (user + song) % 2 == 0 and song != user + 2
]


@pytest.fixture
def known(duckdb_engine):
    def known_of(*happenings):
        return interactions_before(FakePast(duckdb_engine, *happenings), SETTINGS.preference, 30)

    return known_of


def touched(then, now):
    found = Touched.between(Known.of(then), Known.of(now))
    return found.listeners.tolist(), found.songs.tolist()


def saved_run(root, desk, day, digest="same", fitted_at=None, users=None):
    """A finished run with models and lists."""
    folder = root / "runs" / day.isoformat() / "recommend"
    folder.mkdir(parents=True)
    for name, model in desk.models().items():
        model.save(folder / "models" / name)
    users = desk.interactions.user_ids if users is None else users
    lists = pd.concat(lists_of_everybody(desk, users, 3), ignore_index=True)
    lists = lists.astype({"list": "str", "reason_code": "str"}).assign(title="t", artist="a")
    lists.to_parquet(folder / "recommendations.parquet", index=False)
    Freshness(digest, fitted_at or day).write(folder)
    write_json(folder / "step.json", {"inputs": "digest"})
    return folder


# Who and what is touched.


def test_where_nothing_happened_nobody_is_touched(known):
    assert touched(known(*TASTES), known(*TASTES)) == ([], [])


def test_a_new_play_touches_its_listener_and_its_song(known):
    now = known(*TASTES, played("t0", "s01", ago=1))
    assert touched(known(*TASTES), now) == (["t0"], ["s01"])


def test_a_song_played_again_is_touched_again(known):
    now = known(*TASTES, played("t0", "s00", ago=1))
    assert touched(known(*TASTES), now) == (["t0"], ["s00"])


def test_new_listeners_and_new_songs_are_touched(known):
    now = known(*TASTES, played("aa", "a song", ago=1), played("zz", "s00", ago=1))
    assert touched(known(*TASTES), now) == (["aa", "zz"], ["a song", "s00"])


def test_growing_older_touches_nobody(known):
    older = known(*TASTES)
    age = older.histories.last_played_age + np.float32(1)
    older = replace(older, histories=replace(older.histories, last_played_age=age))
    assert touched(known(*TASTES), older) == ([], [])


def test_a_taste_that_left_the_window_touches_the_song_alone(known):
    then, now = known(*TASTES), known(*TASTES)
    gone = now.histories.preference.copy()
    gone[0] = 0
    now = replace(now, histories=replace(now.histories, preference=gone))
    song = now.item_ids[now.histories.item[0]]
    assert touched(then, now) == ([], [song])


def test_the_songs_of_a_listener_who_is_gone_are_touched(known):
    now = known(*TASTES)
    assert touched(known(*TASTES, played("aa", "s03"), played("aa", "gone")), now) == ([], ["s03"])


# Which run is carried on.


@pytest.fixture
def desk(known):
    return Desk.fit(known(*TASTES), SETTINGS)


def test_the_latest_earlier_run_with_the_same_settings_is_carried_on(tmp_path, desk):
    for day, digest in ((20, "same"), (22, "same"), (24, "other"), (26, "same")):
        saved_run(tmp_path, desk, date(2017, 4, day), digest)
    found = EarlierRun.latest(tmp_path / "runs", date(2017, 4, 26), "same")

    assert found is not None
    assert found.cutoff == date(2017, 4, 22)
    assert EarlierRun.latest(tmp_path / "runs", date(2017, 4, 20), "same") is None


def test_a_run_that_was_not_finished_is_not_carried_on(tmp_path, desk):
    folder = saved_run(tmp_path, desk, date(2017, 4, 20))
    (folder / "step.json").unlink()

    assert EarlierRun.latest(tmp_path / "runs", date(2017, 4, 26), "same") is None


@pytest.mark.parametrize(("day", "refit_days", "is_updated"), [(26, 7, True), (27, 7, False)])
def test_models_are_updated_until_the_last_fit_is_refit_days_old(
    tmp_path, desk, day, refit_days, is_updated
):
    saved_run(tmp_path, desk, date(2017, 4, 25), fitted_at=date(2017, 4, 20))
    found = EarlierRun.latest(tmp_path / "runs", date(2017, 4, day), "same")

    assert found is not None
    assert found.can_be_updated(date(2017, 4, day), refit_days) is is_updated


def test_with_one_day_every_run_is_a_refit(tmp_path, desk):
    saved_run(tmp_path, desk, date(2017, 4, 25))
    found = EarlierRun.latest(tmp_path / "runs", date(2017, 4, 26), "same")

    assert found is not None
    assert not found.can_be_updated(date(2017, 4, 26), refit_days=1)


def test_other_settings_are_another_digest():
    assert settings_digest({"k": 20}, 14) == settings_digest({"k": 20}, 14)
    assert settings_digest({"k": 20}, 14) != settings_digest({"k": 10}, 14)


# Lists.


def carried_on(tmp_path, desk, now):
    """Models updated, lists with those of listeners who did nothing carried over."""
    saved_run(tmp_path, desk, date(2017, 4, 28))
    earlier = EarlierRun.latest(tmp_path / "runs", date(2017, 4, 29), "same")
    updated = earlier.updated(now)
    models = updated.models
    fresh = replace(
        Desk.fit(now, SETTINGS),
        model=models["item_knn"],
        near_model=models["item_knn"],
        replay=models["replay"],
    )
    parts = lists_with_carried(
        fresh, now.user_ids, 3, None, updated.touched.listeners, earlier.folder
    )
    return updated, pd.concat(parts, ignore_index=True), earlier


def of(lists, user):
    return lists[lists["user_id"] == user].drop(columns=["title", "artist"], errors="ignore")


def test_who_did_nothing_keeps_the_list_and_who_did_gets_a_new_one(tmp_path, desk, known):
    # A taste changes its mind: t0 takes to the odd songs.
    now = known(*TASTES, *[played("t0", f"s{song:02d}", ago=1) for song in (1, 3, 5, 7)])
    updated, lists, earlier = carried_on(tmp_path, desk, now)
    before = carried_lists(earlier.folder, now.user_ids)

    assert updated.touched.listeners.tolist() == ["t0"]
    for user in ("t1", "t2", "t7"):
        kept = of(lists, user).reset_index(drop=True)
        as_before = of(before, user).reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, as_before, check_dtype=False)
    discovered = of(lists, "t0")
    new = discovered.loc[discovered["list"] == "discover", "item_id"]
    assert len(new)
    assert not set(new) & {"s01", "s03", "s05", "s07"}


def test_a_newcomer_gets_lists_and_everybody_stays_in_order(tmp_path, desk, known):
    now = known(*TASTES, *[played("t3b", f"s{song:02d}", ago=1) for song in range(5)])
    _, lists, _ = carried_on(tmp_path, desk, now)

    users = lists["user_id"].drop_duplicates().tolist()
    assert users == sorted(users) == now.user_ids.tolist()
    for _, one in lists.groupby(["user_id", "list"], sort=False):
        assert one["rank"].tolist() == list(range(1, len(one) + 1))


def test_who_had_no_list_gets_one_though_nothing_happened(tmp_path, duckdb_engine):
    past = FakePast(duckdb_engine, *TASTES, opened("guest"))
    now = interactions_before(past, SETTINGS.preference, 30)
    desk = Desk.fit(now, SETTINGS)
    earlier = saved_run(tmp_path, desk, date(2017, 4, 28))
    parts = lists_with_carried(desk, listeners(past), 3, None, pd.Index([]), earlier)

    assert "guest" in set(pd.concat(parts)["user_id"])


def test_a_run_carried_on_twice_gives_the_same(tmp_path, desk, known):
    now = known(*TASTES, played("t0", "s01", ago=1))
    _, lists, earlier = carried_on(tmp_path, desk, now)
    digests = [
        earlier.updated(now).models["item_knn"].save(tmp_path / str(time)) for time in (1, 2)
    ]

    assert digests[0] == digests[1]
    assert len(lists)


# How near.


def test_an_exact_update_overlaps_wholly_with_a_refit(tmp_path, desk, known):
    now = known(*TASTES, played("t0", "s01", ago=1))
    saved_run(tmp_path, desk, date(2017, 4, 28))
    updated = EarlierRun.latest(tmp_path / "runs", date(2017, 4, 29), "same").updated(now)
    refit = Desk.fit(now, SETTINGS).models()

    shares = overlap_with(refit, updated.models, np.random.default_rng(0))
    assert shares == {"item_knn": 1.0}


def test_the_overlap_is_the_mean_share_of_songs_in_common(known):
    then = Desk.fit(known(*TASTES), SETTINGS).models()
    swapped = [
        event | {"item_id": f"s{(int(event['item_id'][1:]) + 1) % 12:02d}"} for event in TASTES
    ]
    other = Desk.fit(known(*swapped), SETTINGS).models()

    assert overlap_with(then, other, np.random.default_rng(0)) == {"item_knn": 0.0}


def test_what_is_said_of_freshness_can_be_read_again(tmp_path):
    said = Freshness("same", date(2017, 4, 22), date(2017, 4, 28), 12, 34, None)
    said.write(tmp_path)

    assert Freshness.read(tmp_path) == said
