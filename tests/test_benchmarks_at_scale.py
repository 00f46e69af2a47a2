"""The benchmarks of a whole service run at toy size and compare like with like."""

import json
import os
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service import keep_part, simulated

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import _alone
import _many_services
import _raw_logs
import _targets
import _timing
import ingest
import rollups
import seeds_way
import serving
import ten_times
import whole

from tenuto import pipeline
from tenuto.churn._contract import CATALOGUE
from tenuto.churn._examples import Examples
from tenuto.events.lake import Lake

SLOW = pytest.mark.slow


@pytest.fixture
def polars():
    return pytest.importorskip("polars", reason="an opponent: pip install 'tenuto[bench]'")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """One cohort of a small service, whose logs were read in."""
    made = simulated(tmp_path_factory.mktemp("scale"), listeners=120, days=4)
    keep_part(made.logs, 3)
    pipeline.ingest(made)
    return made


@pytest.fixture
def written(tmp_path):
    """The options that say where results go, and a function that reads those of one benchmark."""
    out, page = tmp_path / "results.json", tmp_path / "page.md"

    def found(name):
        return json.loads(out.read_text("utf-8"))[name], page.read_text("utf-8")

    return ["--out", str(out), "--page", str(page)], found


# Work in a process of its own.


def held(n_bytes):
    return len(bytearray(os.urandom(1024)) * (n_bytes // 1024))


def in_two_steps(begin):
    begin("much")
    held(300 << 20)
    begin("little")
    return held(1 << 20)


def failing():
    raise ValueError("the reason")


@SLOW
def test_each_step_has_its_own_peak_memory():
    (much, little), result = _alone.in_steps(in_two_steps)
    assert result == 1 << 20
    assert much.peak_gb > little.peak_gb + 0.2


@SLOW
def test_opponents_take_turns_and_everybody_is_asked_as_often():
    timings, results = _alone.in_turns({"a": partial(held, 1024), "b": partial(held, 2048)}, 2)
    assert [len(timing.runs_s) for timing in timings] == [2, 2]
    assert results == {"a": 1024, "b": 2048}


def test_work_that_fails_says_why():
    with pytest.raises(SystemExit, match="the reason"):
        _alone.alone(failing)


# A service many times over.


def test_no_two_copies_of_a_log_share_a_listener():
    text = b"168000001\tar\t7\n25000\tip\t8\n99999999\tip\t8\n"
    users = [
        {line.split(b"\t")[0] for line in _many_services.with_other_users(text, copy).splitlines()}
        for copy in range(_many_services.MOST_COPIES)
    ]
    assert len(set.union(*users)) == 3 * _many_services.MOST_COPIES


def test_a_copy_differs_from_the_log_in_its_listeners_alone():
    text = b"168000001\tar\t7\tsong\n0\tar\t7\n\t168000001\tar\nnobody"
    copied = _many_services.with_other_users(text, 9)
    assert copied == text.replace(b"168000001\tar\t7", b"978000001\tar\t7")


def test_copies_are_plain_logs_with_names_of_their_own(tmp_path):
    log = tmp_path / "20170330_3_play.log"
    log.write_bytes(b"168000001\tar\t7\n")
    _many_services.copy_logs([log], 2, tmp_path / "copies")
    assert {file.name: _raw_logs.unpacked(file) for file in (tmp_path / "copies").iterdir()} == {
        "20170330_3_play.log": log.read_bytes(),
        "20170330_103_play.log": b"258000001\tar\t7\n",
    }


def test_events_are_forgotten_but_not_what_they_were_made_from(workspace, tmp_path):
    lake = Lake(workspace.lake)
    day = lake.days("events")[0]
    (file,) = (path for path in lake.files_of("events", day) if "3_play" in path.name)
    small = Lake(tmp_path)
    small.path("events", day).parent.mkdir(parents=True)
    small.path("events", day).write_bytes(file.read_bytes())
    ten_times.forget_rows(small)
    assert pq.read_metadata(small.path("events", day)).num_rows == 0
    assert small.digest("events", day) == lake.digest("events", day, file.stem) is not None


# The same tables.


def test_tables_that_differ_are_told_apart_by_column():
    left = pa.table({"key": [1, 2], "sum": [0.1 + 0.2, 1.0]})
    assert rollups.differences(left, pa.table({"key": [1, 2], "sum": [0.3, 1.0]})) == []
    assert rollups.differences(left, pa.table({"key": [1, 2], "sum": [0.3, 1.1]})) == ["sum"]
    assert rollups.differences(left, pa.table({"key": [1]})) == ["sum"]


# What was asked for.


def test_a_target_that_was_missed_says_so_and_why():
    rows = [
        {"name": "Tenuto", "runs_s": [3.0]},
        {"name": "DuckDB, bare parse and write", "runs_s": [1.0]},
    ]
    table = _targets.targets_table({"ingest": {"timings": rows, "facts": {"events": 6_000_000}}})
    assert "| ingest, million events a second | ≥ 0.8 | 2.00 | yes |" in table
    why = _targets.WHY["ingest, to a bare parse"]
    assert f"| ingest, to a bare parse | ≤ 1.6 | 3.00 | no. {why} |" in table


def test_nothing_is_said_of_what_was_not_measured(tmp_path):
    assert _targets.targets_table({}) == ""
    assert _targets.targets_table({"ingest": {"timings": [], "facts": {"events": 1}}}) == ""


def test_a_table_has_the_columns_of_its_first_row():
    table = _timing.rows_table([{"step": "a", "n": 1200, "s": None}, {"step": "b", "s": 0.5}])
    assert table.splitlines()[2:] == ["| a | 1,200 |  |", "| b |  | 0.50 |"]


# From end to end.


@SLOW
def test_ingest_is_timed_beside_a_bare_parse_pandas_and_polars(polars, workspace, written):
    options, found = written
    ingest.main([str(workspace.logs), "--days", "1", "--repeats", "1", *options])
    result, page = found("ingest")
    parsed = result["facts"]["rows_of_opponents"]
    assert all(n > 0.95 * result["facts"]["kept"] for n in parsed.values())
    assert "| ingest, to a bare parse |" in page


@SLOW
def test_the_sums_of_hand_written_sql_are_the_same_tables(polars, workspace, written):
    options, found = written
    short = ["--days", "3", "--frame-days", "1", "--repeats", "1"]
    rollups.main([str(workspace.root), *short, *options])
    result, page = found("rollups")
    assert result["facts"]["rows"] > 0
    assert "| pandas, three tables (1 of 3 days, scaled up) |" in page


@SLOW
def test_the_seeds_way_comes_to_the_same_figures(polars, workspace, written):
    options, found = written
    small = ["--copies", "2", "--cutoffs", "2", "--without", "Spark"]
    seeds_way.main([str(workspace.root), *small, *options])
    result, _ = found("seeds_way")
    assert "the seeds' way, pandas" in [row["what"] for row in result["rows"]]


@SLOW
def test_a_whole_service_is_timed_step_by_step(tmp_path, written):
    options, found = written
    folders = [str(tmp_path / "logs"), str(tmp_path / "workspace")]
    whole.main([*folders, "--listeners", "60", "--days", "8", *options])
    result, page = found("whole")
    assert [row["step"] for row in result["rows"]][:3] == ["init", whole.INGEST, whole.SUMS]
    assert result["facts"]["n_days"] == 8
    assert "| whole service, minutes |" in page


def keep_a_model(workspace, features):
    """A run of ``workspace`` with a model that was trained on ``features``, and on noise."""
    ten_times.write_features(workspace, features)
    table = pd.read_parquet(features).set_index("user_id")
    leaves = np.arange(len(table)) % 2
    days = np.full(len(table), np.datetime64("2017-04-15"))
    examples = Examples(table.index.to_numpy(), days, table, leaves)
    model = CATALOGUE.get("logistic").Model().fit(examples, random_state=0)
    model.save(workspace.root / "runs/2017-04-15/churn/models/boosting")


@SLOW
def test_three_times_the_events_come_to_three_times_the_scores(workspace, written, tmp_path):
    keep_a_model(workspace, tmp_path / "features.parquet")
    logs = tmp_path / "logs"
    logs.mkdir()
    _raw_logs.some_days(workspace.logs, 2, logs)
    options, found = written
    small = ["--copies", "3", "--days-at-once", "1"]
    ten_times.main([str(logs), str(workspace.root), *small, *options])
    facts = found("ten_times")[0]["facts"]
    once, large = facts["once"], facts["large"]
    assert large["n_events"] == 3 * once["n_events"]
    # Lines that begin with a tab keep their listener in every copy.
    assert 2.9 * once["n_scored"] < large["n_scored"] <= 3 * once["n_scored"]


@SLOW
def test_a_server_is_asked_while_it_is_spoken_to_and_loses_nothing(written, tmp_path):
    options, found = written
    size = ["--listeners", "300", "--songs", "200", "--seconds", "1", "--mixed-s", "6"]
    serving.main([*size, "--folder", str(tmp_path / "service"), "--lines", "2", *options])
    said, page = found("serving")
    assert [row["what"] for row in said["rows"]] == [
        "lists from the snapshot",
        "lists with fold-in",
        "mixed",
    ]
    assert all(row["answers"] > 0 and row["failures"] == 0 for row in said["rows"])
    assert said["facts"]["words_acknowledged"] > 0 == said["facts"]["words_lost"]
    assert said["facts"]["publishes"] > 0
    assert "## A server under load" in page
