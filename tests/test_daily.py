"""What a scheduler calls: everything in order, one at a time, and nothing half published."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import filelock
import pytest
from typer.testing import CliRunner

from service import CUTOFF, keep_part, settle
from tenuto import errands, monitoring, pipeline, serving
from tenuto.cli._program import build_program
from tenuto.daily import SUMMARY_FILE, daily
from tenuto.errors import Busy, EngineError, TenutoError, WorkspaceError
from tenuto.monitoring import DONE, FAILED, FilledDay
from tenuto.serving import Answers
from tenuto.simulation.musicbox import simulate
from tenuto.workspace import Workspace
from test_pipeline_killed import QUICK

KILLS = 4
RUN = """
import sys
from tenuto import Workspace
from tenuto.daily import daily
daily(Workspace(sys.argv[1]))
"""


class Made:
    """In place of the work: notes what is asked for, in order; days end as told."""

    def __init__(self, monkeypatch, *days: FilledDay):
        self.asked = []
        monkeypatch.setattr(pipeline, "ingest", lambda workspace, progress: self.note("ingest"))
        monkeypatch.setattr("tenuto.daily.timeline_of", lambda workspace: self)
        monkeypatch.setattr(
            errands, "back_fill", lambda *_, **how: [self.note("run", **how), *days][1:]
        )
        monkeypatch.setattr(serving, "publish", lambda workspace: self.note("publish"))
        monkeypatch.setattr(
            errands,
            "export",
            lambda workspace, to, tables, day, progress: self.note("export", day=day),
        )

    end = CUTOFF

    def note(self, what, **how):
        how.pop("progress", None)
        self.asked.append((what, how) if how else what)


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "logs").mkdir()
    return Workspace.create(tmp_path / "workspace", source="musicbox", logs=tmp_path / "logs")


def tenuto(*words):
    return CliRunner().invoke(build_program(), [str(word) for word in words])


def test_new_log_is_read_run_published_and_sent(workspace, monkeypatch):
    made = Made(monkeypatch, FilledDay(CUTOFF, DONE))
    workspace.settings.daily.export_to = "results.duckdb"

    daily(workspace)

    assert made.asked == [
        "ingest",
        ("run", {"force": True}),
        "publish",
        ("export", {"day": CUTOFF}),
    ]


def test_nothing_is_sent_where_no_warehouse_is_named(workspace, monkeypatch):
    made = Made(monkeypatch, FilledDay(CUTOFF, DONE))
    daily(workspace)
    assert made.asked[-1] == "publish"


def test_filling_in_leaves_finished_days_alone_and_sends_each(workspace, monkeypatch):
    days = [CUTOFF - timedelta(days=1), CUTOFF]
    made = Made(monkeypatch, *(FilledDay(day, monitoring.KEPT) for day in days))
    workspace.settings.daily.export_to = "results.duckdb"

    daily(workspace, days[0])

    assert ("run", {"force": False}) in made.asked
    assert made.asked[-2:] == [("export", {"day": day}) for day in days]


def test_a_day_that_failed_is_neither_published_nor_sent(workspace, monkeypatch):
    made = Made(monkeypatch, FilledDay(CUTOFF, FAILED, "a leak", is_leak=True))
    workspace.settings.daily.export_to = "results.duckdb"

    found = tenuto("daily", workspace.root)

    assert found.exit_code == 3
    assert "what was published before is served" in found.output
    assert made.asked[-1] == ("run", {"force": True})


def test_drift_is_published_and_ends_with_a_status_of_its_own(workspace, monkeypatch):
    made = Made(monkeypatch, FilledDay(CUTOFF, DONE, alarms=("plays have halved",)))

    found = tenuto("daily", workspace.root)

    assert (found.exit_code, made.asked[-1]) == (4, "publish")
    assert "plays have halved" in found.output


def test_what_was_done_is_also_in_a_file(workspace, monkeypatch):
    Made(monkeypatch, FilledDay(CUTOFF, DONE, "well"))
    printed = tenuto("daily", workspace.root, "--json")
    written = json.loads((workspace.root / SUMMARY_FILE).read_text())
    assert json.loads(printed.stdout) == written
    assert written["days"][0]["said"] == "well"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [("export_to", "mysql://host/x", "no warehouse"), ("export_tables", ["ratings"], "'rating'")],
)
def test_a_warehouse_that_cannot_be_is_refused_before_any_work(
    workspace, monkeypatch, setting, value, said
):
    made = Made(monkeypatch, FilledDay(CUTOFF, DONE))
    workspace.settings.daily.export_to = "results.duckdb"
    setattr(workspace.settings.daily, setting, value)
    with pytest.raises(TenutoError, match=said):
        daily(workspace)
    assert made.asked == []


def test_what_was_published_is_in_the_file_also_where_the_warehouse_is_down(workspace, monkeypatch):
    Made(monkeypatch, FilledDay(CUTOFF, DONE))
    workspace.settings.daily.export_to = "postgres://127.0.0.1:1/x"

    def refuse(*_, **__):
        raise EngineError("cannot connect")

    monkeypatch.setattr(errands, "export", refuse)
    with pytest.raises(EngineError):
        daily(workspace)
    assert json.loads((workspace.root / SUMMARY_FILE).read_text())["days"][0]["state"] == DONE


def test_a_second_one_at_once_is_refused_and_told_to_wait(workspace, monkeypatch):
    made = Made(monkeypatch, FilledDay(CUTOFF, DONE))
    with filelock.FileLock(workspace.root / ".daily.lock"):
        with pytest.raises(Busy, match="wait for it to end"):
            daily(workspace)
        assert tenuto("daily", workspace.root).exit_code == 5
    assert made.asked == []


def test_the_last_day_needs_a_first_one(workspace):
    assert "--to needs --from" in tenuto("daily", workspace.root, "--to", CUTOFF).output


@pytest.mark.slow
def test_killed_at_random_moments_it_always_serves_a_whole_publication(tmp_path):
    simulate(tmp_path / "logs", listeners=450, packed=False)
    logs, rng = keep_part(tmp_path / "logs", 3), random.Random(7)
    workspace = Workspace.create(tmp_path / "workspace", source="musicbox", logs=logs)
    settle(workspace, QUICK)
    began = time.monotonic()
    assert started(workspace).wait() == 0
    seconds, first = time.monotonic() - began, served(workspace)

    for number in range(KILLS):
        # Other settings, so that there is something to do.
        settle(workspace, {"recommend": {"k": 5 + number}})
        process = started(workspace)
        time.sleep(rng.uniform(0.05, 0.9) * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert served(workspace) >= first

    assert started(workspace).wait() == 0
    assert served(workspace) > first


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 MB, where this machine lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("nobody but root may mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_on_a_full_disk_it_says_so_serves_what_was_there_and_goes_on_when_there_is_room(
    tmp_path, small_disk
):
    simulate(tmp_path / "logs", listeners=450, packed=False)
    logs = keep_part(tmp_path / "logs", 3)
    on_disk, elsewhere = (
        Workspace.create(folder, source="musicbox", logs=logs)
        for folder in (small_disk / "workspace", tmp_path / "workspace")
    )
    for workspace in (on_disk, elsewhere):
        settle(workspace, QUICK)
    with room_for(0, small_disk):
        assert_says_that_the_disk_is_full(on_disk)
    assert started(on_disk).wait() == started(elsewhere).wait() == 0
    first = served(on_disk)
    for workspace in (on_disk, elsewhere):
        settle(workspace, {"churn": {"horizon_days": 10}, "recommend": {"k": 7}})
    for megabytes in (0, 1, 4):
        with room_for(megabytes, small_disk):
            assert_says_that_the_disk_is_full(on_disk)
            assert served(on_disk) == first

    assert started(on_disk).wait() == started(elsewhere).wait() == 0
    assert served(on_disk) > first
    tables = [file.relative_to(elsewhere.root) for file in elsewhere.root.glob("runs/**/*.parquet")]
    assert len(tables) > 5
    for table in tables:
        assert (on_disk.root / table).read_bytes() == (elsewhere.root / table).read_bytes(), table


@contextlib.contextmanager
def room_for(megabytes, disk):
    """While it is entered, something else takes all but so much of ``disk``."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - megabytes * 2**20)
    yield
    ballast.unlink()


def assert_says_that_the_disk_is_full(workspace):
    command = [Path(sys.executable).with_name("tenuto"), "daily", workspace.root]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "To mend: free some space" in ended.stderr


def started(workspace):
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen([sys.executable, "-c", RUN, str(workspace.root)], env=environment)


def served(workspace):
    """What is served, after a look at a listener and that listener's songs in it."""
    try:
        answers = Answers.open(workspace)
    except WorkspaceError as failure:
        pytest.fail(f"nothing is served: {failure}")
    with contextlib.closing(answers):
        page = answers.call_list(page_size=1)
        assert answers.songs(page.rows[0].user_id, "mix", 5).songs
        return answers.about().publication
