"""The whole path from the command line, on a made-up service: nothing is replaced by a fake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def tenuto(*words: object, status: int = 0) -> str:
    """What a fresh process prints on stdout."""
    command = [sys.executable, "-c", "from tenuto.cli import main; main()", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """A workspace over 150 listeners and 44 days, with everything run. Read only."""
    folder = tmp_path_factory.mktemp("service")
    logs, workspace = folder / "logs", folder / "workspace"
    tenuto("simulate", "musicbox", logs, "--listeners", 150, "--plain")
    tenuto("init", workspace, "--source", "musicbox", "--logs", logs)
    tenuto("run", workspace, "--cutoff", "2017-04-29")
    return workspace


def test_a_second_run_reads_nothing_and_tells_the_same(workspace):
    told = json.loads(tenuto("run", workspace, "--cutoff", "2017-04-29", "--json"))
    assert told["ingest"]["n_files_read"] == 0
    assert told["cutoff"] == "2017-04-29"
    assert told["churn"]["n_listeners"] == told["recommend"]["n_listeners"] > 0


def test_the_run_says_whether_the_trivial_rule_wins_and_where_everything_is(workspace):
    said = tenuto("run", workspace, "--cutoff", "2017-04-29")
    assert "recency" in said
    for name in ("report", "call list", "songs", "charts"):
        line = next(line for line in said.splitlines() if line.strip().startswith(name))
        assert Path(line.removeprefix(f"  {name}").strip()).is_file()


def test_the_call_list_on_the_terminal_is_that_of_the_file(workspace):
    words = ("churn", workspace, "--cutoff", "2017-04-29", "--top", 3)
    listed = json.loads(tenuto(*words, "--json"))["call_list"]
    assert [row["rank"] for row in listed] == [1, 2, 3]
    probabilities = [row["probability"] for row in listed]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(str(row["user_id"]) in tenuto(*words) for row in listed)


def test_one_listeners_songs_can_be_looked_at(workspace):
    words = ("--cutoff", "2017-04-29")
    listed = json.loads(tenuto("churn", workspace, *words, "--top", 1, "--json"))["call_list"]
    user = listed[0]["user_id"]
    songs = json.loads(tenuto("recommend", workspace, *words, "--user", user, "--json"))
    assert songs[0]["rank"] == 1
    tenuto("recommend", workspace, *words, "--user", "nobody", status=2)


def test_the_report_is_drawn_again_from_saved_results(workspace):
    page = Path(tenuto("report", workspace, "--cutoff", "2017-04-29").strip())
    before = page.read_bytes()
    page.unlink()
    tenuto("report", workspace, "--cutoff", "2017-04-29")
    assert page.read_bytes() == before


def test_the_doctor_finds_the_workspace_well(workspace):
    assert "All is well." in tenuto("doctor", workspace)


def test_a_cutoff_outside_the_log_is_the_users_mistake(workspace):
    assert tenuto("run", workspace, "--cutoff", "2019-01-01", status=2) == ""
