"""``tenuto churn train WORKSPACE``: what may be said with it, and what it shows."""

from __future__ import annotations

import json

import pytest

from conftest import workspace_over
from service import CUTOFF, a_town, settle, timeline_of
from tenuto import pipeline
from tenuto.churn._tuning_results import Shelf
from tenuto.cli._countdown import countdown, left_in_words
from tenuto.cli._tuning import seconds
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.record import write_json
from test_cli import tenuto

HORIZON = 7


@pytest.fixture(scope="module")
def workspace(duckdb_engine, tmp_path_factory):
    """A workspace of 120 listeners whose sums are made, with a short horizon."""
    place = tmp_path_factory.mktemp("town")
    made = workspace_over(place / "logs", place / "workspace")
    events = a_town(n_listeners=120, first_ago=30, last_ago=-HORIZON + 1)
    timeline_of(duckdb_engine, made.rollups, events)
    churn = {
        "horizon_days": HORIZON,
        "min_history_days": 7,
        "training_cutoffs": 1,
        "bootstrap_draws": 40,
        "call_list_model": "logistic",
    }
    return settle(made, {"churn": churn})


def trained(workspace, *words):
    return tenuto("churn", "train", workspace.root, "--cutoff", CUTOFF, "--trials", 2, *words)


def test_a_workspace_is_tuned_and_what_was_found_is_shown_and_kept(workspace):
    shown = trained(workspace, "--models", "logistic")

    assert shown.exit_code == 0, shown.output
    assert "validated on" in shown.stdout
    assert f"the test at {CUTOFF} was not looked at" in shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines() if line.startswith("logistic  ")]
    assert rows[0][:2] == ["logistic", "2"]
    assert (workspace.root / "tuning" / "inactivity-h7" / "logistic.csv").exists()


def test_auto_tries_all_models_and_says_which_to_use(workspace):
    shown = trained(workspace, "--models", "auto", "--budget", "10m", "--json")

    told = json.loads(shown.stdout)
    assert {choice["model"] for choice in told["choices"]} >= {"boosting", "forest", "logistic"}
    figures = told["advice"]["comparison"]["figures"]
    assert {row["model"] for row in figures} >= {"blend", "boosting", "neural"}
    assert told["advice"]["said"][-1].startswith(("Keep ", "Set ", "Mind ", "Name "))
    assert told["folder"].endswith("tuning/inactivity-h7")


def test_a_run_uses_what_was_chosen_and_is_made_again_for_it(workspace, monkeypatch):
    folder, known_until = Shelf(workspace.root).folder("inactivity", HORIZON), CUTOFF.isoformat()
    write_json(folder / "choices.json", {"logistic": {"known_until": known_until}})
    used = []

    def study(*_, tuned, **others):
        used.append(tuned("inactivity", HORIZON, CUTOFF)["logistic"]["C"])
        raise NotEnoughData("nothing is trained here")

    monkeypatch.setattr(pipeline, "study", study)
    for C in (0.125, 0.125, 0.25):
        write_json(folder / "chosen.json", {"logistic": {"C": C}})
        pipeline.churn(workspace, CUTOFF)

    assert used == [0.125, 0.25]


@pytest.mark.parametrize("words", [(), ("my-service", "--table", "users.csv")])
def test_one_of_workspace_and_table_is_wanted(words):
    shown = tenuto("churn", "train", *words)

    assert shown.exit_code == 2
    assert "one of WORKSPACE and --table is wanted" in shown.stderr
    assert "To mend:" in shown.stderr


@pytest.mark.parametrize(
    "words", [("--label", "churn"), ("--out", "x"), ("--sampling", "smote"), ("--drop", "a")]
)
def test_what_is_of_a_table_cannot_be_said_of_a_workspace(words):
    shown = tenuto("churn", "train", "my-service", *words)

    assert shown.exit_code == 2
    assert f"{words[0]} cannot be said of a workspace" in shown.stderr


@pytest.mark.parametrize(
    "words", [("--budget", "1m"), ("--trials", 3), ("--cutoff", CUTOFF), ("--models", "auto")]
)
def test_what_is_of_a_workspace_cannot_be_said_of_a_table(words):
    shown = tenuto("churn", "train", "--table", "users.csv", "--label", "churn", *words)

    assert shown.exit_code == 2
    assert "cannot be said of a table" in shown.stderr


def test_a_table_needs_a_label():
    shown = tenuto("churn", "train", "--table", "users.csv")

    assert shown.exit_code == 2
    assert "add --label COLUMN" in shown.stderr


def test_auto_is_not_one_model_among_others(workspace):
    shown = tenuto("churn", "train", workspace.root, "--models", "auto,boosting")

    assert shown.exit_code == 2
    assert "auto is all models already" in shown.stderr


@pytest.mark.parametrize(("text", "wanted"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2H", 7200)])
def test_time_is_said_in_seconds_minutes_or_hours(text, wanted):
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "0", "0m", "-5m", "ten", "5 m", "1d"])
def test_what_is_no_time_is_said_to_be_none(text):
    with pytest.raises(SettingsError, match="is no time"):
        seconds(text)


def test_progress_in_a_file_is_a_line_every_ten_seconds_with_the_time_left(capsys):
    now = iter(range(0, 100, 4))

    with countdown(lambda: next(now)) as tell:
        for done in range(1, 7):
            tell("tuning boosting", done, 27, 125.2 - done)

    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 3
    assert lines[0].startswith("tuning boosting: ")
    assert lines[0].endswith(" left")


def test_without_a_limit_no_time_is_left_to_tell():
    assert left_in_words(None) == ""
    assert left_in_words(125) == "2:05 left"
