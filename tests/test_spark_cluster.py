"""A Spark cluster of separate processes gives the tables that DuckDB gives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import spark_job
from conftest import SPARK_URL, nullable_ids, read_all
from service import CUTOFF, features_at, keep_part, simulated
from spark_cluster import Cluster, needs_spark, wait_for
from subscribers import log_of, some_events
from tenuto import engines, labels, preferences, rollups
from tenuto.churn import CATALOGUE as MODELS
from tenuto.churn._examples import Examples
from tenuto.events.lake import Lake, stored_digest
from tenuto.ingest import Ledger, ingest
from tenuto.rollups import build_rollups
from tenuto.workspace import Workspace
from test_engines import equal

pytestmark = pytest.mark.slow
SECONDS_FOR_THE_JOB = 900


class Given:
    """Raw logs, sums of a log that knows everything and a saved model; what DuckDB makes of it."""

    def __init__(self, folder: Path, engine: engines.Engine):
        self.folder = folder
        self.ours = _logs(folder / "ours")
        self.rollups, self.model = folder / "sums", folder / "model"
        timeline = log_of(engine, self.rollups, some_events())
        X = features_at(engine, timeline)
        examples = Examples(X.index, [CUTOFF] * len(X), X, [n % 2 for n in range(len(X))])
        MODELS.get("logistic").Model().fit(examples, random_state=0).save(self.model)
        ingest(self.ours)
        build_rollups(self.ours)
        spark_job.write_tables(engine, self.rollups, self.model, folder / "expected")
        spark_job.write_squares(engine, folder / "expected", None)

    def run_on(self, url: str, in_the_middle: Callable[[Path], None] | None = None) -> Workspace:
        """The same on the Spark at ``url``; ``in_the_middle`` is called during a job."""
        theirs, markers = _logs(self.folder / "theirs"), self.folder / "markers"
        markers.mkdir()
        places = [theirs.root, self.rollups, self.model, self.folder / "found"]
        command = [sys.executable, spark_job.__file__, url, *map(str, places)]
        log = self.folder / "job.log"
        with log.open("wb") as told:
            job = subprocess.Popen(
                [*command, *([str(markers)] if in_the_middle else [])], stdout=told, stderr=told
            )
            try:
                if in_the_middle:
                    in_the_middle(markers)
                job.wait(SECONDS_FOR_THE_JOB)
            finally:
                job.kill()
        assert job.returncode == 0, log.read_text("utf-8", "replace")[-5000:]
        return theirs


@pytest.fixture
def given(tmp_path, duckdb_engine) -> Given:
    needs_spark()
    return Given(tmp_path, duckdb_engine)


def _logs(folder: Path) -> Workspace:
    """Dirty logs of two days, one of their three parts; not yet read."""
    workspace = simulated(folder, listeners=60, days=2, seed=1)
    keep_part(folder / "logs", 3)
    return workspace


def check(given: Given, theirs: Workspace) -> None:
    """Counts and texts agree exactly, floats to one in a thousand million."""
    expected = {file.stem for file in (given.folder / "expected").glob("*.parquet")}
    for name in sorted(expected):
        files = [given.folder / side / f"{name}.parquet" for side in ("expected", "found")]
        assert pq.read_metadata(files[0]).num_rows > 0, name
        equal(*map(_table, files))
    _check_lakes(given.ours, theirs)
    members = [f"rollup_{name}" for name in rollups.CATALOGUE]
    members += [f"label_{name}" for name in labels.CATALOGUE]
    members += [f"preference_{name}" for name in preferences.CATALOGUE]
    assert expected >= {*members, "features", "scores", "squares"}


def _check_lakes(ours: Workspace, theirs: Workspace) -> None:
    """What was read of the logs and summed by day is the same, with the same digests."""
    entries = [Ledger(workspace.audit / "ledger").entries() for workspace in (ours, theirs)]
    assert [_without_sketch(entry) for entry in entries[0]] == [
        _without_sketch(entry) for entry in entries[1]
    ]
    for place in ("lake", "rollups"):
        left, right = Lake(getattr(ours, place)), Lake(getattr(theirs, place))
        names = sorted(folder.name for folder in left.root.iterdir() if folder.is_dir())
        for name in names:
            files = left.files(name)
            moved = [right.root / file.relative_to(left.root) for file in files]
            assert moved == right.files(name)
            assert list(map(stored_digest, files)) == list(map(stored_digest, moved))
            equal(read_all(files), read_all(moved))


def _without_sketch(entry: dict) -> dict:
    """Engines hash differently; a sketch is compared with others of the same ingest alone."""
    return {name: value for name, value in entry.items() if name != "sketch"}


def _table(file: Path) -> pd.DataFrame:
    return pq.read_table(file).to_pandas(types_mapper=nullable_ids)


def test_a_cluster_that_loses_a_worker_in_mid_job_gives_the_tables_of_duckdb(given, tmp_path):
    with Cluster(tmp_path) as cluster:

        def lose_a_worker(markers: Path) -> None:
            wait_for(
                "a task on each worker", lambda: len(list(markers.iterdir())) == 2, seconds=600
            )
            cluster.kill("worker-1")
            (markers / "lost").touch()

        theirs = given.run_on(cluster.url, lose_a_worker)
    check(given, theirs)


def test_spark_connect_gives_the_tables_of_duckdb(given, tmp_path):
    with Cluster(tmp_path) as cluster:
        theirs = given.run_on(cluster.connect_server())
    check(given, theirs)


def test_members_that_train_on_spark_keep_their_contract_on_a_cluster(tmp_path):
    needs_spark()
    files = ["test_every_churn_model.py", "test_every_recommender.py"]
    chosen = ["-m", "slow", "-k", "spark", *(str(Path(__file__).with_name(name)) for name in files)]
    with Cluster(tmp_path) as cluster:
        tests = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *chosen],
            env=os.environ | {SPARK_URL: cluster.url},
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_THE_JOB,
        )
        assert cluster.executors() > 0
    assert tests.returncode == 0, tests.stdout[-5000:]
    assert "skipped" not in tests.stdout.splitlines()[-1]
