"""``tenuto explain``: all reasons of one listener, from what a run has saved."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from scipy.special import logit

from explained import explained_run
from tenuto import opened
from tenuto.reasons import explain
from tenuto.workspace import Workspace
from test_cli import tenuto

CUTOFF = "2017-04-29"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with the scores of one run, and no logs."""
    folder = tmp_path_factory.mktemp("explained")
    made = Workspace.create(folder / "service", source="musicbox", logs=folder)
    explained_run(made.run_folder(CUTOFF) / "churn")
    return made.root


@pytest.fixture(autouse=True)
def _days(monkeypatch):
    timeline = SimpleNamespace(parse_cutoff=str, end=CUTOFF)
    monkeypatch.setattr(opened, "timeline_of", lambda _: timeline)


def test_it_names_every_reason_what_adds_most_first(workspace):
    shown = tenuto("explain", workspace, "--user", "7")

    assert shown.exit_code == 0, shown.output
    first, header, *rows = shown.stdout.splitlines()
    assert first.startswith(f"Listener 7 at {CUTOFF}: probability ")
    assert first.endswith(" of 240.")
    assert header.split() == ["adds", "reason", "in", "words"]
    adds = [float(row.split()[0]) for row in rows]
    assert adds == sorted(adds, reverse=True)
    assert len(rows) == 5


def test_json_has_figures_that_programs_can_add_up(workspace):
    shown = tenuto("explain", workspace, "--user", "7", "--json")

    found = json.loads(shown.stdout)

    assert found["user_id"] == 7
    assert found["cutoff"] == CUTOFF
    adds = [reason["contribution"] for reason in found["reasons"]]
    expected = explain(workspace / "runs" / CUTOFF / "churn", [7])["expected"].item()
    assert sum(adds) + expected == pytest.approx(logit(found["probability"]))
    assert {reason["reason"] for reason in found["reasons"]} >= {"silence", "plays"}


def test_a_stranger_and_a_day_without_scores_are_the_users_mistake(workspace):
    stranger = tenuto("explain", workspace, "--user", "0999")
    another_day = tenuto("explain", workspace, "--user", "7", "--cutoff", "2017-05-01")

    assert stranger.exit_code == another_day.exit_code == 2
    assert "no listener 0999" in stranger.stderr
    assert "nobody was scored" in another_day.stderr
    assert "tenuto churn" in another_day.stderr
