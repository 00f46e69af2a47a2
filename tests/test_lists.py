"""Keep listening, Discover and Mix: what is on them, for whom, and why."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fake_past import FakePast, downloaded, opened, played, searched
from tenuto.errors import NotEnoughData
from tenuto.lists import CATALOGUE
from tenuto.lists._curves import Curves
from tenuto.lists._desk import Desk
from tenuto.lists._devices import usual_devices
from tenuto.lists._everyone import listeners, lists_for
from tenuto.lists._made import REASONS
from tenuto.lists._shares import repeat_share, repeat_shares
from tenuto.recommenders._interactions import interactions_before
from tenuto.settings import RecommendSettings

FIVE = [played("warm", item) for item in "abcde"]
#: Two tastes: even listeners know even songs, odd ones odd songs, all but one each.
TASTES = [
    played(f"t{user}", f"s{song}", ago=1 + (user + song) % 9)
    for user in range(8)
    for song in range(12)
    if (user + song) % 2 == 0 and song != user + 2
]


@pytest.fixture
def past(duckdb_engine):
    return lambda *happenings: FakePast(duckdb_engine, *happenings)


def desk_for(past, *, risk=None, artists=None, shown=None, **settings):
    asked = RecommendSettings(**{"model": "item_knn", "reranking": {}} | settings)
    return Desk.fit(
        interactions_before(past, asked.preference, asked.window_days),
        asked,
        device=usual_devices(past, asked.window_days),
        risk=risk,
        artists=artists,
        shown=shown,
    )


def made(past, k=3, **settings):
    desk = desk_for(past, **settings)
    return lists_for(desk, desk.asked(listeners(past)), k)


def of(lists, user, name="discover", column="item_id"):
    return lists.loc[(lists["user_id"] == user) & (lists["list"] == name), column].tolist()


def heard_in(happenings):
    return {(event["user_id"], event["item_id"]) for event in happenings if event.get("item_id")}


# Who gets what.


def test_five_songs_are_enough_for_the_model_and_fewer_are_looked_at_for_what_is_near(past):
    happenings = [*TASTES, *[played("cold", song) for song in ("s0", "s2")], opened("new")]
    lists = made(past(*happenings))

    assert set(of(lists, "t0", column="reason_code")[:1]) == {"for_you"}
    assert of(lists, "cold", column="reason_code")[0] == "near"
    assert set(of(lists, "new", column="reason_code")) == {"popular"}


def test_the_missing_square_is_discovered_first_and_by_the_few_songs_known(past):
    lists = made(past(*TASTES, played("cold", "s0"), played("cold", "s4")))

    assert of(lists, "t0")[0] == "s2"
    assert int(of(lists, "cold")[0][1:]) % 2 == 0


def test_the_same_song_five_times_is_one_song(past):
    lists = made(past(*TASTES, *[played("repeat", "s0", ago=n) for n in range(1, 6)]))

    assert of(lists, "repeat", column="reason_code")[0] == "near"


def test_everybody_seen_before_the_cutoff_gets_lists(past):
    happenings = [*FIVE, opened("only_opened"), played("x", "f"), played("later", "a", ago=0)]
    lists = made(past(*happenings, played("long_ago", "a", ago=60)))

    assert lists["user_id"].unique().tolist() == ["long_ago", "only_opened", "warm", "x"]
    assert of(lists, "only_opened", "keep") == []
    assert of(lists, "only_opened", "mix")


def test_a_mix_asked_for_alone_is_the_mix_beside_the_list_it_draws_on(past):
    everybody = past(*TASTES, opened("new"))
    desk = desk_for(everybody)
    asked = desk.asked(listeners(everybody))

    alone = lists_for(desk, asked, 6, which=["mix"])
    beside = lists_for(desk, asked, 6, which=["mix", "keep", "discover"])

    beside = beside[beside["list"] == "mix"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.astype({"list": str}), beside.astype({"list": str}))


def test_nothing_heard_is_discovered_however_long_ago_it_was(past):
    happenings = [*TASTES, *FIVE, played("t0", "a", ago=60), played("cold", "b", ago=45)]
    lists = made(past(*happenings), k=30)

    new = lists[lists["list"] == "discover"]
    assert len(new)
    assert not heard_in(happenings) & set(zip(new["user_id"], new["item_id"], strict=True))


def test_keep_holds_own_songs_only_often_and_lately_played_first(past):
    plays = [*[played("ann", "often", ago=n) for n in (2, 3, 4)], played("ann", "late", ago=2)]
    lists = made(past(*plays, played("ann", "early", ago=20), played("bob", "other")))

    assert of(lists, "ann", "keep") == ["often", "late", "early"]
    assert (
        of(lists, "ann", "keep", "reason")[0] == "you played it 3 times, most recently 2 days ago"
    )


def test_every_fifth_place_is_a_forgotten_favourite(past):
    loved = [played("ann", "loved", ago=n) for n in range(50, 54)]
    now = [played("ann", f"now{n}", ago=1) for n in range(9)]
    lists = made(past(*loved, *now), k=8)

    assert of(lists, "ann", "keep").index("loved") == 4
    place = of(lists, "ann", "keep").index("loved")
    assert of(lists, "ann", "keep", "reason_code")[place] == "forgotten"
    assert of(lists, "ann", "keep", "reason")[place] == "you played it 4 times, but not for 50 days"


def test_the_mix_can_hold_own_songs_in_the_share_in_which_the_listener_repeats(past):
    repeats = [played("loyal", f"s{n}", ago=ago) for n in (0, 2, 4, 6, 8) for ago in range(1, 21)]
    curious = [played("curious", f"s{n}") for n in (1, 3, 5, 7, 9)]
    lists = made(past(*TASTES, *repeats, *curious), k=5, mix_share="own")

    def n_own(user):
        return of(lists, user, "mix", "reason_code").count("favourite")

    assert n_own("loyal") == 5 > n_own("curious")


def test_the_mix_is_in_the_order_of_how_likely_own_and_new_songs_are_played(past):
    desk = desk_for(past(*TASTES))
    curves = Curves(np.array([0.5, 0.3, 0.1]), np.array([0.4, 0.2]))
    desk = replace(desk, curves=curves)

    lists = lists_for(desk, desk.asked(pd.Index(["t0"])), 4)

    is_own = [reason == "favourite" for reason in of(lists, "t0", "mix", "reason_code")]
    assert is_own == [True, False, True, False]


def test_whoever_is_likely_to_leave_gets_more_of_what_they_know(past):
    risk = pd.Series({"t0": 1.0})
    calm = made(past(*TASTES), k=5, mix_share="own")
    at_risk = made(past(*TASTES), k=5, risk=risk, mix_share="own")

    def n_own(lists, user):
        return of(lists, user, "mix", "reason_code").count("favourite")

    assert n_own(at_risk, "t0") > n_own(calm, "t0")
    assert of(at_risk, "t2", "mix") == of(calm, "t2", "mix")
    assert of(at_risk, "t0") == of(calm, "t0")


def test_own_songs_count_as_likelier_for_whoever_may_leave(past):
    curves = Curves(np.array([0.3, 0.2, 0.1]), np.array([0.35, 0.25]))
    calm = replace(desk_for(past(*TASTES)), curves=curves)
    at_risk = replace(calm, risk=pd.Series({"t0": 1.0}))

    first = [
        of(lists_for(desk, desk.asked(pd.Index(["t0"])), 4), "t0", "mix", "reason_code")[0]
        for desk in (calm, at_risk)
    ]

    assert first == ["for_you", "favourite"]


def test_a_newcomer_gets_what_is_popular_on_the_device_then_what_is_popular(past):
    happenings = [
        *[played(user, "phone_song", device="phone") for user in ("p1", "p2")],
        *[played(user, "web_song", device="web") for user in ("w1", "w2", "w3")],
        opened("new", device="phone"),
        opened("stranger"),
    ]
    lists = made(past(*happenings))

    assert of(lists, "new") == ["phone_song", "web_song"]
    assert of(lists, "stranger") == ["web_song", "phone_song"]
    assert of(lists, "new", column="reason_code") == ["popular_on_device"] * 2
    assert (
        of(lists, "new", column="reason")[0] == "heard by 2 listeners on phone in the last 30 days"
    )
    assert of(lists, "stranger", column="score") == [3, 2]


def test_nobody_gets_more_of_an_artist_than_allowed_whatever_a_place_is_filled_from(past):
    happenings = [*TASTES, opened("new"), played("cold", "s0"), played("cold", "s11")]
    artists = pd.Series({f"s{song}": "A" if song < 8 else "B" for song in range(12)})
    lists = made(past(*happenings), k=6, artists=artists, reranking={"artist_cap": {"at_most": 2}})

    new = lists[lists["list"] == "discover"]
    assert {"popular", "near", "for_you"} <= set(new["reason_code"])
    assert new.groupby(["user_id", new["item_id"].map(artists)]).size().max() == 2
    assert len(of(lists, "new")) == 4


def test_what_was_shown_comes_back_by_no_way(past):
    shown = [("t0", "s2"), ("new", "s0"), ("new", "s1"), ("cold", "s1")]
    shown = pd.DataFrame(shown, columns=["user_id", "item_id"]).assign(days_ago=2)
    here = past(*TASTES, opened("new"), played("cold", "s0"))
    free, bound = (
        made(here, k=20, shown=shown, reranking=asked) for asked in ({}, {"not_again": {"days": 2}})
    )

    for user, item in shown[["user_id", "item_id"]].itertuples(index=False):
        for name in ("discover", "mix"):
            assert item in of(free, user, name)
            assert item not in of(bound, user, name)
    assert len(of(bound, "new")) == 10


def test_the_usual_device_is_the_one_with_most_events_and_a_tie_is_alphabetical(past):
    devices = usual_devices(
        past(
            *[opened("ann", device="web", ago=n) for n in (1, 2)],
            opened("ann", device="phone"),
            opened("bob", device="web"),
            opened("bob", device="phone"),
            opened("cy"),
            opened("dee", device="phone", ago=31),
        ),
        window_days=30,
    )

    assert devices.to_dict() == {"ann": "web", "bob": "phone"}


# The tables.


def test_a_new_song_says_which_songs_it_is_there_for(past):
    lists = made(past(*TASTES))

    first = lists[(lists["user_id"] == "t0") & (lists["list"] == "discover")].iloc[0]
    causes = {first["because_1"], first["because_2"]}
    assert first["reason"].startswith("because you played s")
    assert ("t0", first["because_1"]) in heard_in(TASTES)
    assert len(causes) == 2


def test_lists_are_ranked_from_1_complete_and_hold_no_song_twice(past):
    lists = made(past(*TASTES, *FIVE, opened("new")), k=7)

    why = ["reason_code", "reason", "because_1", "because_2"]
    assert list(lists.columns) == ["user_id", "list", "rank", "item_id", "score", *why]
    assert lists[lists.columns[:7]].notna().all(axis=None)
    assert set(lists["reason_code"]) <= set(REASONS)
    for _, one in lists.groupby(["user_id", "list"], observed=True):
        assert one["rank"].tolist() == list(range(1, len(one) + 1))
        assert one["item_id"].is_unique


def test_a_batch_is_its_listeners_one_by_one(past):
    here = past(*TASTES, *FIVE, opened("new", device="web"))
    desk, users = desk_for(here), listeners(here)
    together = lists_for(desk, desk.asked(users), 4)

    alone = [lists_for(desk, desk.asked(users[[n]]), 4) for n in range(len(users))]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_the_order_of_events_does_not_show(past):
    happenings = [*TASTES, *FIVE, opened("new")]

    pd.testing.assert_frame_equal(made(past(*happenings)), made(past(*happenings[::-1])))


def test_a_new_play_is_in_the_next_answer_without_a_refit(past):
    desk = desk_for(past(*TASTES))
    pairs = pd.DataFrame({"user_id": "new", "item_id": ["s0"], "preference": [5.0]})
    pairs = pairs.assign(last_played_age=1.0)

    before = lists_for(desk, desk.asked(pd.Index(["new"])), 3)
    after = lists_for(desk, desk.asked_with(pairs), 3)

    assert of(before, "new", "keep") == []
    assert of(after, "new", "keep") == ["s0"]
    assert of(after, "new", column="because_1")[0] == "s0"


def test_every_list_says_what_it_is():
    assert {name: CATALOGUE.get(name).LABEL for name in CATALOGUE.names()} == {
        "keep": "Keep listening",
        "discover": "Discover",
        "mix": "Mix",
    }


def test_where_nobody_played_anything_there_is_nothing_to_recommend(past):
    with pytest.raises(NotEnoughData, match="nobody played anything"):
        made(past(opened("ann")))


def test_repeat_shares_count_all_plays_but_the_first_and_are_drawn_to_that_of_all(past):
    plays = [*[played("ann", "a", ago=n) for n in range(1, 12)], played("bob", "a")]
    histories = interactions_before(past(*plays), "max_score").histories

    overall = repeat_share(histories)
    shares = repeat_shares(histories, overall)

    assert overall == pytest.approx((10 + 1) / (12 + 2))
    np.testing.assert_allclose(shares, [(10 + 10 * overall) / 21, (0 + 10 * overall) / 11])


@pytest.mark.slow
def test_duckdb_and_spark_make_the_same_lists(duckdb_engine, spark_engine):
    happenings = [
        *TASTES,
        *[played(f"u{n}", f"s{n % 4}", ago=1 + n % 3, device="web") for n in range(9)],
        opened("ann", device="web"),
        downloaded("ann", "s1"),
        searched("s1", ago=2),
    ]
    ours, theirs = (FakePast(engine, *happenings) for engine in (duckdb_engine, spark_engine))

    pd.testing.assert_frame_equal(made(theirs), made(ours))
