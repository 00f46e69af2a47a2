"""Lists for everybody: which rung of the ladder a listener stands on, and what is on it."""

import pandas as pd
import pytest

from fake_past import FakePast, downloaded, opened, played, searched
from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders._devices import usual_devices
from tenuto.recommenders._lists import Ladder, recommend_everyone

FIVE = [played("warm", item) for item in "abcde"]


@pytest.fixture
def past(duckdb_engine):
    return lambda *happenings: FakePast(duckdb_engine, *happenings)


def lists_for(past, *names, k=3, **settings):
    return recommend_everyone(past, "max_score", names or ["popularity"], k, **settings)


def rungs(lists):
    firsts = lists.drop_duplicates("user_id")
    return dict(zip(firsts["user_id"], firsts["reason_code"], strict=True))


def items(lists, user, name="popularity"):
    return lists.loc[(lists["user_id"] == user) & (lists["list"] == name), "item_id"].tolist()


def test_five_items_are_enough_to_discover_and_four_are_not(past):
    lists = lists_for(past(*FIVE, *[played("cold", item) for item in "abcd"], played("x", "f")))

    assert rungs(lists) == {"warm": "discover", "cold": "popular", "x": "popular"}


def test_the_same_item_five_times_is_one_item(past):
    lists = lists_for(past(*FIVE, *[played("repeat", "a", ago=n) for n in range(1, 6)]))

    assert rungs(lists)["repeat"] == "popular"


def test_everybody_seen_before_the_cutoff_gets_a_list(past):
    lists = lists_for(
        past(
            *FIVE,
            opened("only_opened"),
            played("long_ago", "a", ago=60),
            played("later", "a", ago=0),
            played("x", "f"),
        )
    )

    assert lists["user_id"].unique().tolist() == ["long_ago", "only_opened", "warm", "x"]


def test_nobody_is_offered_what_they_heard(past):
    happenings = [*FIVE, played("cold", "a"), played("x", "f"), played("y", "g")]
    lists = lists_for(past(*happenings), "popularity", "hot", k=20)

    heard = {(event["user_id"], event["item_id"]) for event in happenings}
    assert not heard & set(zip(lists["user_id"], lists["item_id"], strict=True))
    assert items(lists, "warm") == ["f", "g"]
    assert items(lists, "cold")[0] == "b"


def test_a_cold_listener_gets_what_is_popular_on_the_device_then_what_is_popular(past):
    lists = lists_for(
        past(
            *[played(user, "phone_song", device="phone") for user in ("p1", "p2")],
            *[played(user, "web_song", device="web") for user in ("w1", "w2", "w3")],
            opened("new", device="phone"),
            opened("stranger"),
        )
    )

    assert items(lists, "new") == ["phone_song", "web_song"]
    assert items(lists, "stranger") == ["web_song", "phone_song"]
    assert rungs(lists)["new"] == "popular_on_device"
    assert rungs(lists)["stranger"] == "popular"


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


def test_a_warm_listener_gets_a_list_from_each_recommender_in_the_order_asked(past):
    lists = lists_for(past(*FIVE, played("x", "f")), "hot", "popularity")

    warm = lists[lists["user_id"] == "warm"]
    assert warm["list"].tolist() == ["hot", "popularity"]
    assert warm["item_id"].tolist() == ["f", "f"]


def test_lists_are_ranked_from_1_and_complete_in_their_columns(past):
    lists = lists_for(past(*FIVE, *[played(user, user) for user in "pqrs"]), "popularity", "hot")

    columns = ["user_id", "list", "reason_code", "rank", "item_id", "score"]
    assert list(lists.columns) == columns
    assert lists.notna().all(axis=None)
    for _, one in lists.groupby(["user_id", "list"], observed=True):
        assert one["rank"].tolist() == list(range(1, len(one) + 1))
        assert one["score"].is_monotonic_decreasing


def test_chunks_and_the_order_of_events_do_not_show(past):
    happenings = [*FIVE, *[played(f"u{n}", f"i{n % 4}", device="web") for n in range(9)]]
    whole = lists_for(past(*happenings), "popularity", "hot")

    ladder = Ladder(past(*happenings[::-1]), "max_score", ["popularity", "hot"])
    in_chunks = pd.concat(ladder.lists(k=3, chunk_users=2), ignore_index=True)

    pd.testing.assert_frame_equal(in_chunks, whole)


def test_a_recommender_named_twice_or_none_is_refused(past):
    for names in ([], ["hot", "hot"]):
        with pytest.raises(ContractError, match="name at least one, each once"):
            recommend_everyone(past(*FIVE), "max_score", names, 3)


def test_where_nobody_played_anything_there_is_nothing_to_recommend(past):
    with pytest.raises(NotEnoughData, match="nobody played anything"):
        lists_for(past(opened("ann")))


@pytest.mark.slow
def test_duckdb_and_spark_make_the_same_lists(duckdb_engine, spark_engine):
    happenings = [
        *FIVE,
        *[played(f"u{n}", f"i{n % 4}", ago=1 + n % 3, device="web") for n in range(9)],
        opened("ann", device="web"),
        downloaded("ann", "a"),
        searched("i1", ago=2),
    ]
    ours, theirs = (FakePast(engine, *happenings) for engine in (duckdb_engine, spark_engine))

    pd.testing.assert_frame_equal(
        lists_for(theirs, "hot", "popularity"), lists_for(ours, "hot", "popularity")
    )
