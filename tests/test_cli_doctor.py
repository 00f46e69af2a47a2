"""`tenuto doctor`: what is wrong with the machine, the installation and a workspace."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

from conftest import musicbox_logs, workspace_over
from tenuto import pipeline
from tenuto.cli import _findings
from tenuto.cli._program import build_program
from tenuto.events.lake import Lake
from tenuto.workspace import Workspace

CHECKOUT = Path(__file__).resolve().parents[1]


def doctor(*words: object):
    """The findings by name, and the exit status."""
    arguments = ["doctor", *map(str, words), "--json"]
    shown = CliRunner().invoke(build_program(), arguments)
    return {finding["what"]: finding for finding in json.loads(shown.stdout)}, shown.exit_code


@pytest.fixture(scope="module")
def three_days(tmp_path_factory) -> Path:
    """Sound logs of three days and a workspace where they are read and summed. Read only."""
    folder = tmp_path_factory.mktemp("three_days")
    logs = musicbox_logs(folder / "logs", days=3, kinds=("play",))
    pipeline.ingest(workspace_over(logs, folder / "workspace"))
    return folder


@pytest.fixture
def ingested(three_days, tmp_path) -> Workspace:
    """A copy of that workspace, to be spoiled."""
    shutil.copytree(three_days, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path / "workspace")


def test_a_sound_installation_and_workspace_have_status_0(ingested):
    findings, status = doctor(ingested.root)
    assert {finding["state"] for finding in findings.values()} <= {"ok", "note"}
    assert findings["lake"]["found"].startswith("9 events")
    assert findings["days"]["found"] == "3 from 2017-03-30 to 2017-04-01"
    assert status == 0


def test_every_fault_comes_with_a_mend(ingested):
    ingested.settings_file.write_text("source = 3")
    findings, status = doctor(ingested.root)
    assert findings["settings"]["state"] == "fault"
    assert all(f["mend"] for f in findings.values() if f["state"] == "fault")
    assert status == 2


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name = "duckdb"', 'name = "sparc"', "Did you mean 'spark'?"),
        ('memory = "4GB"', 'memory = "lots"', "engine.memory"),
        ("threads = 0", "threads = 1000000", "engine.threads"),
        ('export_to = ""', 'export_to = "mysql://u@h/d"', "no warehouse"),
        (
            'export_to = ""\nexport_tables = []',
            'export_to = "x.duckdb"\nexport_tables = ["ratings"]',
            "no table 'ratings'",
        ),
    ],
)
def test_a_setting_that_would_stop_a_later_step_is_a_fault(ingested, before, after, said):
    text = ingested.settings_file.read_text("utf-8")
    assert before in text
    ingested.settings_file.write_text(text.replace(before, after), "utf-8")
    findings, status = doctor(ingested.root)
    assert (findings["settings"]["state"], status) == ("fault", 2)
    assert said in findings["settings"]["found"]
    assert findings["settings"]["mend"]


def test_a_package_that_is_too_old_or_missing_is_a_fault(monkeypatch):
    needed = ["rich>=999", "no-such-package-at-all", "typer", 'pyspark>=999; extra == "spark"']
    monkeypatch.setattr(_findings.metadata, "requires", lambda _: needed)
    states = {finding.what: finding.state for finding in _findings.packages()}
    assert states == {"rich": "fault", "no-such-package-at-all": "fault", "typer": "ok"}


def test_the_declared_packages_are_those_that_are_looked_at():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = map(Requirement, project["dependencies"])
    here = {need.name for need in declared if need.marker is None or need.marker.evaluate()}
    assert {finding.what for finding in _findings.packages()} == here


def test_a_file_lost_from_the_lake_is_a_fault(ingested):
    Lake(ingested.lake).files("events")[0].unlink()
    findings, status = doctor(ingested.root)
    assert findings["lake"]["state"] == "fault"
    assert "20170330_3_play" in findings["lake"]["found"]
    assert status == 2


def test_a_broken_file_in_the_lake_is_a_fault(ingested):
    Lake(ingested.lake).files("events")[0].write_bytes(b"PAR1 and then nothing")
    assert doctor(ingested.root)[0]["lake"]["state"] == "fault"


def test_the_mend_of_a_broken_lake_mends_it(ingested):
    Lake(ingested.lake).files("events")[0].write_bytes(b"PAR1 and then nothing")
    mend = doctor(ingested.root)[0]["lake"]["mend"]
    remove, _, ingest = mend.partition(" && ")
    for file in remove.split()[1:]:
        ingested.root.joinpath(file).unlink()
    assert ingest == f"tenuto ingest {ingested.root}"
    pipeline.ingest(ingested)
    assert doctor(ingested.root)[1] == 0


def test_logs_that_are_not_read_yet_are_worth_a_note(ingested):
    musicbox_logs(ingested.logs, days=4, kinds=("play",))
    findings, status = doctor(ingested.root)
    assert findings["logs"]["state"] == "note"
    assert findings["logs"]["found"] == "1 of 4 files not read yet"
    assert status == 0


def test_logs_that_went_away_are_a_fault(ingested):
    for file in ingested.logs.iterdir():
        file.unlink()
    assert doctor(ingested.root)[0]["logs"]["state"] == "fault"


def test_a_lost_day_is_worth_a_note(ingested):
    (ingested.logs / "20170331_3_play.log").unlink()
    (ingested.audit / "ledger" / "20170331_3_play.json").unlink()
    shutil.rmtree(ingested.lake / "events" / "day=2017-03-31")
    finding = doctor(ingested.root)[0]["days"]
    assert finding["state"] == "note"
    assert "2017-03-31" in finding["mend"]


def test_sums_of_other_days_than_the_lake_are_a_fault(ingested):
    lost = Lake(ingested.rollups).files("user_days")[-1]
    lost.unlink()
    lost.parent.rmdir()
    findings, status = doctor(ingested.root)
    assert findings["sums by day"]["found"].endswith("2017-04-01")
    assert status == 2


def test_what_a_killed_run_left_behind_is_worth_a_note(ingested):
    (ingested.lake / "events" / "half.parquet.aside").write_bytes(b"half")
    findings, status = doctor(ingested.root)
    assert "half.parquet.aside" in findings["leftovers"]["found"]
    assert status == 0


def test_a_folder_that_is_no_workspace_is_a_fault(tmp_path):
    findings, status = doctor(tmp_path)
    assert findings["settings"]["mend"].startswith(f"tenuto init {tmp_path}")
    assert status == 2
