"""Lists that are served: those of the run, and those that know what was said since."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from published import CUTOFF, N_LISTENERS, N_SONGS, STRANGER, finished_run
from tenuto import pipeline, serving
from tenuto.errors import ContractError
from tenuto.lists._everyone import lists_for
from tenuto.opened import opened
from tenuto.serving import Answers

LISTS = ("keep", "discover", "mix")
USERS = range(1, N_LISTENERS + 1)
_COLUMNS = ["preference", "last_played_age", "n_plays", "activation", "opinion"]


@pytest.fixture(scope="module")
def workspace(duckdb_engine, tmp_path_factory):
    made = finished_run(duckdb_engine, tmp_path_factory.mktemp("lists"))
    serving.publish(made)
    return made


@pytest.fixture(scope="module")
def desk(workspace):
    """The desk of the run, fitted again."""
    with opened(workspace, CUTOFF) as (engine, timeline, day):
        lister = pipeline.lister_of(workspace, engine, timeline, day)
        return lister.desk(day, lister.judged(lister.learned_at(day)))


@pytest.fixture(scope="module")
def names(workspace):
    items = pd.read_parquet(workspace.rollups / "items.parquet")
    by = items["artist"].map(lambda artist: "" if pd.isna(artist) else f" by {artist}")
    return dict(zip(items["item_id"], items["title"] + by, strict=True))


@pytest.fixture
def answers(workspace):
    served = Answers.open(workspace)
    yield served
    served.close()
    for user in USERS:
        served._journal.remove([user])


def rows(songs):
    return [(s.rank, s.item_id, s.score, s.reason_code, s.reason, s.because) for s in songs.songs]


def rows_of_table(table):
    return [
        (
            row.rank,
            row.item_id,
            row.score,
            row.reason_code,
            None if pd.isna(row.reason) else row.reason,
            tuple(int(one) for one in (row.because_1, row.because_2) if not pd.isna(one)),
        )
        for row in table.itertuples()
    ]


def history(desk, user):
    """What the run knows of a listener, as a table of pairs."""
    one = desk.model.histories_of(pd.Index([user]))
    known = {name: getattr(one, name).astype(float) for name in _COLUMNS}
    return pd.DataFrame({"user_id": user, "item_id": desk.model.item_ids.take(one.item), **known})


def told(pairs, user, words, usual):
    """The same with ``words``, by the rules of the manual."""
    found = pairs.set_index("item_id")
    for item, word in words:
        if item not in found.index:
            found.loc[item] = [user, 0.0, 0.0, 0.0, 0.0, 0.0]
        if word == "play":
            found.loc[item, "n_plays"] += 1
            found.loc[item, "activation"] += 1
            found.loc[item, "last_played_age"] = 1
        if word in ("like", "dislike"):
            found.loc[item, "opinion"] = 1 if word == "like" else -1
        if word != "dislike" and found.loc[item, "opinion"] >= 0:
            found.loc[item, "preference"] = max(found.loc[item, "preference"], usual)
    return found.reset_index()


def usual_of(desk):
    liked = desk.model.histories.preference
    return float(np.median(liked[liked > 0]))


@pytest.mark.parametrize("which", LISTS)
def test_without_feedback_everybody_is_served_the_list_of_the_run(workspace, answers, which):
    table = pd.read_parquet(
        workspace.run_folder(CUTOFF) / "recommend" / "recommendations.parquet",
        dtype_backend="pyarrow",
    )
    table = table[table["list"] == which]

    served = {user: answers.songs(user, which) for user in USERS}

    assert len(table) > 0
    assert {user: rows(songs) for user, songs in served.items()} == {
        user: rows_of_table(table[table["user_id"] == user]) for user in USERS
    }
    assert {songs.served_by for songs in served.values()} == {"run"}
    assert not any(songs.is_fresh for songs in served.values())


WORDS = st.lists(
    st.tuples(st.integers(0, N_SONGS - 1), st.sampled_from(["play", "like", "dislike"])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40)
@given(user=st.sampled_from(USERS), words=WORDS, which=st.sampled_from(LISTS))
def test_a_list_made_now_is_what_the_run_would_make_of_that_history(
    workspace, desk, names, user, words, which
):
    usual = usual_of(desk)
    asked = desk.asked_with(told(history(desk, user), user, words, usual))
    expected = lists_for(desk, asked, 6, which=[which], names=names)

    served = Answers.open(workspace)
    try:
        for item, word in words:
            served.say(user, item, word)
        found = served.songs(user, which, 6)
    finally:
        served._journal.remove([user])
        served.close()

    assert found.is_fresh
    assert found.served_by == "fold-in"
    assert rows(found) == rows_of_table(expected)


def test_a_song_that_is_disliked_is_not_on_the_next_list(answers):
    first = answers.songs(4, "discover").songs[0].item_id
    answers.say(4, first, "dislike")
    assert first not in [song.item_id for song in answers.songs(4, "discover").songs]


def test_what_is_taken_back_is_as_if_it_had_not_been_said(answers):
    before = answers.songs(4, "mix")
    receipt = answers.say(4, before.songs[0].item_id, "dislike")
    assert answers.songs(4, "mix") != before
    answers.undo(receipt.receipt_id)
    assert answers.songs(4, "mix") == before


def test_another_listener_hears_nothing_of_it(answers):
    before = answers.songs(5, "mix")
    answers.say(4, before.songs[0].item_id, "dislike")
    assert answers.songs(5, "mix") == before


def test_a_song_that_is_played_now_is_kept_and_no_longer_discovered(answers):
    new = answers.songs(4, "discover").songs[0].item_id
    answers.say(4, new, "play")
    assert new in [song.item_id for song in answers.songs(4, "keep", 20).songs]
    assert new not in [song.item_id for song in answers.songs(4, "discover").songs]


def test_a_stranger_gets_the_chart_and_with_seeds_a_list(answers):
    nothing = answers.songs(STRANGER, "discover")
    seeded = answers.songs(STRANGER, "discover", seeds=[0, 1, 2])
    without_id = answers.songs(None, "discover", seeds=[0, 1, 2])

    assert (nothing.served_by, nothing.which, nothing.is_known) == ("hot", "hot", False)
    assert [song.item_id for song in nothing.songs] == [
        song.item_id for song in answers.charts()["week"][:6]
    ]
    assert (seeded.served_by, seeded.is_known, seeded.is_fresh) == ("fold-in", False, False)
    assert {song.item_id for song in seeded.songs}.isdisjoint({0, 1, 2})
    assert without_id.songs == seeded.songs


def test_a_stranger_who_has_said_something_is_served_by_it(answers):
    answers.say(STRANGER, 0, "like")
    try:
        served = answers.songs(STRANGER, "discover")
        assert (served.served_by, served.is_fresh, served.is_known) == ("fold-in", True, False)
        assert len(served.songs) == 6
    finally:
        answers._journal.remove([STRANGER])


def test_a_longer_list_begins_with_what_is_likely_and_a_shorter_one_is_the_beginning(answers):
    assert answers.songs(4, "discover", 2).songs == answers.songs(4, "discover").songs[:2]
    assert len(answers.songs(4, "discover", 15).songs) == 15


def test_songs_that_nobody_has_met_say_nothing(answers):
    before = answers.songs(4, "mix").songs
    answers.say(4, 99_999, "like")
    assert answers.songs(4, "mix").songs == before


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"which": "best"}, "no list 'best'"),
        ({"n": 0}, "n is 0"),
        ({"hour": 24}, "hour is 24"),
    ],
)
def test_what_cannot_be_asked_is_refused(answers, asked, match):
    with pytest.raises(ContractError, match=match):
        answers.songs(4, **asked)
