"""Day after day: what a back-fill leaves and survives, and what monitoring makes of it."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import bytes_of, workspace_over
from saved_results import write
from service import CUTOFF, day_before, settle
from tenuto import errands, opened, pipeline
from tenuto.churn._contract import ChurnModel
from tenuto.cli._program import build_program
from tenuto.errors import CutoffError, LeakError, NotEnoughData, WorkspaceError
from tenuto.monitoring import FilledDay
from tenuto.workspace import Workspace
from test_pipeline import DAYS, HORIZON, QUICK, write_town

FIRST, EVERY = day_before(8), 4
#: A day that is too young for a model, and two that are not.
ALL_DAYS = YOUNG, CLOSED, LAST = [FIRST + timedelta(days=EVERY * n) for n in range(3)]


@pytest.fixture(scope="module", autouse=True)
def the_code_stands_still():
    """Results are made anew when the code changes; in these tests it does not."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(opened, "code_digest", lambda: "0" * 64)
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A workspace filled with churn studies, monitored, and what became of each day."""
    folder = tmp_path_factory.mktemp("filled")
    made = workspace_over(write_town(folder / "logs"), folder / "workspace")
    workspace = settle(made, QUICK)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(pipeline, "run", without_songs)
        return workspace, errands.back_fill(workspace, FIRST, CUTOFF, EVERY)


def without_songs(workspace, day, progress=None):
    """`pipeline.run`, as far as predictions go."""
    churned = pipeline.churn(workspace, day)
    pipeline.monitor(workspace, day)
    folder = workspace.run_folder(day)
    for name in ("run.json", "report.html"):
        (folder / name).touch()
    return SimpleNamespace(churn=churned, folder=folder)


@pytest.fixture
def empty(filled, tmp_path):
    """The same logs, read and summed, and nothing else made of them."""
    root = tmp_path / "workspace"
    shutil.copytree(filled[0].root, root, ignore=shutil.ignore_patterns("runs", "matured"))
    return Workspace(root)


class Runs:
    """In place of `pipeline.run`: notes the days asked for, and does what it is told on some."""

    def __init__(self, monkeypatch, **mistakes):
        self.days, self.mistakes = [], mistakes
        monkeypatch.setattr(pipeline, "run", self)
        monkeypatch.setattr(pipeline, "ingest", lambda workspace, progress: None)

    def __call__(self, workspace, day, progress=None):
        self.days.append(day)
        if str(day) in self.mistakes:
            raise self.mistakes[str(day)]
        folder = workspace.run_folder(day)
        (folder / "churn").mkdir(parents=True)
        for name in ("run.json", "report.html"):
            (folder / name).touch()
        write(folder / "churn" / "summary.json", {"cutoff": str(day), "verdict": "well"})
        return SimpleNamespace(churn=SimpleNamespace(skipped=None, verdict="well"), folder=folder)


def states(days):
    return [(day.cutoff, day.state) for day in days]


def tenuto(*arguments):
    return CliRunner().invoke(build_program(), [str(word) for word in arguments])


@pytest.mark.slow
def test_every_day_is_run_and_one_too_young_for_a_model_says_so(filled):
    days = filled[1]
    assert states(days) == list(zip(ALL_DAYS, ["no model", "done", "done"], strict=True))
    assert "days of history" in days[0].said


@pytest.mark.slow
def test_a_day_that_was_finished_is_left_alone(filled):
    workspace = filled[0]
    before = bytes_of(workspace.root)
    again = errands.back_fill(workspace, CLOSED, LAST, EVERY)
    assert states(again) == [(CLOSED, "kept"), (LAST, "kept")]
    assert bytes_of(workspace.root) == before


@pytest.mark.slow
def test_predictions_use_nothing_from_the_cutoff_on(filled, tmp_path):
    """A run made on the day itself, when the log ended there, predicts the very same."""
    logs = write_town(tmp_path / "logs", days=DAYS - (LAST - CLOSED).days)
    live = settle(workspace_over(logs, tmp_path / "live"), QUICK)
    pipeline.ingest(live)
    summary = pipeline.churn(live)
    assert (summary.cutoff, summary.skipped) == (str(CLOSED), None)
    assert summary.test_cutoff != summary.cutoff
    for name in ("churn_scores", "features"):
        then = pd.read_parquet(live.run_folder(CLOSED) / "churn" / f"{name}.parquet")
        later = pd.read_parquet(filled[0].run_folder(CLOSED) / "churn" / f"{name}.parquet")
        pd.testing.assert_frame_equal(then, later, check_exact=True)


def test_a_day_that_cannot_be_run_does_not_stop_the_others(empty, monkeypatch):
    runs = Runs(
        monkeypatch,
        **{
            str(YOUNG): NotEnoughData("too few", mend="wait"),
            str(CLOSED): LeakError("knows the future", mend="leave it out"),
        },
    )
    days = errands.back_fill(empty, FIRST, CUTOFF, EVERY)
    assert runs.days == ALL_DAYS
    assert [day.state for day in days] == ["failed", "failed", "done"]
    assert days[0].said == "NotEnoughData: too few\n  To mend: wait"
    assert [day.is_leak for day in days] == [False, True, False]


def test_what_would_stop_every_day_stops_at_once(empty, monkeypatch):
    runs = Runs(monkeypatch, **{str(YOUNG): WorkspaceError("the disk is full")})
    with pytest.raises(WorkspaceError):
        errands.back_fill(empty, FIRST, CUTOFF, EVERY)
    assert runs.days == [YOUNG]


def test_a_fill_that_was_stopped_goes_on_where_it_was(empty, monkeypatch):
    stopped = Runs(monkeypatch, **{str(CLOSED): KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        errands.back_fill(empty, FIRST, CUTOFF, EVERY)
    assert stopped.days == ALL_DAYS[:2]
    runs = Runs(monkeypatch)
    days = errands.back_fill(empty, FIRST, CUTOFF, EVERY)
    assert runs.days == ALL_DAYS[1:]
    assert [day.state for day in days] == ["kept", "done", "done"]


def test_the_newest_day_may_come_first_and_the_table_is_in_order_all_the_same(empty, monkeypatch):
    runs = Runs(monkeypatch)
    days = errands.back_fill(empty, FIRST, CUTOFF, EVERY, newest_first=True)
    assert runs.days == ALL_DAYS[::-1]
    assert [day.cutoff for day in days] == ALL_DAYS


@pytest.mark.slow
def test_with_force_finished_days_are_run_again(filled, monkeypatch):
    asked = []
    monkeypatch.setattr(errands, "_filled", lambda w, day, force, p: asked.append((day, force)))
    with pytest.raises(AttributeError):
        errands.back_fill(filled[0], CLOSED, LAST, EVERY, force=True)
    assert asked == [(CLOSED, True), (LAST, True)]


def test_days_that_are_none_are_refused_with_a_mend(empty, monkeypatch):
    Runs(monkeypatch)
    for first, last, every, says in (
        ("soon", CUTOFF, 1, r"'soon' is not a day\n.*2017-04-29"),
        (CUTOFF, FIRST, 1, r"no day from .*\n.*--from 2017-04-21 --to 2017-04-29"),
        (FIRST, CUTOFF, 0, r"every 0 days\n.*--every 1"),
    ):
        with pytest.raises(CutoffError, match=says):
            errands.back_fill(empty, first, last, every)


@pytest.mark.slow
def test_a_fill_makes_everything_that_a_run_makes(tmp_path):
    made = workspace_over(write_town(tmp_path / "logs"), tmp_path / "workspace")
    workspace = settle(made, QUICK)
    days = errands.back_fill(workspace, CLOSED, LAST, EVERY, newest_first=True)
    assert states(days) == [(CLOSED, "done"), (LAST, "done")]
    for day in (CLOSED, LAST):
        files = {path.name for path in workspace.run_folder(day).iterdir()}
        assert {"churn", "recommend", "monitoring", "run.json", "report.html"} <= files
    pipeline.mature(workspace)
    matured = pd.read_csv(workspace.root / "matured" / "matured.csv")
    listed = pd.read_parquet(workspace.run_folder(CLOSED) / "retention" / "call_list.parquet")
    assert matured["model_digest"][0].startswith(listed["model_version"].iloc[0])
    before = bytes_of(workspace.root)
    again = errands.back_fill(workspace, CLOSED, LAST, EVERY)
    assert states(again) == [(CLOSED, "kept"), (LAST, "kept")]
    assert bytes_of(workspace.root) == before


# On the command line.


def filling(monkeypatch, *days):
    asked = {}

    def back_fill(workspace, first, last, every, **options):
        asked.update(first=first, last=last, every=every, **options)
        return list(days)

    monkeypatch.setattr(errands, "back_fill", back_fill)
    return asked


@pytest.mark.slow
def test_the_command_prints_a_day_a_line_and_json_for_programs(filled, monkeypatch):
    asked = filling(monkeypatch, FilledDay(FIRST, "done", "well"), FilledDay(CUTOFF, "kept"))
    root = filled[0].root
    shown = tenuto("run", root, "--from", FIRST, "--to", CUTOFF, "--every", 12, "--newest-first")
    assert shown.exit_code == 0
    assert [line.split()[:2] for line in shown.stdout.splitlines()[1:3]] == [
        [str(FIRST), "done"],
        [str(CUTOFF), "kept"],
    ]
    assert (asked["first"], asked["last"], asked["every"]) == (str(FIRST), str(CUTOFF), 12)
    assert (asked["newest_first"], asked["force"]) == (True, False)
    told = json.loads(tenuto("run", root, "--from", FIRST, "--json").stdout)
    assert [day["state"] for day in told["days"]] == ["done", "kept"]


@pytest.mark.parametrize(
    ("days", "status"),
    [
        ([FilledDay(CUTOFF, "no model", "too short")], 0),
        ([FilledDay(FIRST, "failed", "CutoffError: outside"), FilledDay(CUTOFF, "done")], 2),
        ([FilledDay(FIRST, "failed", "LeakError", is_leak=True), FilledDay(CUTOFF, "done")], 3),
        ([FilledDay(CUTOFF, "done", "well", alarms=("feature plays: PSI 0.30",))], 4),
        ([FilledDay(FIRST, "done", alarms=("old",)), FilledDay(CUTOFF, "done")], 0),
        ([FilledDay(CUTOFF, "kept", alarms=("told before",))], 0),
    ],
    ids=["no model", "failed", "leak", "drift", "drift that is over", "told before"],
)
@pytest.mark.slow
def test_the_exit_status_says_what_to_look_at(filled, monkeypatch, days, status):
    filling(monkeypatch, *days)
    shown = tenuto("run", filled[0].root, "--from", FIRST)
    assert shown.exit_code == status
    assert ("PSI 0.30" in shown.stderr) == (status == 4)


@pytest.mark.slow
def test_a_run_in_drift_prints_its_results_and_exits_with_4(filled, monkeypatch):
    said = "score: PSI 0.40, 0.30 before"
    summary = SimpleNamespace(alarms=(said,), to_dict=lambda: {"cutoff": str(LAST)})
    monkeypatch.setattr(pipeline, "run", lambda workspace, cutoff, progress: summary)
    shown = tenuto("run", filled[0].root, "--json")
    assert shown.exit_code == 4
    assert json.loads(shown.stdout) == {"cutoff": str(LAST)}
    assert said in shown.stderr


@pytest.mark.slow
def test_a_leak_has_an_exit_status_of_its_own(filled, monkeypatch):
    def leaks(*_, **__):
        raise LeakError("a feature knows the future", mend="leave it out")

    monkeypatch.setattr(pipeline, "run", leaks)
    shown = tenuto("run", filled[0].root)
    assert shown.exit_code == 3
    assert "To mend: leave it out" in shown.stderr


@pytest.mark.parametrize(
    "words", [["--to", "2017-04-29"], ["--every", "2"], ["--force"], ["--newest-first"]]
)
@pytest.mark.slow
def test_options_of_a_fill_need_its_first_day(filled, words):
    shown = tenuto("run", filled[0].root, *words)
    assert shown.exit_code == 2
    assert "need --from" in shown.stderr


@pytest.mark.slow
def test_a_day_and_a_span_of_days_are_not_asked_for_together(filled):
    shown = tenuto("run", filled[0].root, "--cutoff", CUTOFF, "--from", FIRST)
    assert shown.exit_code == 2


# What monitoring makes of real runs.


@pytest.fixture(scope="module")
def monitored(filled):
    """The days with models, and their predictions held against what came."""
    return filled[0], pipeline.mature(filled[0])


def of_day(workspace, day):
    return workspace.run_folder(day) / "monitoring"


def test_a_run_is_monitored_from_what_it_saved(monitored):
    files = {path.name for path in of_day(monitored[0], LAST).iterdir()}
    assert {"drift.csv", "reference.json", "slices.csv", "alarms.json"} <= files
    assert {"reliability.csv", "calibration.csv", "model_cards"} <= files


def test_a_run_without_models_is_not_monitored(monitored):
    assert {path.name for path in of_day(monitored[0], YOUNG).iterdir()} == {"step.json"}


def test_the_reference_is_the_training_rows_of_the_same_model(monitored):
    """One training cutoff: the listeners active before it, scored by a model of another fold."""
    workspace, day = monitored[0], LAST
    reference = json.loads((of_day(workspace, day) / "reference.json").read_text())
    summary = json.loads((workspace.run_folder(day) / "churn" / "summary.json").read_text())
    assert reference["cutoffs"] == summary["calling_cutoffs"]
    assert 0 < reference["n_rows"] <= 50
    model = ChurnModel.load(workspace.run_folder(day) / "churn" / "models" / reference["model"])
    assert set(reference["features"]) == set(model.columns)
    for histogram in (*reference["features"].values(), reference["score"]):
        assert sum(histogram["counts"]) == reference["n_rows"]


def test_monitoring_twice_leaves_the_same_bytes(monitored):
    workspace = monitored[0]
    before = bytes_of(workspace.root)
    shutil.rmtree(of_day(workspace, LAST))
    pipeline.monitor(workspace, LAST)
    pipeline.mature(workspace)
    assert bytes_of(workspace.root) == before


def test_a_run_matures_when_its_horizon_is_over_and_the_last_one_waits(monitored):
    summary = monitored[1]
    assert summary.matured == (str(CLOSED),)
    assert summary.waiting == {str(CUTOFF): str(CUTOFF + timedelta(days=HORIZON))}


def test_a_matured_run_says_what_its_own_test_said(monitored):
    """The outcome of that day was known when it was filled, so it was its own test."""
    workspace, day = monitored[0], CLOSED
    rows = pd.read_csv(workspace.root / "matured" / "matured.csv")
    metrics = pd.read_csv(workspace.run_folder(day) / "churn" / "metrics.csv")
    judged = metrics.query("protocol == 'forward' and model == 'logistic'")
    both = rows.merge(judged, on=["population", "metric"], suffixes=("", "_judged"))
    assert {"auc", "log_loss", "lift_at_10"} <= set(both["metric"])
    assert both["value"].tolist() == pytest.approx(both["value_judged"].tolist(), nan_ok=True)


def test_every_kept_model_has_a_card_that_stands_alone(monitored):
    folder = of_day(monitored[0], LAST) / "model_cards"
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in QUICK["churn"]["models"] for kind in ("md", "json")
    }
    card = json.loads((folder / "logistic.json").read_text("utf-8"))
    assert card["is_behind_the_call_list"]
    assert card["data"]["tested_at"] == str(CUTOFF - timedelta(days=HORIZON))
    assert len(card["digest"]) == 64
    assert {row["metric"] for row in card["figures"]} >= {"auc", "log_loss", "ece"}
    assert set(card["features"]["used"]).isdisjoint(card["features"]["left_out"])
    text = (folder / "logistic.md").read_text("utf-8")
    for heading in ("What it foretells", "Data", "How good it is", "Slices", "Limits", "Versions"):
        assert f"\n## {heading}\n" in text
    assert str(monitored[0].root.parent) not in text
    assert not {"nan", "None"} & set(text.split())


def test_slices_and_calibration_are_of_the_model_behind_the_call_list_alone(monitored):
    folder = of_day(monitored[0], LAST) / "model_cards"
    rule = json.loads((folder / "recency_rule.json").read_text("utf-8"))
    assert not rule["is_behind_the_call_list"]
    assert rule["slices"] == []
    assert rule["calibration"] == {}
