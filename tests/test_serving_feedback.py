"""What listeners say to the service: on the disk before it is acknowledged, once, and for good."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from published import CUTOFF, finished_run
from tenuto import serving
from tenuto.errors import ContractError, UnknownName, WorkspaceError
from tenuto.preferences import add_feedback, feedback_before, feedback_digest, forget_feedback
from tenuto.preferences._journal import FILE, Journal, Word, effective
from tenuto.serving import Answers

USER, SONG, OTHER = 4, 7, 8
NOON = datetime(2017, 4, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(duckdb_engine, tmp_path_factory):
    made = finished_run(duckdb_engine, tmp_path_factory.mktemp("feedback"))
    serving.publish(made)
    return made


class Clock:
    """Says the time that it is set to."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def answers(workspace, clock):
    served = Answers.open(workspace, clock=clock)
    yield served
    served.close()
    (workspace.root / FILE).unlink(missing_ok=True)


def words(root, cutoff):
    table = feedback_before(root, cutoff)
    rows = [] if table is None else table.to_pylist()
    return [(row["user_id"], row["item_id"], row["opinion"], row["day"]) for row in rows]


def songs(answers, which="discover"):
    return [song.item_id for song in answers.songs(USER, which).songs]


def test_a_receipt_says_what_was_written_down(answers):
    receipt = answers.say(USER, SONG, "like", key="a")
    assert (receipt.user_id, receipt.item_id, receipt.word) == (USER, SONG, "like")
    assert receipt.day == NOON.date()
    assert answers.words_of(USER) == [receipt] == [answers.receipt(receipt.receipt_id)]
    assert answers.receipt(receipt.receipt_id + 1) is None


def test_the_same_key_says_it_once(answers):
    first = answers.say(USER, SONG, "like", key="a")
    again = answers.say(USER, SONG, "like", key="a")

    assert (again.receipt_id, again.is_repeat, first.is_repeat) == (first.receipt_id, True, False)
    assert len(answers.words_of(USER)) == 1
    assert not answers.say(5, SONG, "like", key="a").is_repeat
    with pytest.raises(ContractError, match=r"key 'a' was used for 'like' on item 7"):
        answers.say(USER, SONG, "dislike", key="a")


def test_taking_back_is_a_receipt_of_its_own_and_happens_once(answers):
    said = answers.say(USER, SONG, "like")
    undone = answers.undo(said.receipt_id)
    again = answers.undo(said.receipt_id)

    assert (undone.word, undone.undoes) == ("undo", said.receipt_id)
    assert (again.receipt_id, again.is_repeat) == (undone.receipt_id, True)
    assert [one.is_undone for one in answers.words_of(USER)] == [True, False]
    with pytest.raises(UnknownName, match="no receipt 99"):
        answers.undo(99)
    with pytest.raises(ContractError, match="takes back receipt"):
        answers.undo(undone.receipt_id)


@pytest.mark.parametrize(
    ("user", "song", "word", "match"),
    [
        (USER, SONG, "meh", "'meh' is no word"),
        (USER, "seven", "like", "item_id is 'seven'"),
        (4.5, SONG, "like", r"user_id is 4\.5"),
        (True, SONG, "like", "user_id is True"),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_written(answers, user, song, word, match):
    with pytest.raises(ContractError, match=match):
        answers.say(user, song, word)
    assert answers.words_of(USER) == []


def test_the_daily_run_reads_what_the_service_wrote_but_for_plays(workspace, answers, clock):
    answers.say(USER, SONG, "like")
    answers.say(USER, OTHER, "play")
    answers.say(5, SONG, "dislike")
    answers.say(5, SONG, "like")
    clock.now += timedelta(days=1)
    answers.say(USER, SONG, "dislike")

    first, second = date(2017, 4, 30), date(2017, 5, 1)
    assert words(workspace.root, first) == []
    assert words(workspace.root, second) == [(4, 7, "like", first), (5, 7, "like", first)]
    assert words(workspace.root, date(2017, 5, 2)) == [
        (4, 7, "like", first),
        (5, 7, "like", first),
        (4, 7, "dislike", second),
    ]


def test_what_is_taken_back_the_same_day_was_never_said_to_the_run(workspace, answers):
    empty = feedback_digest(workspace.root, date(2017, 5, 1))
    answers.undo(answers.say(USER, SONG, "like").receipt_id)
    assert words(workspace.root, date(2017, 5, 1)) == []
    assert feedback_digest(workspace.root, date(2017, 5, 1)) == empty


def test_what_is_taken_back_later_gives_way_to_the_word_before(workspace, answers, clock):
    answers.say(USER, SONG, "like")
    clock.now += timedelta(days=1)
    second = answers.say(USER, SONG, "dislike")
    lonely = answers.say(USER, OTHER, "like")
    before = words(workspace.root, date(2017, 5, 2))
    clock.now += timedelta(days=1)
    for receipt in (second, lonely):
        answers.undo(receipt.receipt_id)

    # What a run has read stays as it was.
    assert words(workspace.root, date(2017, 5, 2)) == before
    after = words(workspace.root, date(2017, 5, 3))
    assert after[-2:] == [(4, 7, "like", date(2017, 5, 2)), (4, 8, "none", date(2017, 5, 2))]


def test_a_word_counts_however_the_clock_jumps(answers, clock):
    clock.now = datetime(1970, 1, 1, tzinfo=UTC)
    first = songs(answers)[0]
    answers.say(USER, first, "dislike")
    assert first not in songs(answers)


def test_what_the_run_knew_is_not_said_to_it_again(workspace, answers, clock):
    clock.now = datetime(2017, 4, 20, tzinfo=UTC)
    answers.say(USER, songs(answers)[0], "dislike")
    serving.publish(workspace, keep=1)
    found = answers._snapshot
    # As a run would have it that was made after the word.
    found.last_word, found.recommended_at = 10, NOON.timestamp()
    assert answers.songs(USER, "discover").served_by == "run"


def test_threads_that_say_something_at_once_are_all_heard(answers):
    def speak(user):
        for song in range(10):
            answers.say(user, song, "like", key=f"{user} {song}")

    threads = [threading.Thread(target=speak, args=(user,)) for user in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    receipts = [one for user in range(1, 9) for one in answers.words_of(user)]
    assert len({one.receipt_id for one in receipts}) == 80
    assert all(
        [r.item_id for r in answers.words_of(user)] == list(range(10)) for user in range(1, 9)
    )


def test_a_second_process_is_heard_at_once(workspace, answers):
    first = songs(answers)[0]
    add_feedback(workspace.root, USER, first, "dislike", NOON.date())
    assert first not in songs(answers)


def speak_until_it_fails(answers):
    for number in range(1000):
        answers.say(USER, number % 40, "like", key="k" * 200 + str(number))


def test_a_full_disk_is_said_and_nothing_is_acknowledged(workspace, answers, monkeypatch):
    answers.say(USER, SONG, "like")
    # SQLite's own way to be full.
    answers._journal._writer.execute("PRAGMA max_page_count = 1")
    with pytest.raises(WorkspaceError, match="full") as problem:
        speak_until_it_fails(answers)
    assert "nothing of this was written" in problem.value.mend
    n_words = len(answers.words_of(USER))

    answers._journal._writer.execute("PRAGMA max_page_count = 1000000")
    answers.say(USER, OTHER, "like")
    assert len(answers.words_of(USER)) == n_words + 1


def test_a_file_that_is_no_journal_is_said(workspace, answers):
    file = workspace.root / FILE
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"nonsense" * 1000)
    with pytest.raises(WorkspaceError, match="not a database"):
        answers.say(USER, SONG, "like")


def test_who_is_forgotten_has_said_nothing_and_is_in_no_byte_of_the_file(workspace, answers):
    stranger = 987654321987
    answers.say(stranger, SONG, "like", key="remember me")
    answers.say(USER, SONG, "like")
    assert forget_feedback(workspace.root, [stranger]) == 1
    assert answers.words_of(stranger) == []
    assert len(answers.words_of(USER)) == 1
    answers.close()
    left = b"".join(file.read_bytes() for file in (workspace.root / FILE).parent.iterdir())
    assert b"remember me" not in left
    assert stranger.to_bytes(6, "big") not in left


def test_words_of_an_earlier_version_are_taken_over_once(tmp_path):
    file = tmp_path / "feedback" / "words" / "day=2017-04-20" / "part.parquet"
    file.parent.mkdir(parents=True)
    day = date(2017, 4, 20)
    before = {"user_id": [USER], "item_id": [SONG], "opinion": ["like"], "day": [day]}
    pq.write_table(pa.table(before), file)

    for _ in range(2):
        assert words(tmp_path, CUTOFF) == [(USER, SONG, "like", day)]
    add_feedback(tmp_path, USER, SONG, "dislike", date(2017, 4, 21))
    assert len(words(tmp_path, CUTOFF)) == 2


SPEAKER = """
import sys
from tenuto.preferences._journal import Journal, Word
journal = Journal(sys.argv[1])
for number in range(100_000):
    said = Word(0, int(sys.argv[2]), number, "like", "2017-04-30", "2017-04-30T12:00:00+00:00")
    written, _ = journal.add([said])[0]
    # One call, so that what is seen here was acknowledged in full.
    sys.stdout.write(f"{written.id} {number}\\n")
    sys.stdout.flush()
"""


def killed_while_speaking(root, user, after_s):
    """What a process had acknowledged when it was killed."""
    speaker = subprocess.Popen(
        [sys.executable, "-c", SPEAKER, str(root), str(user)], stdout=subprocess.PIPE
    )
    first = speaker.stdout.readline()
    time.sleep(after_s)
    speaker.send_signal(signal.SIGKILL)
    rest, _ = speaker.communicate()
    lines = (first + rest).decode().split("\n")[:-1]
    return [tuple(map(int, line.split())) for line in lines]


def check_nothing_is_lost(tmp_path, n_kills):
    for user in range(n_kills):
        acknowledged = killed_while_speaking(tmp_path, user, 0.02 * user)
        kept = {word.id: word.item_id for word in Journal(tmp_path).of_user(user)}
        assert acknowledged
        assert set(acknowledged) <= set(kept.items())
        # At most the one that was being written.
        assert len(kept) <= len(acknowledged) + 1
    file = sqlite3.connect(tmp_path / FILE)
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


@pytest.mark.skipif(os.name == "nt", reason="no kill -9 there")
def test_nothing_that_was_acknowledged_is_lost_by_a_kill(tmp_path):
    check_nothing_is_lost(tmp_path, 2)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no kill -9 there")
def test_nothing_that_was_acknowledged_is_lost_by_twenty_kills(tmp_path):
    check_nothing_is_lost(tmp_path, 20)


SAID = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(1, 2),
        st.sampled_from(["like", "dislike", "undo"]),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(said=SAID)
def test_what_stands_in_the_end_is_the_last_word_that_was_not_taken_back(said):
    written, undone = [], set()
    for number, (user, item, word, day) in enumerate(sorted(said, key=lambda one: one[3]), 1):
        when = (CUTOFF + timedelta(days=day)).isoformat()
        standing = [one for one in written if one.word != "undo" and one.id not in undone]
        if word != "undo":
            written.append(Word(number, user, item, word, when, when))
        elif standing:
            last = standing[user % len(standing)]
            undone.add(last.id)
            ids = (last.user_id, last.item_id)
            written.append(Word(number, *ids, "undo", when, when, None, last.id))
    expected = {
        (one.user_id, one.item_id): one.word
        for one in written
        if one.word != "undo" and one.id not in undone
    }

    read = effective(written, lambda said, undo: said.day < undo.day)

    found = {(one.user_id, one.item_id): one.word for one in read}
    assert {pair: word for pair, word in found.items() if word != "none"} == expected
