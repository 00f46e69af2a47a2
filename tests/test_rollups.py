"""Sums by day: what they come to, and that a later day changes none of them."""

from datetime import date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from conftest import (
    FIRST_DAY,
    built,
    bytes_of,
    day_of,
    download,
    event,
    log,
    musicbox_logs,
    play,
    read_all,
    rollup_of,
    search,
    workspace_over,
)
from tenuto.events.lake import Lake
from tenuto.ingest import ingest
from tenuto.rollups import build_rollups, items_file
from tenuto.rollups._build import items, members_for
from tenuto.rollups._day import BUCKETS, usual_lengths
from tenuto.sources import musicbox
from test_every_rollup import EVENTS

ANN, BOB = 1, 2
EXAMPLES = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Ann hears a third of song 7, then all of it, skips song 8, hears something unknown and saves
# song 7. Bob hears song 7 for a time that nobody knows, and searches at one in the afternoon.
DAY = [
    event(ANN, "play", 7, 60, 200, device="android"),
    event(ANN, "play", 7, 200, 200, device="android", is_paid=True),
    event(ANN, "play", 8, 0, 100, device="android"),
    event(ANN, "play", None, 50, None, device="iphone"),
    event(ANN, "download", 7, device="android"),
    event(BOB, "play", 7, None, 200),
    event(BOB, "search", None, timestamp=datetime(2017, 3, 30, 13, 5), device="iphone"),
]


@pytest.fixture(scope="module")
def tables(duckdb_engine):
    """Every rollup of `DAY`, without its day."""
    day = day_of(duckdb_engine, DAY, queries=[{"query": "song 7", "n_searches": 3}])
    names = ("user_days", "item_days", "user_item_days", "user_day_hours", "user_day_devices")
    return {name: built(duckdb_engine, name, day).droplevel("day") for name in names}


def test_a_row_of_user_days_is_what_the_user_did_that_day(tables):
    ann = tables["user_days"].loc[ANN]
    assert (ann.n_events, ann.n_plays, ann.n_downloads, ann.n_searches) == (5, 4, 1, 0)
    assert (ann.played_s, ann.longest_play_s) == (310, 200)
    assert (ann.n_skips, ann.n_finished) == (1, 1)
    assert (ann.n_plays_with_share, ann.share_sum) == (3, pytest.approx(0.3 + 1.0 + 0.0))
    assert ann.n_plays_of_known_items == 3
    assert ann.n_paid_events == 1


def test_completion_counts_the_plays_by_the_share_of_the_song(tables):
    buckets = tables["user_days"].filter(like="n_share_").loc[ANN]
    assert buckets.to_dict() == {
        "n_share_00_20": 1,
        "n_share_20_40": 1,
        "n_share_40_60": 0,
        "n_share_60_80": 0,
        "n_share_80_100": 1,
    }


def test_a_play_of_unknown_duration_is_a_play_and_in_no_bucket(tables):
    bob = tables["user_days"].loc[BOB]
    assert (bob.n_plays, bob.played_s, bob.n_plays_with_share, bob.n_skips) == (1, 0, 0, 0)
    assert pd.isna(bob.longest_play_s)


def test_a_row_of_user_item_days_is_what_the_user_did_with_the_item(tables):
    table = tables["user_item_days"]
    assert sorted(table.index) == [(ANN, 7), (ANN, 8), (BOB, 7)]
    row = table.loc[(ANN, 7)]
    assert (row.n_plays, row.n_downloads, row.played_s, row.n_finished) == (2, 1, 260, 1)


def test_a_row_of_item_days_counts_listeners_plays_and_searches(tables):
    table = tables["item_days"]
    assert table.index.tolist() == [7, 8]
    assert table.n_plays.tolist() == [3, 1]
    assert table.n_listeners.tolist() == [2, 1]
    assert table.n_downloads.tolist() == [1, 0]
    assert table.n_searches.tolist() == [3, 0]


def test_hours_count_the_events_that_have_a_clock(tables):
    assert tables["user_day_hours"].n_events.to_dict() == {(BOB, 13): 1}


def test_devices_count_the_events_of_each(tables):
    found = tables["user_day_devices"].n_events.to_dict()
    assert found == {(ANN, "android"): 4, (ANN, "iphone"): 1, (BOB, "iphone"): 1}


@pytest.mark.parametrize(
    ("share", "bucket"),
    [
        (0.0, "00_20"),
        (0.19, "00_20"),
        (0.2, "20_40"),
        (0.4, "40_60"),
        (0.6, "60_80"),
        (0.8, "80_100"),
        (1.0, "80_100"),
        (1.5, "80_100"),
    ],
)
def test_a_bucket_starts_with_its_lower_bound(duckdb_engine, share, bucket):
    day = day_of(duckdb_engine, [event(ANN, "play", 7, share * 200, 200)])
    row = built(duckdb_engine, "user_days", day).iloc[0]
    counts = row.filter(like="n_share_")
    assert counts[counts == 1].index.tolist() == [f"n_share_{bucket}"]
    assert len(counts) == len(BUCKETS)


@pytest.mark.parametrize(("played_s", "n_finished"), [(170, 0), (171, 1), (400, 1)])
def test_a_play_is_finished_above_85_percent(duckdb_engine, played_s, n_finished):
    day = day_of(duckdb_engine, [event(ANN, "play", 7, played_s, 200)])
    assert built(duckdb_engine, "user_days", day).n_finished.tolist() == [n_finished]


def test_an_unknown_length_is_the_usual_one_of_the_song(duckdb_engine):
    events = [event(ANN, "play", 7, 100, 200), event(BOB, "play", 7, 100, None)]
    shares = built(duckdb_engine, "user_days", day_of(duckdb_engine, events)).share_sum
    assert shares.tolist() == [0.5, 0.5]


# Searches name songs.


def searched(engine, titles, queries):
    """``n_searches`` by item, for one play of each of ``titles``."""
    named = [
        {"item_id": item, "title": title, "artist": artist, "n_events": n}
        for item, title, artist, n in titles
    ]
    said = [{"query": query, "n_searches": n, "n_searchers": n} for query, n in queries]
    events = [event(ANN, "play", item, 1, 2) for item, *_ in titles]
    table = built(engine, "item_days", day_of(engine, events, named, said))
    return table.n_searches.droplevel("day").to_dict()


def test_a_query_counts_for_the_song_whose_title_it_is(duckdb_engine):
    titles = [(7, "See You Again", "Miley Cyrus", 1), (8, "Hello", "Adele", 1)]
    queries = [("see you again", 5), ("hello  adele", 2), ("hell", 9)]
    assert searched(duckdb_engine, titles, queries) == {7: 5, 8: 2}


def test_of_songs_with_one_title_the_most_played_has_the_searches(duckdb_engine):
    titles = [(7, "Hello", "Lionel", 1), (8, "Hello", "Adele", 5)]
    assert searched(duckdb_engine, titles, [("hello", 3)]) == {7: 0, 8: 3}


def test_a_song_with_two_artists_is_searched_for_once(duckdb_engine):
    titles = [(7, "Hello", "Adele", 1), (7, "Hello", "ADELE", 1)]
    assert searched(duckdb_engine, titles, [("hello", 3)]) == {7: 3}


# Laws.


@EXAMPLES
@given(events=EVENTS)
def test_sums_over_users_equal_the_counts_of_events(duckdb_engine, events):
    table = built(duckdb_engine, "user_days", day_of(duckdb_engine, events))
    frame = pd.DataFrame(events)
    is_play = frame.action == "play"
    assert table.n_events.sum() == len(frame)
    assert table.n_plays.sum() == is_play.sum()
    assert table.n_downloads.sum() == (frame.action == "download").sum()
    assert table.n_searches.sum() == (frame.action == "search").sum()
    assert table.n_skips.sum() == (is_play & (frame.played_s == 0)).sum()
    assert table.played_s.sum() == frame.played_s[is_play].fillna(0).sum()


@EXAMPLES
@given(events=EVENTS)
def test_the_rollups_agree_with_each_other(duckdb_engine, events):
    day = day_of(duckdb_engine, events)
    users, items_, pairs = (
        built(duckdb_engine, name, day) for name in ("user_days", "item_days", "user_item_days")
    )
    assert pairs.n_plays.sum() == items_.n_plays.sum() == users.n_plays_of_known_items.sum()
    assert pairs.played_s.sum() == items_.played_s.sum() <= users.played_s.sum()
    plays = pairs[pairs.n_plays > 0].reset_index().groupby("item_id").user_id.nunique()
    listeners = items_.n_listeners.droplevel("day")
    assert listeners[listeners > 0].to_dict() == plays.to_dict()


@EXAMPLES
@given(events=EVENTS)
def test_every_play_with_a_known_share_is_in_one_bucket(duckdb_engine, events):
    table = built(duckdb_engine, "user_days", day_of(duckdb_engine, events))
    in_buckets = table.filter(like="n_share_").sum(axis=1)
    assert in_buckets.tolist() == table.n_plays_with_share.tolist()
    assert (table.n_finished <= table.n_share_80_100).all()
    assert table.share_sum.between(0, table.n_plays_with_share).all()


# Usual lengths and names.


@pytest.mark.parametrize(
    ("lengths", "usual"),
    [
        ({200.0: 3}, 200),
        ({200.0: 3, 9999.0: 2}, 200),
        ({100.0: 1, 200.0: 1}, 100),  # the lower one: a length that was seen
        ({100.0: 1, 200.0: 1, 300.0: 1}, 200),
        ({None: 9, 200.0: 1}, 200),
    ],
)
def test_the_usual_length_is_the_one_in_the_middle(duckdb_engine, lengths, usual):
    rows = {"item_id": [7] * len(lengths), "length_s": list(lengths), "n_events": lengths.values()}
    table = duckdb_engine.from_arrow(_arrow(rows), "some_titles")
    found = duckdb_engine.to_arrow(usual_lengths(table)).to_pylist()
    assert found == [{"item_id": 7, "usual_length_s": usual}]


def test_a_song_of_unknown_length_has_no_usual_one(duckdb_engine):
    rows = {"item_id": [7], "length_s": [None], "n_events": [4]}
    table = duckdb_engine.from_arrow(_arrow(rows), "some_titles")
    assert duckdb_engine.to_arrow(usual_lengths(table)).num_rows == 0


def _arrow(columns):
    kinds = pa.schema({"item_id": pa.int64(), "length_s": pa.float64(), "n_events": pa.int64()})
    return pa.table({name: list(values) for name, values in columns.items()}, kinds)


def test_an_item_has_its_usual_name_its_days_and_its_length(duckdb_engine):
    days = [date(2017, 3, 30), date(2017, 3, 31), date(2017, 4, 2)]
    rows = {
        "item_id": [7, 7, 7],
        "title": ["Hello", "hello!", None],
        "artist": ["Adele", "Adele", None],
        "length_s": [200.0, 200.0, None],
        "n_events": [3, 2, 50],  # nameless rows never win over a name
        "day": days,
    }
    table = duckdb_engine.from_arrow(pa.table(rows), "titles_with_days")
    assert duckdb_engine.to_arrow(items(table)).to_pylist() == [
        {
            "item_id": 7,
            "title": "Hello",
            "artist": "Adele",
            "length_s": 200.0,
            "first_day": days[0],
            "last_day": days[2],
        }
    ]


# Built in a workspace.


@pytest.fixture(scope="module")
def two_days(tmp_path_factory):
    """A workspace over two days of plays with its rollups; the second length of 100 is unknown."""
    folder = tmp_path_factory.mktemp("two_days")
    logs = musicbox_logs(folder / "logs", days=2, kinds=("play",))
    log(logs, "20170331_1_play.log", play(168000009, 100, 50, 0), play(168000009, 555, 50, 0))
    workspace = workspace_over(logs, folder / "workspace")
    ingest(workspace)
    build_rollups(workspace)
    return workspace


def test_the_sums_of_a_workspace_are_those_of_its_events(two_days):
    users = rollup_of(two_days, "user_days")
    assert users.n_events.sum() == 2 * 3 + 2
    assert users.played_s.sum() == (1 + 2 + 3) + (2 + 3 + 4) + 100
    assert users.groupby("day").n_plays.sum().tolist() == [3, 5]


def test_a_song_length_from_an_earlier_day_serves_a_later_one(two_days):
    pairs = rollup_of(two_days, "user_item_days").set_index(["user_id", "item_id"])
    assert pairs.share_sum[168000009, 100] == 50 / 200
    assert pairs.n_plays_with_share[168000009, 555] == 0


def test_rollups_that_are_up_to_date_are_left_alone(two_days):
    before = bytes_of(two_days.rollups)
    assert build_rollups(two_days).n_days_built == 0
    assert bytes_of(two_days.rollups) == before


def test_a_rollup_that_is_missing_or_damaged_is_built_again(two_days):
    before = bytes_of(two_days.rollups)
    lake = Lake(two_days.rollups)
    lake.path("user_days", FIRST_DAY).write_bytes(b"PAR1 half a file")
    lake.path("item_days", FIRST_DAY).unlink()
    assert build_rollups(two_days).n_days_built == 1
    assert bytes_of(two_days.rollups) == before


def test_a_later_day_changes_nothing_in_an_earlier_one(two_days):
    before = bytes_of(two_days.rollups)
    third = musicbox_logs(two_days.logs, days=1, kinds=("play",), first_day=date(2017, 4, 1))
    # Now the length of 555 is known, and most plays of 100 say that it is another.
    lines = [play(168000001, 555, 50, 60), *(play(n, 100, n % 90, 90) for n in range(1, 9))]
    log(third, "20170401_1_play.log", *lines)
    ingest(two_days)
    assert build_rollups(two_days).n_days_built == 1
    after = bytes_of(two_days.rollups)
    earlier = [name for name in before if "day=" in name]
    assert len(earlier) == 2 * (len(members_for(musicbox)) + 1)  # and the day's titles
    assert {name: after[name] for name in earlier} == {name: before[name] for name in earlier}
    lengths = read_all([items_file(two_days)]).set_index("item_id").length_s
    assert (lengths[555], lengths[100]) == (60, 90)


def test_a_day_that_is_changed_is_built_again_with_all_that_follow(workspace, logs):
    musicbox_logs(logs, days=3, kinds=("play",))
    ingest(workspace)
    build_rollups(workspace)
    log(logs, "20170331_3_play.log", play(168000001, 100, 20, 200))
    ingest(workspace)
    assert build_rollups(workspace).n_days_built == 2


def test_the_order_of_lines_in_a_file_changes_no_rollup(tmp_path):
    lines = [play(168000001 + n % 3, 100 + n % 2, 10 * n, 200) for n in range(8)]
    found = []
    for number, ordered in enumerate((lines, lines[::-1])):
        logs = tmp_path / f"logs_{number}"
        log(logs, "20170330_3_play.log", *ordered)
        workspace = workspace_over(logs, tmp_path / f"workspace_{number}")
        ingest(workspace)
        build_rollups(workspace)
        found.append(rollup_of(workspace, "user_item_days"))
    pd.testing.assert_frame_equal(*found)


def test_searches_and_downloads_reach_the_rollups(workspace, logs):
    log(logs, "20170330_3_down.log", download(ANN, 7, title="Hello"))
    log(logs, "20170330_3_search.log", search(ANN, query="Hello"), search(BOB, query="hello"))
    ingest(workspace)
    build_rollups(workspace)
    (item,) = rollup_of(workspace, "item_days").itertuples()
    assert (item.item_id, item.n_plays, item.n_downloads, item.n_searches) == (7, 0, 1, 2)
    hours = rollup_of(workspace, "user_day_hours")
    assert hours.hour.tolist() == [0, 0]
