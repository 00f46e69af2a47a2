"""The command line: parse, call one function, print; what is said when something goes wrong."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from conftest import musicbox_logs, play
from tenuto.churn._results import ChurnSummary
from tenuto.cli._program import build_program
from tenuto.errors import CutoffError
from tenuto.workspace import Workspace


def tenuto(*words: object) -> Result:
    return CliRunner().invoke(build_program(), [str(word) for word in words])


def failing(failure: BaseException):
    """A step of the pipeline that fails with ``failure``."""

    def step(*_, **__):
        raise failure

    return step


# Mistakes.


def test_a_mistake_of_the_users_is_two_lines_on_stderr_and_status_2(workspace, monkeypatch):
    mistake = CutoffError("2017-04-29 12:00 is too fine", mend="use a midnight")
    monkeypatch.setattr("tenuto.pipeline.run", failing(mistake))
    shown = tenuto("run", workspace.root, "--cutoff", "2017-04-29 12:00")
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert shown.stderr.splitlines() == [
        "CutoffError: 2017-04-29 12:00 is too fine",
        "  To mend: use a midnight",
    ]


def test_a_mistake_of_ours_shows_its_traceback_and_has_status_1(workspace, monkeypatch):
    monkeypatch.setattr("tenuto.pipeline.run", failing(ZeroDivisionError("by nothing")))
    shown = tenuto("run", workspace.root)
    assert shown.exit_code == 1
    assert shown.stdout == ""
    assert "Traceback" in shown.stderr
    assert shown.stderr.splitlines()[-1].startswith("This is a mistake of Tenuto's, not yours")


def test_ctrl_c_is_one_line_and_status_130(workspace, monkeypatch):
    monkeypatch.setattr("tenuto.pipeline.run", failing(KeyboardInterrupt()))
    shown = tenuto("run", workspace.root)
    assert shown.exit_code == 130
    assert len(shown.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_the_disk_refuses_is_told_with_the_place_and_a_mend(number, workspace, monkeypatch):
    refused = OSError(number, "refused", "lake/file.parquet")
    monkeypatch.setattr("tenuto.pipeline.run", failing(refused))
    shown = tenuto("run", workspace.root)
    assert shown.exit_code == 2
    assert shown.stderr.splitlines()[0] == "refused: lake/file.parquet"
    assert shown.stderr.splitlines()[1].startswith("  To mend: ")


def test_too_little_memory_is_told_with_a_mend(workspace, monkeypatch):
    monkeypatch.setattr("tenuto.pipeline.run", failing(MemoryError()))
    shown = tenuto("run", workspace.root)
    assert shown.exit_code == 2
    assert "To mend: lower engine.memory" in shown.stderr


def test_a_misspelt_command_gets_the_nearest_one():
    shown = tenuto("ingst")
    assert shown.exit_code == 2
    assert "Did you mean 'ingest'?" in shown.stderr


def test_a_misspelt_source_gets_the_nearest_one(tmp_path):
    shown = tenuto("init", tmp_path / "new", "--source", "musicbx", "--logs", tmp_path)
    assert shown.exit_code == 2
    assert "Did you mean 'musicbox'?" in shown.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["ingest", "run", "churn", "recommend", "report"])
def test_a_folder_that_is_no_workspace_is_told_how_to_become_one(name, tmp_path):
    shown = tenuto(name, tmp_path)
    assert shown.exit_code == 2
    assert f"To mend: tenuto init {tmp_path}" in shown.stderr


# What each command hands to the pipeline.


def test_simulate_hands_on_every_option(monkeypatch):
    called = {}
    monkeypatch.setattr(
        "tenuto.pipeline.simulate",
        lambda source, out, **options: called.update(options, source=source, out=out),
    )
    sizes = ["--listeners", 7, "--days", 3, "--seed", 5]
    tenuto("simulate", "musicbox", "out", *sizes, "--plain", "--clean")
    called.pop("progress")
    assert called == {
        "source": "musicbox",
        "out": Path("out"),
        "listeners": 7,
        "days": 3,
        "seed": 5,
        "packed": False,
        "dirt": False,
        "file_faults": False,
    }


def test_the_cutoff_is_handed_on_as_it_was_typed(workspace, monkeypatch):
    called = []
    monkeypatch.setattr(
        "tenuto.pipeline.report",
        lambda found, cutoff: called.append((found.root, cutoff)) or "page",
    )
    shown = tenuto("report", workspace.root, "--cutoff", "2017-04-29")
    assert called == [(workspace.root, "2017-04-29")]
    assert shown.stdout == "page\n"


def test_without_a_cutoff_the_pipeline_chooses(workspace, monkeypatch):
    called = []
    monkeypatch.setattr(
        "tenuto.pipeline.report", lambda _, cutoff: called.append(cutoff) or Path("page")
    )
    shown = tenuto("report", workspace.root, "--json")
    assert called == [None]
    assert json.loads(shown.stdout) == {"report": "page"}


def test_a_log_too_short_for_models_is_said_and_is_no_mistake(workspace, monkeypatch):
    short = ChurnSummary("2017-04-02", skipped="the log has 3 days, 28 are needed")
    monkeypatch.setattr("tenuto.pipeline.churn", lambda *_, **__: short)
    shown = tenuto("churn", workspace.root)
    assert shown.exit_code == 0
    assert "No churn models: the log has 3 days, 28 are needed" in shown.stdout


def test_the_verdict_on_the_trivial_rule_stands_above_the_figures(workspace, monkeypatch):
    figures = {"low": 0.6, "high": 0.8, "base_rate": 0.3, "n_rows": 59}
    forward = {**figures, "protocol": "forward", "population": "active_14d"}
    aucs = (
        {**forward, "model": "boosting", "value": 0.7},
        {**forward, "model": "recency_rule", "value": 0.75},
        {**forward, "model": "base_rate", "value": None},
        {**forward, "model": "on_everybody", "value": 0.9, "population": "all"},
    )
    found = ChurnSummary("2017-04-29", aucs=aucs, verdict="The trivial rule wins.")
    monkeypatch.setattr("tenuto.pipeline.churn", lambda *_, **__: found)
    monkeypatch.setattr("tenuto.cli.churn.first_to_call", lambda *_: [])
    lines = tenuto("churn", workspace.root).stdout.splitlines()
    models = [line.split()[0] for line in lines if "0.600 to 0.800" in line]
    assert models == ["recency_rule", "boosting", "base_rate"]
    assert lines.index("The trivial rule wins.") < len(lines) - len(models)


# Real work on tiny logs.


def test_init_makes_a_workspace_and_says_what_comes_next(tmp_path):
    logs = musicbox_logs(tmp_path / "logs")
    shown = tenuto("init", tmp_path / "new", "--source", "musicbox", "--logs", logs)
    assert shown.exit_code == 0
    assert f"tenuto run {tmp_path / 'new'}" in shown.stdout
    assert Workspace(tmp_path / "new").logs == logs


def test_ingest_accounts_for_every_line_and_file(workspace, logs):
    musicbox_logs(logs, days=3, rows=3, kinds=("play",))
    (logs / "20170331_3_play.log").unlink()
    file = logs / "20170330_3_play.log"
    file.write_text(file.read_text() + play(168000001, 100, 1, 200, title="Song 100") + "\n\n")
    (logs / "notes.txt").write_text("not a log")

    shown = tenuto("ingest", workspace.root)
    assert shown.exit_code == 0
    assert "8 lines read = 6 kept + 0 part of another record + 2 set aside" in shown.stdout
    assert "duplicate       1  set aside  A record that was sent twice" in shown.stdout
    assert "notes.txt  not a play, down or search log" in shown.stdout
    assert "Files to ask for again (1 missing)" in shown.stdout
    assert "2017-03-31  3     play  missing" in shown.stdout
    assert str(workspace.lake / "events") in shown.stdout

    told = json.loads(tenuto("ingest", workspace.root, "--json").stdout)
    assert told["n_files_read"] == 0
    assert told["n_lines"] == 8
    assert [row["day"] for row in told["incomplete"]] == ["2017-03-31"]


def test_list_without_a_room_names_the_rooms_that_have_members():
    rooms = json.loads(tenuto("list", "--json").stdout)
    assert {"sources", "features", "churn", "recommenders", "cli"} <= set(rooms)
    assert "events" not in rooms


def test_list_shows_the_members_of_a_room_with_their_descriptions():
    shown = tenuto("list", "sources")
    assert "musicbox  Music Box logs: one event per line" in shown.stdout


def test_list_of_a_misspelt_room_gets_the_nearest_one():
    shown = tenuto("list", "feature")
    assert shown.exit_code == 2
    assert "Did you mean 'features'?" in shown.stderr


def test_the_version_is_printed():
    assert tenuto("--version").stdout.startswith("tenuto 0.")
