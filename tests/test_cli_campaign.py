"""``tenuto campaign``, ``campaign size`` and ``campaign export``: planned, sized, sent."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

from conftest import musicbox_logs, workspace_over
from saved_retention import saved_run, write
from tenuto import pipeline
from tenuto.opened import timeline_of
from test_cli import tenuto


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace over three days of log, with a run at their end made by hand."""
    logs = tmp_path_factory.mktemp("campaign") / "logs"
    workspace = workspace_over(musicbox_logs(logs, days=3), logs.parent / "w")
    pipeline.ingest(workspace)
    run = saved_run(workspace.root, cutoff=str(timeline_of(workspace).end))
    for part in ("churn", "recommend"):
        write(run / part / "step.json", {"inputs": part})
    return workspace.root


@pytest.fixture
def folder(made, tmp_path):
    """A copy of it, so that each test may change what it likes."""
    shutil.copytree(made.parent, tmp_path / "campaign")
    return tmp_path / "campaign" / made.name


def test_a_plan_is_told_in_words_with_what_is_assumed(folder):
    shown = tenuto("campaign", folder)
    assert shown.exit_code == 0, shown.output
    assert "Campaign 'retention' at 2017-04-02" in shown.stdout
    assert "held out by chance" in shown.stdout
    assert "keeps (assumed)" in shown.stdout
    place = next(line for line in shown.stdout.splitlines() if "call list" in line)
    assert place.endswith("runs/2017-04-02/retention/call_list.csv")


def test_a_plan_in_json_is_the_saved_summary(folder):
    told = json.loads(tenuto("campaign", folder, "--json").stdout)
    saved = folder / "runs" / "2017-04-02" / "retention" / "summary.json"
    assert {**json.loads(saved.read_text("utf-8")), "folder": str(saved.parent)} == told


def test_a_plan_needs_a_run(folder):
    (folder / "runs" / "2017-04-02" / "churn" / "step.json").unlink()
    shown = tenuto("campaign", folder)
    assert shown.exit_code == 2
    assert "has no scores or no songs yet" in shown.stderr
    assert f"tenuto run {folder} --cutoff 2017-04-02" in shown.stderr


def test_why_nothing_was_planned_is_said(folder):
    file = folder / "runs" / "2017-04-02" / "churn" / "summary.json"
    write(file, {"skipped": "3 days of log are too few"})
    assert "No campaign was planned: 3 days" in tenuto("campaign", folder).stdout
    shown = tenuto("campaign", "export", folder, "--out", folder / "x.csv")
    assert shown.exit_code == 2
    assert "3 days of log are too few" in shown.stderr


def test_the_size_of_a_campaign_needs_no_workspace():
    shown = tenuto("campaign", "size", "--base", 0.62, "--effect", 0.1, "--holdout", 0.1)
    rows = [line.split() for line in shown.stdout.splitlines()[1:]]
    assert [row[-2:] for row in rows] == [["985", "985"], ["537", "4,833"]]


def test_a_size_without_a_base_is_asked_for_one():
    shown = tenuto("campaign", "size", "--effect", 0.1)
    assert shown.exit_code == 2
    assert "--base 0.62" in shown.stderr


def test_the_size_of_a_planned_campaign_is_held_against_what_it_needs(folder):
    tenuto("campaign", folder)
    told = json.loads(tenuto("campaign", "size", folder, "--effect", 0.2, "--json").stdout)
    assert [size["holdout_share"] for size in told["sizes"]] == [0.5, 0.1]
    assert {size["base"] for size in told["sizes"]} == {told["planned"]["base_rate"]}


def test_the_contacted_are_exported(folder):
    summary = json.loads(tenuto("campaign", folder, "--json").stdout)
    shown = tenuto("campaign", "export", folder, "--out", folder / "contacts.csv")
    assert shown.exit_code == 0, shown.output
    with (folder / "contacts.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == summary["n_contacted"]
    assert {row["group"] for row in rows} == {"treat"}


def test_an_export_before_a_plan_says_how_to_plan(folder):
    shown = tenuto("campaign", "export", folder, "--out", folder / "contacts.csv")
    assert shown.exit_code == 2
    assert f"tenuto campaign {folder} --cutoff 2017-04-02" in shown.stderr
    assert not (folder / "contacts.csv").exists()


def test_settings_change_the_plan(folder):
    first = json.loads(tenuto("campaign", folder, "--json").stdout)
    text = (folder / "tenuto.toml").read_text("utf-8")
    (folder / "tenuto.toml").write_text(text.replace("capacity = 0", "capacity = 7"), "utf-8")
    then = json.loads(tenuto("campaign", folder, "--json").stdout)
    assert first["n_contacted"] > then["n_contacted"] == 7


def test_a_rule_in_the_settings_is_used_and_one_that_cannot_be_read_is_named(folder):
    file = folder / "tenuto.toml"
    text = file.read_text("utf-8")
    rule = 'rules = [{ action = "leave_alone", when = "probability > 0" }]'
    file.write_text(text.replace("rules = []", rule), "utf-8")
    assert json.loads(tenuto("campaign", folder, "--json").stdout)["n_planned"] == 0
    file.write_text(text.replace("rules = []", rule.replace(">", "is")), "utf-8")
    shown = tenuto("campaign", folder)
    assert shown.exit_code == 2
    assert "retention.rules, rule 1, when = 'probability is 0'" in shown.stderr
