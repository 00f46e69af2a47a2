"""Songs that fit the reason: known ones for who comes less, new ones for who hears the same."""

import pandas as pd
import pytest

from tenuto.retention._songs import fitting_songs

ITEMS = pd.DataFrame(
    {
        "item_id": ["old1", "old2", "old3", "old4", "saved"],
        "title": ["Old 1", "Old 2", "Old 3", "Old 4", "Saved"],
        "artist": ["Ann", None, "Ann", "Ann", "Ann"],
    }
)
KEEP = {"ann": ["old1", "saved", "old3", "old2", "old4"], "bob": ["old4"]}
DISCOVER = {user: ["new1", "new2", "new3", "new4", "new5"] for user in KEEP}


@pytest.fixture
def recommend(tmp_path):
    rows = [
        {"user_id": user, "list": name, "rank": rank, "item_id": item, "artist": None}
        for name, lists in (("discover", DISCOVER), ("keep", KEEP))
        for user, items in lists.items()
        for rank, item in enumerate(items, start=1)
    ]
    lists = pd.DataFrame(rows)
    titles = lists["item_id"].str.title().where(lists["list"] == "discover", None)
    lists.assign(title=titles).to_parquet(tmp_path / "recommendations.parquet", index=False)
    return tmp_path


def songs(recommend, reason, user="ann", n=5):
    listeners = pd.DataFrame({"user_id": [user], "reason_1": [reason]})
    return fitting_songs(listeners, recommend, ITEMS, n).filter(regex=r"song_\d$").iloc[0].tolist()


def test_who_comes_less_is_reminded_of_what_they_like(recommend):
    assert songs(recommend, "silence") == ["old1", "saved", "old3", "new1", "new2"]


def test_who_hears_the_same_is_shown_what_is_new(recommend):
    assert songs(recommend, "variety") == ["new1", "new2", "new3", "new4", "new5"]


def test_for_any_other_reason_there_is_some_of_each(recommend):
    assert songs(recommend, "frustration") == ["old1", "saved", "new1", "new2", "new3"]


def test_who_knows_little_gets_new_songs_instead(recommend):
    assert songs(recommend, "silence", user="bob") == ["old4", "new1", "new2", "new3", "new4"]


def test_where_new_songs_run_out_more_known_ones_follow(recommend):
    file = recommend / "recommendations.parquet"
    pd.read_parquet(file).query("list == 'keep' or rank == 1").to_parquet(file, index=False)
    assert songs(recommend, "variety") == ["new1", "old1", "saved", "old3", "old2"]


def test_a_listener_without_any_song_of_their_own_gets_the_most_recommended(recommend):
    assert songs(recommend, "silence", user="eve", n=3) == ["new1", "new2", "new3"]


def test_a_song_has_its_title_and_artist_where_they_are_known(recommend):
    listeners = pd.DataFrame({"user_id": ["ann"], "reason_1": ["silence"]})
    found = fitting_songs(listeners, recommend, ITEMS, 5).iloc[0]
    titles = [found[f"song_{number}_title"] for number in range(1, 6)]
    assert titles == ["Old 1 by Ann", "Saved by Ann", "Old 3 by Ann", "New1", "New2"]
    unnamed = fitting_songs(listeners, recommend, None, 5).iloc[0]
    assert pd.isna(unnamed["song_1_title"])
