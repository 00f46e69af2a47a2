"""Ten times the events through ingest, sums, features and scores, in the same memory.

    python benchmarks/ten_times.py LOGS WORKSPACE --copies 10 --threads 2

LOGS are Music Box logs and WORKSPACE is one over them that has been run: its model gives the
scores. The large service has every raw log ten times, with other listeners (`_many_services.py`).
Its logs are made some days at a time, read in and summed by day; then the raw logs are deleted, and
the rows of the events, too: their files stay, empty, so that the sums still count as up to date. So
a disk does not have to hold them. Making and deleting is not part of the time. The same is done
with one copy first, in the same way, and the time per event is compared.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from _alone import Begin, Step, in_steps
from _benchmark_page import PAGE, RESULTS, write_page
from _many_services import copy_logs
from _raw_logs import day_and_kind, log_files
from _timing import rows_table, write_rows
from whole import limited

from tenuto import engines
from tenuto.churn._contract import ChurnModel
from tenuto.events.lake import Lake
from tenuto.features import build_features
from tenuto.ingest import ingest
from tenuto.opened import timeline_of
from tenuto.rollups import build_rollups
from tenuto.timeline import UserRange, listeners, parts_of
from tenuto.workspace import Workspace

#: The steps that are timed, in order; others only make room.
TIMED = ("ingest", "sums by day", "features", "scores")
SCORED_AT_ONCE = 100_000


def main(arguments: list[str] | None = None) -> None:
    """Parse, run once and many times over, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("logs", type=Path)
    parser.add_argument("workspace", type=Path, help="one that has been run, for its model")
    parser.add_argument("--copies", type=int, default=10, help="2 to 10")
    parser.add_argument("--days", type=int, default=0, help="the first so many; 0: all")
    parser.add_argument("--days-at-once", type=int, default=4, help="before room is made")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="limit of each engine")
    parser.add_argument("--scratch", type=Path, help="a folder on the disk to use")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    model = newest_model(asked.workspace)
    measured = {}
    for copies in (1, asked.copies):
        with tempfile.TemporaryDirectory(prefix="tenuto-large-", dir=asked.scratch) as folder:
            work = partial(from_logs_to_scores, Path(folder), model, copies, asked)
            measured[copies] = in_steps(work)
    rows = rows_of(measured)
    facts = {
        "threads": asked.threads,
        "memory": asked.memory,
        "copies": asked.copies,
        "days_at_once": asked.days_at_once,
        "once": measured[1][1],
        "large": measured[asked.copies][1],
        "ratio": rows[-1]["ratio"],
        "peak_gb": rows[-1]["peak GB"],
        "remark": "",
    }
    write_rows(asked.out, "ten_times", rows, facts)
    write_page(asked.out, asked.page)
    print(rows_table(rows))


def newest_model(workspace: Path) -> Path:
    """Where the newest run of ``workspace`` keeps its booster."""
    found = sorted(workspace.glob("runs/*/churn/models/boosting"))
    if not found:
        raise SystemExit(f"{workspace} has no model: tenuto run {workspace}")
    return found[-1].resolve()


def from_logs_to_scores(
    folder: Path, model: Path, copies: int, asked: argparse.Namespace, begin: Begin
) -> dict[str, int]:
    """Everything from raw logs to a score for everybody, with room made in between."""
    logs = folder / "logs"
    logs.mkdir()
    workspace = Workspace.create(folder / "workspace", source="musicbox", logs=logs)
    workspace = limited(workspace.root, asked.threads, asked.memory)
    for some in _some_days_at_once(asked.logs, asked.days, asked.days_at_once):
        begin("make logs")
        copy_logs(some, copies, logs, asked.threads)
        begin("ingest")
        summary = ingest(workspace)
        begin("delete logs")
        shutil.rmtree(logs)
        begin("sums by day")
        build_rollups(workspace)
        begin("forget events")
        forget_rows(Lake(workspace.lake))
    begin("features")
    write_features(workspace, folder / "features")
    begin("scores")
    n_scored = write_scores(model, folder / "features", folder / "scores.parquet")
    return {"n_events": summary.n_lines, "n_days": len(summary.days), "n_scored": n_scored}


def forget_rows(lake: Lake) -> None:
    """Leave the files of events as they are, with the digest of what they were made from, empty."""
    for file in lake.files("events"):
        if pq.read_metadata(file).num_rows:
            pq.write_table(pq.read_schema(file).empty_table(), file)


def write_features(workspace: Workspace, into: Path) -> None:
    """All features of everybody, the day after the log, part by part, as a run builds them."""
    timeline, settings = timeline_of(workspace), workspace.settings.engine

    def write(engine: engines.Engine, numbered: tuple[int, UserRange]) -> None:
        number, part = numbered
        past = timeline.of_users(part).past(engine, timeline.end)
        people = engine.cache(listeners(past), "people_of_the_benchmark")
        features = build_features(past, people).table
        engine.write_parquet(features, into / f"{number:04d}.parquet")

    with engines.open_engine(settings, workspace.scratch) as engine:
        parts = list(enumerate(parts_of(timeline.user_ids(engine))))
        engines.beside_each_other(engine, write, parts, settings.n_threads())


def write_scores(model: Path, features: Path, target: Path) -> int:
    """A probability for every row of the files in ``features``, some at a time; how many."""
    booster = ChurnModel.load(model)
    schema = pa.schema([("user_id", pa.int64()), ("probability", pa.float64())])
    n_scored = 0
    with pq.ParquetWriter(target, schema) as out:
        for file in sorted(features.iterdir()):
            for batch in pq.ParquetFile(file).iter_batches(SCORED_AT_ONCE):
                table = batch.to_pandas()
                scored = {"user_id": table["user_id"], "probability": booster.predict(table)}
                out.write_table(pa.table(scored, schema=schema))
                n_scored += len(table)
    return n_scored


def rows_of(measured: dict[int, tuple[list[Step], dict[str, int]]]) -> list[dict[str, Any]]:
    """A row for each step: microseconds of an event when there are few and when there are many."""
    (once, few), (large, many) = measured.values()
    rows = []
    for name in (*TIMED, "all"):
        seconds = [_sum(steps, name, "seconds") for steps in (once, large)]
        per_event = [1e6 * s / n["n_events"] for s, n in zip(seconds, (few, many), strict=True)]
        rows.append(
            {
                "step": name,
                "seconds, once": seconds[0],
                "seconds, large": seconds[1],
                "of the processor, large": _sum(large, name, "processor_s"),
                "µs per event, once": per_event[0],
                "µs per event, large": per_event[1],
                "ratio": per_event[1] / per_event[0],
                "peak GB, once": max(_of(once, name, "peak_gb")),
                "peak GB": max(_of(large, name, "peak_gb")),
            }
        )
    return rows


def _sum(steps: list[Step], name: str, what: str) -> float:
    return float(sum(_of(steps, name, what)))


def _of(steps: list[Step], name: str, what: str) -> list[float]:
    wanted = TIMED if name == "all" else (name,)
    return [getattr(step, what) for step in steps if step.name in wanted]


def _some_days_at_once(logs: Path, n_days: int, at_once: int) -> Iterator[list[Path]]:
    """The logs of the first ``n_days`` days (0: of all), in groups of ``at_once`` days."""
    by_day = [list(files) for _, files in groupby(log_files(logs), lambda p: day_and_kind(p)[0])]
    chosen = by_day[: n_days or None]
    for first in range(0, len(chosen), at_once):
        yield [file for files in chosen[first : first + at_once] for file in files]


if __name__ == "__main__":
    main()
