"""What a listener thinks of a song: the last word before the cutoff, and what is taken back."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ALL_KNOWING
from service import ANN, BOB, CUTOFF, day_before, did, played, timeline_of
from tenuto.errors import ContractError
from tenuto.preferences import (
    add_feedback,
    add_feedback_rows,
    feedback_before,
    feedback_digest,
    opinions,
    preferences_of,
)

SONG = 7
LIKE, DISLIKE = 1, -1


def past_of(engine, folder, *events, cutoff=CUTOFF):
    return timeline_of(engine, folder, events, source=ALL_KNOWING).past(engine, cutoff)


def thoughts(past, feedback=None):
    rows = past.engine.to_arrow(opinions(past, feedback)).to_pylist()
    return {(row["user_id"], row["item_id"]): row["opinion"] for row in rows}


def opinion(engine, folder, *events):
    """What ANN thinks of the song after ``events`` (action, days before the cutoff)."""
    done = [did(ANN, action, ago) for action, ago in events]
    return thoughts(past_of(engine, folder, *done)).get((ANN, SONG))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("like", 3)], LIKE),
        ([("dislike", 3)], DISLIKE),
        ([("dislike", 3), ("like", 2)], LIKE),
        ([("like", 3), ("dislike", 2)], DISLIKE),
        ([("like", 400)], LIKE),
        ([("like", 3), ("remove_like", 2)], None),
        ([("dislike", 3), ("remove_dislike", 2)], None),
        ([("dislike", 3), ("remove_dislike", 2), ("dislike", 1)], DISLIKE),
        # a dislike took the place of the like, so nothing stands once it is taken back
        ([("like", 3), ("dislike", 2), ("remove_dislike", 1)], None),
        # taking back what was not said is no word
        ([("like", 3), ("remove_dislike", 2)], LIKE),
        ([("dislike", 3), ("remove_like", 2)], DISLIKE),
        ([("remove_dislike", 2)], None),
        ([("play", 2), ("download", 1), ("add_to_playlist", 1)], None),
    ],
)
def test_the_last_word_counts_and_can_be_taken_back(duckdb_engine, tmp_path, words, expected):
    assert opinion(duckdb_engine, tmp_path, *words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["like", "remove_like"], None),
        (["dislike", "remove_dislike", "dislike"], DISLIKE),
        (["like", "dislike"], DISLIKE),
        (["dislike", "remove_dislike", "like"], LIKE),
        (["like", "remove_like", "dislike"], DISLIKE),
    ],
)
def test_within_a_day_what_is_taken_back_cancels_and_a_dislike_holds(
    duckdb_engine, tmp_path, words, expected
):
    assert opinion(duckdb_engine, tmp_path, *[(word, 1) for word in words]) == expected


def test_a_day_on_which_words_cancel_leaves_things_as_they_were(duckdb_engine, tmp_path):
    toggled = [("remove_dislike", 1), ("dislike", 1)]

    assert opinion(duckdb_engine, tmp_path, ("dislike", 5), *toggled) == DISLIKE


def test_words_from_the_cutoff_on_are_not_heard(duckdb_engine, tmp_path):
    late = [("dislike", 0), ("remove_like", -1)]

    assert opinion(duckdb_engine, tmp_path, ("like", 1), *late) == LIKE


def test_everyone_and_every_song_has_an_opinion_of_its_own(duckdb_engine, tmp_path):
    events = [did(ANN, "like"), did(BOB, "dislike"), did(ANN, "dislike") | {"item_id": 8}]

    found = thoughts(past_of(duckdb_engine, tmp_path, *events))

    assert found == {(ANN, SONG): LIKE, (BOB, SONG): DISLIKE, (ANN, 8): DISLIKE}


def test_a_log_without_thumbs_has_no_opinions(duckdb_engine, tmp_path):
    timeline = timeline_of(duckdb_engine, tmp_path, [played(ANN)])

    assert thoughts(timeline.past(duckdb_engine, CUTOFF)) == {}


@settings(max_examples=3)
@given(data=st.data())
def test_the_order_of_events_does_not_matter(duckdb_engine, tmp_path_factory, data):
    words = st.sampled_from(["like", "dislike", "remove_like", "remove_dislike"])
    events = data.draw(st.lists(st.builds(did, st.just(ANN), words, st.integers(0, 2)), min_size=1))
    shuffled = data.draw(st.permutations(events))

    found = thoughts(past_of(duckdb_engine, tmp_path_factory.mktemp("a"), *events))

    assert thoughts(past_of(duckdb_engine, tmp_path_factory.mktemp("b"), *shuffled)) == found


def test_a_dislike_that_is_taken_back_leaves_no_trace(duckdb_engine, tmp_path):
    plays = [played(ANN, ago) for ago in (9, 5, 2)]
    regretted = [did(ANN, "dislike", 8), did(ANN, "remove_dislike", 4)]

    def known(folder, *events):
        past = past_of(duckdb_engine, tmp_path / folder, *events)
        liked = duckdb_engine.to_arrow(preferences_of(past, "signals", 30)).to_pylist()
        return thoughts(past), liked

    assert known("never", *plays) == known("regretted", *plays, *regretted)


def test_signals_of_a_disliked_song_are_0(duckdb_engine, tmp_path):
    past = past_of(duckdb_engine, tmp_path, played(ANN), played(BOB), did(ANN, "dislike", 90))

    liked = duckdb_engine.to_arrow(preferences_of(past, "signals", 30)).to_pylist()

    assert {row["user_id"]: row["preference"] > 0 for row in liked} == {ANN: False, BOB: True}


@pytest.mark.slow
def test_both_engines_hear_the_same_words(duckdb_engine, spark_engine, tmp_path):
    rng = np.random.default_rng(3)
    words = ["like", "dislike", "remove_like", "remove_dislike", "play"]
    events = [
        did(int(rng.integers(1, 9)), str(rng.choice(words)), int(rng.integers(0, 4)))
        for _ in range(80)
    ]
    timeline = timeline_of(duckdb_engine, tmp_path, events, source=ALL_KNOWING)
    add_feedback(tmp_path, ANN, SONG, "like", day_before(1))
    said = feedback_before(tmp_path, CUTOFF)

    ours, theirs = (
        thoughts(timeline.past(engine, CUTOFF), said) for engine in (duckdb_engine, spark_engine)
    )

    assert ours == theirs
    assert set(ours.values()) == {LIKE, DISLIKE}


# Words from outside the log.


def test_the_last_word_of_a_day_is_remembered(tmp_path):
    add_feedback(tmp_path, ANN, SONG, "like", date(2017, 4, 2))
    add_feedback(tmp_path, ANN, SONG, "dislike", date(2017, 4, 2))
    add_feedback(tmp_path, ANN, 3, "like", date(2017, 4, 1))
    add_feedback(tmp_path, ANN, SONG, "none", date(2017, 4, 3))

    found = feedback_before(tmp_path, date(2017, 4, 3)).to_pylist()

    assert found == [
        {"user_id": ANN, "item_id": 3, "opinion": "like", "day": date(2017, 4, 1)},
        {"user_id": ANN, "item_id": SONG, "opinion": "dislike", "day": date(2017, 4, 2)},
    ]


def test_many_words_at_once_are_as_many_one_after_another(tmp_path):
    words = [
        (user, item, opinion, date(2017, 4, day))
        for user, item, opinion, day in [(2, 7, "like", 2), (1, 7, "none", 1), (2, 7, "none", 2)]
    ]
    rows = [
        dict(zip(("user_id", "item_id", "opinion", "day"), word, strict=True)) for word in words
    ]

    add_feedback_rows(tmp_path / "once", pa.Table.from_pylist(rows))
    for word in words:
        add_feedback(tmp_path / "singly", *word)

    once, singly = (feedback_before(tmp_path / name, CUTOFF) for name in ("once", "singly"))
    assert once.equals(singly)


def test_nothing_said_is_no_feedback(tmp_path):
    assert feedback_before(tmp_path, CUTOFF) is None

    add_feedback(tmp_path, ANN, SONG, "like", CUTOFF)

    assert feedback_before(tmp_path, CUTOFF) is None


def test_the_digest_changes_with_what_was_said_before_the_cutoff_alone(tmp_path):
    add_feedback(tmp_path, ANN, SONG, "like", day_before(2))
    digest = feedback_digest(tmp_path, CUTOFF)

    add_feedback(tmp_path, ANN, SONG, "dislike", CUTOFF)
    assert feedback_digest(tmp_path, CUTOFF) == digest

    add_feedback(tmp_path, ANN, SONG, "dislike", day_before(2))
    assert feedback_digest(tmp_path, CUTOFF) != digest


def test_an_unknown_word_and_ids_of_another_kind_are_refused(tmp_path):
    add_feedback(tmp_path, ANN, SONG, "like", day_before(1))
    before = feedback_before(tmp_path, CUTOFF)

    with pytest.raises(ContractError, match="'meh' is no opinion"):
        add_feedback(tmp_path, ANN, SONG, "meh", day_before(1))
    with pytest.raises(ContractError, match="user_id is string"):
        add_feedback(tmp_path, "ann", SONG, "like", day_before(1))
    with pytest.raises(ContractError, match="item_id is double"):
        add_feedback(tmp_path, ANN, 7.0, "like", day_before(1))

    assert feedback_before(tmp_path, CUTOFF).equals(before)


@pytest.mark.parametrize(
    ("logged", "ago_logged", "said", "ago_said", "expected"),
    [
        ("dislike", 3, "like", 2, LIKE),
        ("dislike", 2, "like", 3, DISLIKE),
        ("dislike", 2, "like", 2, LIKE),
        ("like", 2, "none", 2, None),
        ("dislike", 5, "none", 2, None),
        ("like", 2, "none", 5, LIKE),
        ("remove_dislike", 2, "dislike", 5, None),
        ("remove_like", 2, "dislike", 5, DISLIKE),
        ("like", 2, "dislike", 0, LIKE),
    ],
)
def test_of_log_and_feedback_the_later_word_counts_and_on_one_day_the_feedback(
    duckdb_engine, tmp_path, logged, ago_logged, said, ago_said, expected
):
    past = past_of(duckdb_engine, tmp_path / "rollups", did(ANN, logged, ago_logged))
    add_feedback(tmp_path, ANN, SONG, said, day_before(ago_said))
    feedback = feedback_before(tmp_path, date.max)

    assert thoughts(past, feedback).get((ANN, SONG)) == expected


def test_feedback_on_a_song_that_was_never_heard_is_an_opinion(duckdb_engine, tmp_path):
    past = past_of(duckdb_engine, tmp_path / "rollups", played(ANN))
    add_feedback(tmp_path, BOB, 99, "like", day_before(1))
    said = feedback_before(tmp_path, CUTOFF)

    liked = past.engine.to_arrow(preferences_of(past, "signals", 30, feedback=said)).to_pylist()

    assert thoughts(past, said) == {(BOB, 99): LIKE}
    assert {(row["user_id"], row["item_id"]) for row in liked} == {(ANN, SONG), (BOB, 99)}


def test_feedback_with_ids_unlike_those_of_the_log_is_refused(duckdb_engine, tmp_path):
    past = past_of(duckdb_engine, tmp_path / "rollups", played(ANN))
    add_feedback(tmp_path, "ann", "song", "like", day_before(1))

    with pytest.raises(ContractError, match="user_id of the feedback is string"):
        opinions(past, feedback_before(tmp_path, CUTOFF))
