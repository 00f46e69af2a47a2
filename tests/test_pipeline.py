"""The story from raw logs to a report: what a run leaves, and what another run does again."""

import csv
import json
import re
from datetime import timedelta

import pandas as pd
import pytest

from conftest import bytes_of, log, musicbox_logs, play, workspace_over
from service import CUTOFF, a_town, day_before, settle
from tenuto import opened, pipeline
from tenuto.errors import CutoffError, SourceError, UnknownName, WorkspaceError
from tenuto.lists._lister import TUNED_FOR
from tenuto.recommenders._tune import shelf_at
from tenuto.search.shelf import trials_table

DAYS, HORIZON, HISTORY = 14, 3, 4
QUICK = {
    "churn": {
        "horizon_days": HORIZON,
        "min_history_days": HISTORY,
        "models": ["logistic", "recency_rule"],
        "call_list_model": "logistic",
        "folds": 2,
        "training_cutoffs": 1,
        "bootstrap_draws": 20,
    },
    "recommend": {"model": "item_knn", "k": 3, "min_items": 1},
    "engine": {"threads": 1},
}
STEPS = ("data", "churn", "recommend")
#: What the service's own logs call every song.
FORMULAS = {"title": "=HYPERLINK(A1)", "artist": "@SUM(A1)"}


def write_town(folder, days=DAYS):
    """The play logs of fifty listeners on ``days`` days, the last one the day before the cutoff."""
    events = a_town(n_listeners=50, first_ago=DAYS, last_ago=1, seed=1)
    for ago in range(DAYS, DAYS - days, -1):
        today = [row for row in events if row["day"] == day_before(ago)]
        lines = [
            play(168000000 + row["user_id"], 100 + n % 7, int(row["played_s"]), 200, **FORMULAS)
            for n, row in enumerate(today)
        ]
        log(folder, f"{day_before(ago):%Y%m%d}_3_play.log", *lines)
    return folder


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A workspace after its first run, and what that run said."""
    folder = tmp_path_factory.mktemp("town")
    made = workspace_over(write_town(folder / "logs"), folder / "workspace")
    workspace = settle(made, QUICK)
    return workspace, pipeline.run(workspace)


@pytest.fixture
def fresh(town, tmp_path):
    """A copy of the workspace after its first run, with logs of its own."""
    workspace = workspace_over(write_town(tmp_path / "logs"), tmp_path / "workspace")
    for name, content in bytes_of(town[0].root).items():
        file = workspace.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return settle(workspace, QUICK)


def made_anew(workspace, before):
    """The steps whose results are other files than those that were there ``before``."""
    now = inodes(workspace)
    return {step for step in STEPS if now[step] != before[step]}


def inodes(workspace):
    folder = workspace.run_folder(CUTOFF)
    return {step: (folder / step).stat().st_ino for step in STEPS}


def test_no_table_of_a_run_has_a_formula_for_a_spreadsheet(town):
    workspace, told = town
    tables = {file: list(csv.reader(file.open("r"))) for file in workspace.root.rglob("*.csv")}
    cells = {cell for rows in tables.values() for row in rows for cell in row}
    assert {f"'{said}" for said in FORMULAS.values()} <= cells
    assert not [cell for cell in cells if re.match(r"[=@\t\r]|[+-](?!\d*\.?\d)", cell)]
    assert "'=HYPER" not in told.report.read_text("utf-8").replace("&#39;", "'")


def test_a_run_leaves_a_call_list_songs_and_a_report(town):
    workspace, told = town
    folder = workspace.run_folder(CUTOFF)
    assert told.cutoff == CUTOFF
    assert told.churn.skipped is None
    assert told.folder == folder
    assert told.report.is_file()
    calls = pd.read_parquet(folder / "churn" / "churn_scores.parquet")
    assert calls["user_id"].is_unique
    assert len(calls) == told.churn.n_listeners == 50
    assert (folder / "recommend" / "recommendations.parquet").is_file()
    assert {"run.json", "data", "churn", "recommend"} <= {path.name for path in folder.iterdir()}


def test_by_default_the_cutoff_is_the_day_after_the_last_day_of_log(town):
    assert town[1].cutoff == day_before(1) + timedelta(days=1)


def test_the_call_list_for_people_and_the_one_for_programs_say_the_same(town):
    folder = town[0].run_folder(CUTOFF) / "churn"
    for_people = pd.read_csv(folder / "churn_scores.csv")
    for_programs = pd.read_parquet(folder / "churn_scores.parquet")
    assert list(for_people) == list(for_programs)
    assert for_people["user_id"].tolist() == for_programs["user_id"].tolist()
    assert for_people["probability"].tolist() == for_programs["probability"].tolist()


def test_what_a_run_says_is_json(town):
    assert json.loads(json.dumps(town[1].to_dict()))["cutoff"] == "2017-04-29"


def test_the_record_of_a_run_names_what_it_depends_on_and_no_place_of_this_machine(town):
    text = (town[0].run_folder(CUTOFF) / "run.json").read_text("utf-8")
    record = json.loads(text)
    assert set(record["inputs"]) == {str(day_before(ago)) for ago in range(1, DAYS + 1)}
    assert record["settings"]["churn"]["horizon_days"] == HORIZON
    assert {"tenuto", "duckdb", "lightgbm"} <= set(record["versions"])
    assert str(town[0].root.parent) not in text


def test_a_second_run_reads_nothing_computes_nothing_and_leaves_the_same_bytes(fresh):
    before, bytes_before = inodes(fresh), bytes_of(fresh.root)
    again = pipeline.run(fresh)
    assert again.ingest.n_files_read == 0
    assert made_anew(fresh, before) == set()
    assert bytes_of(fresh.root) == bytes_before


@pytest.mark.slow
def test_the_same_logs_elsewhere_give_the_same_bytes(town, tmp_path):
    made = workspace_over(write_town(tmp_path / "logs"), tmp_path / "workspace")
    elsewhere = settle(made, QUICK)
    pipeline.run(elsewhere)
    assert bytes_of(elsewhere.root) == bytes_of(town[0].root)


@pytest.mark.parametrize(
    ("section", "changed", "redone"),
    [
        ("recommend", {"k": 2}, {"recommend"}),
        pytest.param("churn", {"bootstrap_draws": 21}, {"churn"}, marks=pytest.mark.slow),
        ("churn", {"horizon_days": 2}, {"data", "churn", "recommend"}),
        ("engine", {"memory": "3GB"}, set()),
    ],
)
def test_another_setting_redoes_what_depends_on_it_and_nothing_else(
    fresh, section, changed, redone
):
    before = inodes(fresh)
    asked = {**QUICK, section: {**QUICK[section], **changed}}
    again = pipeline.run(settle(fresh, asked))
    assert again.ingest.n_files_read == 0
    assert made_anew(fresh, before) == redone


@pytest.mark.slow
def test_settings_that_a_search_found_are_for_days_when_they_could_be_known(fresh):
    """Also where the days that they were found by are in the log by now."""
    found_on = CUTOFF - timedelta(days=HORIZON)
    shelf = shelf_at(fresh.root, "max_score", 30, TUNED_FOR)
    choice = {"settings": {"shrinkage": 3.0}, "known_until": str(found_on)}
    shelf.keep("item_knn", choice, trials_table([], ()))
    with opened.opened(fresh, CUTOFF) as (engine, timeline, _):
        for day, known in ((found_on, []), (CUTOFF, ["item_knn"])):
            assert list(pipeline.lister_of(fresh, engine, timeline, day).tuned) == known


def test_a_new_day_of_log_is_the_only_one_that_is_read(tmp_path):
    logs = write_town(tmp_path / "logs", days=2)
    workspace = settle(workspace_over(logs, tmp_path / "workspace"), QUICK)
    pipeline.ingest(workspace)
    write_town(logs, days=3)
    assert pipeline.ingest(workspace).n_files_read == 1


@pytest.mark.parametrize(
    ("cutoff", "says"),
    [
        ("2018-01-01", r"outside the data.*\n.*2017-04-16 to 2017-04-29"),
        ("2017-04-20 12:00", r"finer than .*\n.*--cutoff 2017-04-20"),
        ("soon", r"not a date\n.*2017-04-29"),
    ],
)
def test_a_cutoff_that_cannot_be_is_refused_and_leaves_nothing_behind(town, cutoff, says):
    before = bytes_of(town[0].root)
    for step in (pipeline.run, pipeline.churn, pipeline.recommend, pipeline.describe):
        with pytest.raises(CutoffError, match=says):
            step(town[0], cutoff)
    assert bytes_of(town[0].root) == before


def test_one_day_of_log_ends_with_a_report_that_says_why_there_is_no_churn_model(tmp_path):
    logs = musicbox_logs(tmp_path / "logs", days=1)
    told = pipeline.run(workspace_over(logs, tmp_path / "workspace"))
    assert "the log holds 1 of the 42 days" in told.churn.skipped
    assert "To mend: go on collecting until 2017-05-10" in told.churn.skipped
    assert told.churn.n_listeners == 0
    assert told.recommend.n_listeners == 3
    report = " ".join(told.report.read_text("utf-8").split())
    assert "the log holds 1 of the 42 days" in report
    assert "go on collecting until 2017-05-10" in report


@pytest.mark.slow
def test_a_log_where_nobody_left_is_no_error_either(tmp_path):
    """The three listeners come every day."""
    logs = musicbox_logs(tmp_path / "logs", days=DAYS, kinds=("play",))
    told = pipeline.run(settle(workspace_over(logs, tmp_path / "workspace"), QUICK))
    assert "nothing to tell apart" in told.churn.skipped
    assert told.report.is_file()


def test_a_workspace_that_another_process_writes_to_is_left_alone(town):
    with town[0].lock(), pytest.raises(WorkspaceError, match="another tenuto is writing"):
        pipeline.churn(town[0])


def test_progress_is_told_step_by_step_up_to_the_end(tmp_path):
    logs = musicbox_logs(tmp_path / "logs", days=1, kinds=("play",))
    told = []
    pipeline.run(
        workspace_over(logs, tmp_path / "workspace"),
        progress=lambda step, done, total: told.append((step, done, total)),
    )
    last = {step: (done, total) for step, done, total in told}
    assert {"reading logs", "summing days", "making lists", "looking for drift"} <= set(last)
    assert all(done == total for done, total in last.values())


def test_init_refuses_a_source_that_is_not_there_and_logs_that_are_none(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'musicbox'"):
        pipeline.init(tmp_path / "workspace", source="musicbx", logs=tmp_path)
    with pytest.raises(SourceError):
        pipeline.init(tmp_path / "workspace", source="musicbox", logs=tmp_path)
    assert not (tmp_path / "workspace").exists()


def test_a_demo_whose_simulation_was_broken_off_starts_it_again(monkeypatch, tmp_path):
    def broken_off(source, out, **options):
        musicbox_logs(out, days=1)
        raise KeyboardInterrupt

    def whole(source, out, **options):
        return musicbox_logs(out, days=2, kinds=("play",))

    monkeypatch.setattr(pipeline, "simulate", broken_off)
    with pytest.raises(KeyboardInterrupt):
        pipeline.demo(tmp_path)
    monkeypatch.setattr(pipeline, "simulate", whole)
    assert len(pipeline.demo(tmp_path).ingest.days) == 2
