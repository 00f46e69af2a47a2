"""``tenuto churn train`` and ``tenuto churn score``: two words, one table, honest figures."""

from __future__ import annotations

import json

import pytest

from test_cli import tenuto
from test_table_study import service, written

QUICK = ("--models", "base_rate,logistic")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a table and the models trained on it."""
    place = tmp_path_factory.mktemp("service")
    table = written(place, service(300).assign(spare=1.5))
    shown = tenuto(
        *("churn", "train", "--table", table, "--label", "churn", "--out", place / "models"),
        *("--sampling", "class_weight", *QUICK),
    )
    assert shown.exit_code == 0, shown.output
    (place / "shown.txt").write_text(shown.stdout, "utf-8")
    return place


def test_training_shows_figures_with_intervals_and_what_was_left_aside(folder):
    shown = (folder / "shown.txt").read_text("utf-8")

    assert "300 of 300 users" in shown
    assert "column 'spare' is not used: it has one value" in shown
    assert [line.split()[0] for line in shown.splitlines() if " to " in line][:1] == ["logistic"]
    assert "'plays' alone" in shown
    assert f"tenuto churn score --model {folder / 'models'}" in shown


def test_scoring_writes_a_row_per_user_and_says_how_good(folder, tmp_path):
    others = service(400, seed=3).assign(userId=lambda table: table["userId"] + 10_000, spare=1.5)
    file, out = written(tmp_path, others), tmp_path / "scores.csv"

    shown = tenuto(
        *("churn", "score", "--model", folder / "models", "--table", file, "--out", out),
        *("--label", "churn"),
    )

    assert shown.exit_code == 0, shown.output
    assert "400 users scored by 'logistic'" in shown.stdout
    assert "AUC 0." in shown.stdout
    assert len(out.read_text("utf-8").splitlines()) == 401


def test_json_has_the_same_figures(folder, tmp_path):
    file = written(tmp_path, service(100, seed=5).assign(spare=1.5))
    out = tmp_path / "scores.csv"

    shown = tenuto(
        "churn", "score", "--model", folder / "models", "--table", file, "--out", out, "--json"
    )

    told = json.loads(shown.stdout)
    assert told["n_scored"] == 100
    assert told["auc"] is None
    assert told["scores"] == str(out)


def test_a_leak_stops_the_work_and_leaves_no_models(tmp_path):
    table = service(300)
    table["last_day"] = 60 - table["churn"] * 30
    file = written(tmp_path, table)

    shown = tenuto(
        *("churn", "train", "--table", file, "--label", "churn", "--out", tmp_path / "models"),
        *QUICK,
    )

    assert shown.exit_code == 3
    assert "single_feature: a feature alone tells who leaves, better than 0.95: 'last_day'" in (
        shown.stderr
    )
    assert not (tmp_path / "models").exists()


def test_a_dropped_column_is_no_leak(tmp_path):
    table = service(300)
    table["last_day"] = 60 - table["churn"] * 30

    shown = tenuto(
        *("churn", "train", "--table", written(tmp_path, table), "--label", "churn"),
        *("--drop", "last_day", "--out", tmp_path / "models", *QUICK, "--json"),
    )

    assert shown.exit_code == 0, shown.output
    assert {auc["model"] for auc in json.loads(shown.stdout)["aucs"]} == {"base_rate", "logistic"}


def test_a_sampling_that_there_is_not_gets_the_nearest_one(tmp_path):
    file = written(tmp_path, service(100))

    shown = tenuto(
        "churn", "train", "--table", file, "--label", "churn", "--sampling", "smot", *QUICK
    )

    assert shown.exit_code == 2
    assert "Did you mean 'smote'?" in shown.stderr


def test_churn_with_a_folder_is_still_the_command_of_one_word(workspace, monkeypatch):
    called = []
    monkeypatch.setattr("tenuto.pipeline.churn", lambda found, *_, **__: called.append(found.root))

    tenuto("churn", workspace.root)

    assert called == [workspace.root]


def test_commands_of_two_words_are_listed_with_a_space():
    shown = tenuto("--help").stdout

    assert "churn train" in shown
    assert "churn score" in shown
    assert "Usage: tenuto churn train" in " ".join(
        tenuto("churn", "train", "--help").stdout.split()
    )
