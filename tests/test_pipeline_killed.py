"""Killed at any moment and run again, a run leaves the same bytes as one left in peace."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import bytes_of
from service import keep_part, settle
from tenuto.simulation.musicbox import simulate
from tenuto.workspace import Workspace

pytestmark = pytest.mark.slow

KILLS = 20
RUN = "import sys; from tenuto import pipeline, Workspace; pipeline.run(Workspace(sys.argv[1]))"
#: Few and quick models: what is tested is how results are written, not what they are.
QUICK = {
    "churn": {
        "models": ["logistic", "recency_rule"],
        "call_list_model": "logistic",
        "folds": 2,
        "training_cutoffs": 1,
        "bootstrap_draws": 20,
    },
    "recommend": {"recommenders": ["popularity"]},
    "engine": {"threads": 2},
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> Path:
    """44 days of the youngest of 450 listeners' three cohorts, about 150 of them."""
    folder = tmp_path_factory.mktemp("service") / "logs"
    simulate(folder, listeners=450, packed=False)
    return keep_part(folder, 3)


def new_workspace(logs: Path, name: str) -> Path:
    """A fresh workspace beside the others: the same path to the logs in all of them."""
    root = logs.parent / name
    shutil.rmtree(root, ignore_errors=True)
    settle(Workspace.create(root, source="musicbox", logs=logs), QUICK)
    return root


def start(workspace: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen([sys.executable, "-c", RUN, str(workspace)], env=environment)


def left_behind(workspace: Path) -> dict[str, bytes]:
    """Every file with its bytes; ``scratch`` is for the engine and holds no results."""
    files = bytes_of(workspace)
    return {name: content for name, content in files.items() if not name.startswith("scratch/")}


@pytest.fixture(scope="module")
def undisturbed(logs) -> tuple[dict[str, bytes], float]:
    """What a run leaves that nobody kills, and how many seconds it took."""
    began = time.monotonic()
    workspace = new_workspace(logs, "undisturbed")
    assert start(workspace).wait() == 0
    return left_behind(workspace), time.monotonic() - began


def test_a_run_killed_twenty_times_leaves_the_bytes_of_a_run_left_in_peace(logs, undisturbed):
    """Each kill is at a random moment of the first half of the time that a whole run takes.

    A run goes on where the last one was killed; one that reaches its end is compared and begun
    anew, so that kills fall on reading, on summing and on every later step.
    """
    expected, seconds = undisturbed
    rng, killed, finished = random.Random(44), 0, 0
    workspace = new_workspace(logs, "killed")
    while killed < KILLS:
        if survives(workspace, rng.uniform(0.05, 0.5) * seconds):
            same_bytes(left_behind(workspace), expected)
            workspace, finished = new_workspace(logs, "killed"), finished + 1
        else:
            killed += 1
    assert start(workspace).wait() == 0
    same_bytes(left_behind(workspace), expected)


def survives(workspace: Path, seconds: float) -> bool:
    """Whether a run reaches its end within so many seconds; else it is killed."""
    process = start(workspace)
    try:
        assert process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return False
    return True


def same_bytes(found: dict[str, bytes], expected: dict[str, bytes]) -> None:
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
