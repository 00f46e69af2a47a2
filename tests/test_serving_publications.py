"""Publications: whole or not at all, followed by those who serve, and gone back to."""

import gc
import json
import os
import shutil
import time
import weakref

import pandas as pd
import pytest
from typer.testing import CliRunner

from published import (
    CALLED,
    CUTOFF,
    HELD_OUT,
    LEFT_ALONE,
    N_LISTENERS,
    SCRIPT,
    STRANGER,
    UNSCORED,
    finished_run,
    write_scores,
)
from tenuto import serving
from tenuto.cli._program import build_program
from tenuto.errors import ContractError, SettingsError, WorkspaceError
from tenuto.record import write_json
from tenuto.serving import Answers, _publish
from tenuto.workspace import Workspace


@pytest.fixture(scope="module")
def original(duckdb_engine, tmp_path_factory):
    made = finished_run(duckdb_engine, tmp_path_factory.mktemp("publications"))
    serving.publish(made)
    return made


@pytest.fixture
def workspace(original, tmp_path):
    """A copy that may be changed, with one publication."""
    shutil.copytree(original.root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def answers(workspace):
    served = Answers.open(workspace)
    yield served
    served.close()


def change(workspace, share=0.5):
    """Another run of the same day: everybody is half as likely to leave."""
    run = workspace.run_folder(CUTOFF)
    file = run / "churn" / "churn_scores.parquet"
    scores = pd.read_parquet(file)
    scores.assign(probability=scores["probability"] * share).to_parquet(file, index=False)
    write_json(run / "churn" / "step.json", {"inputs": f"changed by {share}"})


def names(workspace):
    return [one.name for one in serving.publications(workspace)]


def current(workspace):
    return [one.name for one in serving.publications(workspace) if one.is_current]


def eventually(check, patience_s=30):
    end = time.monotonic() + patience_s
    while not check() and time.monotonic() < end:
        time.sleep(0.02)
    return check()


def test_what_is_published_is_listed_newest_first_with_the_current_one_marked(workspace):
    change(workspace)
    made = serving.publish(workspace)

    assert made.is_current
    assert made.day == CUTOFF
    assert names(workspace) == ["000002-2017-04-29", "000001-2017-04-29"]
    assert current(workspace) == ["000002-2017-04-29"]


def test_the_same_results_are_not_published_twice(workspace):
    first = serving.publications(workspace)
    assert [serving.publish(workspace)] == first == serving.publications(workspace)


def test_publishing_twice_gives_the_same_bytes(workspace):
    first = serving.publish(workspace)
    shutil.rmtree(workspace.root / "serving")
    again = serving.publish(workspace)
    assert again == first
    folder = workspace.root / "serving" / "publications" / first.name
    before = json.loads((folder / "manifest.json").read_text())["files"]
    shutil.rmtree(workspace.root / "serving")
    serving.publish(workspace)
    assert json.loads((folder / "manifest.json").read_text())["files"] == before


def test_one_goes_back_step_by_step_and_forward_by_publishing(workspace):
    for share in (0.5, 0.25):
        change(workspace, share)
        serving.publish(workspace)

    assert serving.go_back(workspace).name == "000002-2017-04-29"
    assert serving.go_back(workspace).name == "000001-2017-04-29"
    with pytest.raises(WorkspaceError, match="no publication before 000001"):
        serving.go_back(workspace)
    assert serving.publish(workspace).name == "000003-2017-04-29"
    assert current(workspace) == ["000003-2017-04-29"]


def test_old_publications_are_taken_away_but_never_the_current_one(workspace):
    for share in (0.9, 0.8, 0.7):
        change(workspace, share)
        serving.publish(workspace, keep=2)
    assert names(workspace) == ["000004-2017-04-29", "000003-2017-04-29"]
    with pytest.raises(SettingsError, match="keep is 0"):
        serving.publish(workspace, keep=0)


def test_a_day_without_a_finished_run_is_refused(workspace):
    with pytest.raises(WorkspaceError, match="no finished run at 2017-01-01"):
        serving.publish(workspace, "2017-01-01")
    (workspace.run_folder(CUTOFF) / "recommend" / "curves.json").unlink()
    with pytest.raises(WorkspaceError, match=r"no recommend/curves.json"):
        serving.publish(workspace)


def test_without_a_publication_there_is_nothing_to_open(workspace):
    shutil.rmtree(workspace.root / "serving")
    with pytest.raises(WorkspaceError, match="published nothing"):
        Answers.open(workspace)


def test_a_newer_publication_is_taken_up_without_being_told(workspace, answers):
    before = answers.listener(CALLED).probability
    change(workspace)
    serving.publish(workspace)

    assert eventually(lambda: answers.listener(CALLED).probability != before)
    assert answers.listener(CALLED).probability == before / 2
    serving.go_back(workspace)
    assert eventually(lambda: answers.listener(CALLED).probability == before)


def test_a_publication_that_is_no_longer_served_leaves_nothing_in_memory(workspace, answers):
    answers.songs(STRANGER, "mix", seeds=[answers.find_songs("song")[0].item_id])
    before = weakref.ref(answers._snapshot)
    change(workspace)
    serving.publish(workspace)
    gc.disable()
    try:
        answers.refresh()
        assert before() is None
    finally:
        gc.enable()


def test_a_publisher_that_is_stopped_leaves_the_old_answers(workspace, answers, monkeypatch):
    def stops(*_, **__):
        raise KeyboardInterrupt

    change(workspace)
    monkeypatch.setattr(_publish, "write_counter", stops)
    with pytest.raises(KeyboardInterrupt):
        serving.publish(workspace)

    assert names(workspace) == ["000001-2017-04-29"]
    assert answers.about().publication == "000001-2017-04-29"
    assert list((workspace.root / "serving").glob("*.aside")) == []


def test_a_full_disk_is_said_and_the_old_answers_stay(workspace, monkeypatch):
    def is_full(*_, **__):
        raise OSError(28, "No space left on device")

    change(workspace)
    monkeypatch.setattr(_publish, "write_counter", is_full)
    with pytest.raises(WorkspaceError, match="No space left on device") as problem:
        serving.publish(workspace)
    assert "published before is served" in problem.value.mend
    assert current(workspace) == ["000001-2017-04-29"]


def spoil(folder, how):
    file = folder / "answers.sqlite"
    if how == "changed":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif how == "cut off":
        file.write_bytes(file.read_bytes()[:1000])
    elif how == "missing":
        file.unlink()
    elif how == "added":
        (folder / "fold" / "extra.npy").write_bytes(b"")
    elif how == "a link":
        os.replace(file, folder.parent / "elsewhere")
        file.symlink_to(folder.parent / "elsewhere")
    elif how == "no manifest":
        (folder / "manifest.json").write_text("{")


@pytest.mark.parametrize("how", ["changed", "cut off", "missing", "added", "a link", "no manifest"])
def test_a_damaged_publication_is_refused_and_the_last_good_one_served(workspace, how):
    change(workspace)
    newest = serving.publish(workspace).name
    spoil(workspace.root / "serving" / "publications" / newest, how)

    answers = Answers.open(workspace)

    assert answers.about().publication == "000001-2017-04-29"
    assert newest in answers.problem
    assert "To mend" in answers.problem
    answers.close()


def test_a_running_server_does_not_take_up_a_damaged_publication(workspace, answers):
    change(workspace)
    newest = serving.publish(workspace).name
    spoil(workspace.root / "serving" / "publications" / newest, "changed")

    answers.refresh()
    assert answers.about().publication == "000001-2017-04-29"
    assert newest in answers.problem

    change(workspace, 0.4)
    serving.publish(workspace)
    answers.refresh()
    assert answers.problem is None
    assert answers.about().publication == "000003-2017-04-29"


def test_a_damaged_pointer_is_the_newest_publication(workspace, answers):
    (workspace.root / "serving" / "current.json").write_text("nonsense")
    answers.refresh()
    assert answers.about().publication == "000001-2017-04-29"
    assert answers.problem is None


def test_where_nothing_is_sound_opening_says_what_is_wrong(workspace):
    folder = workspace.root / "serving" / "publications" / "000001-2017-04-29"
    spoil(folder, "changed")
    with pytest.raises(WorkspaceError, match="is not the file that was published"):
        Answers.open(workspace)


def test_a_held_out_listener_looks_like_one_who_is_left_alone(answers):
    called, held, left = (answers.listener(user) for user in (CALLED, HELD_OUT, LEFT_ALONE))

    assert (called.action, called.in_campaign, called.place) == ("win_back", True, 1)
    for one in (held, left):
        assert (one.action, one.action_words) == ("leave_alone", "leave alone")
        assert (one.in_campaign, one.place, one.expected_value) == (False, None, 0.0)
    assert "holdout" not in str([held.to_dict(), left.to_dict()])


def test_a_listener_has_score_plan_and_reasons_with_numbers(answers):
    found = answers.listener(CALLED)
    assert (found.rank, found.plan, found.band, found.value) == (1, "paid", "highest", 100.0)
    assert found.probability == 1 - 1 / (N_LISTENERS + 1)
    assert found.percentile == 1.0
    assert [(one.code, one.label, one.sentence) for one in found.reasons] == [
        ("silence", "Silence", "last played 2 days ago")
    ]
    assert answers.listener(UNSCORED).probability is None
    assert answers.listener(STRANGER) is None
    assert [one and one.user_id for one in answers.scores([3, STRANGER, 1])] == [3, None, 1]


def test_the_call_list_has_contacts_alone_and_no_gap_tells_of_the_others(answers):
    whole = answers.call_list(page_size=100)
    users = [one.user_id for one in whole]
    assert users == [user for user in range(1, 30) if user not in (2, 3) and user % 9 != 8]
    assert [one.place for one in whole] == list(range(1, len(users) + 1))
    assert whole.total == len(users)


def test_pages_of_the_call_list_are_its_parts(answers):
    whole = answers.call_list(page_size=100).rows
    parts = [answers.call_list(page=page, page_size=7) for page in (1, 2, 3, 4, 5)]
    assert sum((part.rows for part in parts), ()) == whole
    assert {part.pages for part in parts} == {-(-len(whole) // 7)}


@pytest.mark.parametrize(
    ("asked", "is_wanted"),
    [
        ({"action": "win_back"}, lambda one: one.action == "win_back"),
        ({"plan": "free"}, lambda one: one.plan == "free"),
        ({"reason": "silence"}, lambda one: True),
        ({"reason": "plays"}, lambda one: False),
        ({"min_probability": 0.5}, lambda one: one.probability >= 0.5),
        ({"search": "FREE trial"}, lambda one: one.action == "free_trial"),
        ({"search": "song 12"}, lambda one: one.user_id == 12),
        ({"search": "'; DROP TABLE calls; --"}, lambda one: False),
        ({"plan": "paid", "min_probability": 0.9}, lambda one: one.user_id in (1, 3)),
    ],
)
def test_the_call_list_is_filtered(answers, asked, is_wanted):
    whole = answers.call_list(page_size=100)
    found = answers.call_list(page_size=100, **asked)
    expected = [one.user_id for one in whole if is_wanted(one)]
    assert [one.user_id for one in found] == expected
    assert found.total == len(expected)


def test_the_call_list_is_sorted(answers):
    def users(sort):
        return [one.user_id for one in answers.call_list(sort=sort, page_size=100)]

    assert users("probability") == users("rank") == users("user_id")
    assert users("value")[:3] == [1, 5, 7]
    silence = [one.days_since_last_event for one in answers.call_list(sort="silence")]
    assert silence == sorted(silence, reverse=True)
    with pytest.raises(ContractError, match="no order 'best'"):
        answers.call_list(sort="best")
    with pytest.raises(ContractError, match="page 0"):
        answers.call_list(page=0)


def test_songs_are_found_by_words_of_title_and_artist_and_as_they_are(answers):
    assert answers.item(5).title == SCRIPT
    assert answers.item(99_999) is None
    assert [one.item_id for one in answers.find_songs("song 37 ARTIST 1", 3)] == [37]
    assert len(answers.find_songs("artist", 4)) == 4
    assert answers.find_songs("  ") == []
    heard = [one.n_listeners for one in answers.find_songs("song", 100)]
    assert heard == sorted(heard, reverse=True)


def test_similar_songs_are_others_and_best_first(answers):
    found = answers.similar(0, 5)
    assert 0 not in [song.item_id for song in found]
    assert [song.rank for song in found] == [1, 2, 3, 4, 5]
    assert [song.score for song in found] == sorted((s.score for s in found), reverse=True)
    assert answers.similar(99_999) == []


def test_days_and_earlier_scores_of_a_listener(workspace, original):
    earlier = workspace.run_folder("2017-04-28")
    for step in ("churn", "retention/reasons"):
        (earlier / step).mkdir(parents=True)
    write_scores(earlier, "2017-04-28")
    serving.publish(workspace)
    answers = Answers.open(workspace)

    days = answers.days(7)

    assert len(days) == 16
    assert days[-1].day.isoformat() == "2017-04-28"
    assert (days[-2].n_plays, days[-2].n_songs, days[-2].n_downloads) == (2, 2, 1)
    said = answers.score_history(7)
    assert [(one.day.isoformat(), one.rank) for one in said] == [
        ("2017-04-28", 7),
        ("2017-04-29", 7),
    ]
    assert answers.days(STRANGER) == answers.score_history(STRANGER) == []
    answers.close()


def test_what_is_served_is_said_with_its_words(answers):
    about = answers.about()
    assert (about.day, about.source, about.horizon_days) == (CUTOFF, "musicbox", 3)
    assert (about.recommender, about.songs_per_list) == ("ials", 6)
    assert about.lists == ("keep", "discover", "mix")
    assert about.n_listeners == N_LISTENERS
    assert about.n_scored == N_LISTENERS - 1
    assert about.n_called == answers.call_list().total
    assert json.dumps(about.to_dict())


def test_the_command_publishes_goes_back_and_lists(workspace):
    def said(*words):
        done = CliRunner().invoke(build_program(), ["publish", str(workspace.root), *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    change(workspace)
    assert [one["name"] for one in json.loads(said("--json"))] == names(workspace)
    assert current(workspace) == ["000002-2017-04-29"]
    assert "000001-2017-04-29" in said("--back")
    assert current(workspace) == ["000001-2017-04-29"]
    assert json.loads(said("--list", "--json"))[1]["is_current"]


def test_who_is_forgotten_is_in_no_publication_and_a_server_notices(workspace, answers):
    answers.say(CALLED, 1, "like")
    change(workspace)
    serving.publish(workspace)
    others = [one.user_id for one in answers.call_list(page_size=100)][1:]

    assert serving.forget(workspace, [str(CALLED), STRANGER]) == 7

    assert names(workspace) == ["000003-2017-04-29"]
    assert eventually(lambda: answers.listener(CALLED) is None)
    assert answers.problem is None
    called = answers.call_list(page_size=100)
    assert [one.user_id for one in called] == others
    assert answers.days(CALLED) == answers.score_history(CALLED) == []
    assert answers.songs(4).served_by == "run"
    assert serving.forget(workspace, [CALLED]) == 0
