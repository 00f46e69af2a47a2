"""Everything that engines have to agree on, computed by a program of its own.

    python tests/spark_job.py URL WORKSPACE ROLLUPS MODEL OUT [MARKERS]

reads the logs of WORKSPACE into its lake and sums them by day, computes what `tables` lists from
ROLLUPS, and writes it to OUT, all on the Spark at URL: a process talks to one Spark only. With
MARKERS, a folder, it is in the middle of a job when two files are there, until a third is.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa

from conftest import ALL_KNOWING, day_of
from service import CUTOFF
from spark_cluster import driver_settings
from subscribers import some_events
from tenuto import engines, labels, preferences, rollups
from tenuto.churn._scores import scores_by
from tenuto.engines import Engine
from tenuto.events.lake import Lake
from tenuto.features import build_features
from tenuto.ingest import ingest
from tenuto.rollups import build_rollups
from tenuto.timeline import Timeline, listeners
from tenuto.workspace import Workspace

HORIZON_DAYS = 3
SUMMED_DAY = CUTOFF.replace(day=20)
_SECONDS_TO_BE_LOST = 60


def tables(engine: Engine, folder: Path, model: Path) -> dict[str, ir.Table]:
    """Every rollup, feature, label and preference there is, by name, and the scores of a model.

    ``folder`` has the sums of a log that knows whatever there is to be known.
    """
    day = day_of(
        engine, [row for row in some_events() if row["day"] == SUMMED_DAY], source=ALL_KNOWING
    )
    found = {
        f"rollup_{name}": rollup.build(day) for name, rollup in rollups.CATALOGUE.all().items()
    }
    timeline = Timeline(Lake(folder), ALL_KNOWING.PRECISION)
    past = timeline.past(engine, CUTOFF)
    people = engine.cache(listeners(past))
    features = engine.cache(build_features(past, people).table)
    for name, label in labels.CATALOGUE.all().items():
        found[f"label_{name}"] = label.label(people, _future(engine, timeline, label))
    for name in preferences.CATALOGUE:
        found[f"preference_{name}"] = preferences.CATALOGUE.get(name).preferences(past, 30)
    return {
        **found,
        "listeners": people,
        "features": features,
        "scores": scores_by(engine, model, features),
    }


def _future(engine: Engine, timeline: Timeline, label):
    if not hasattr(label, "BINS"):
        return timeline.future(engine, CUTOFF, HORIZON_DAYS)
    own = timeline.own_past(engine, CUTOFF, bin_days=HORIZON_DAYS)
    return timeline.own_future(own, label.BINS)


def write_tables(engine: Engine, folder: Path, model: Path, out: Path) -> None:
    """Write each table to a file of its name, in an order that engines share."""
    for name, table in tables(engine, folder, model).items():
        keys = [key for key in table.columns if table[key].type().is_integer() or key == "day"]
        texts = [key for key in table.columns if table[key].type().is_string()]
        engine.write_parquet(table.order_by([*keys, *texts]), out / f"{name}.parquet")


def write_squares(engine: Engine, out: Path, markers: Path | None) -> None:
    """Write a table that an executor, or several, makes of two halves of another one."""
    numbers = engine.from_arrow(pa.table({"n": pa.array(range(1000), pa.int64())}))
    square = functools.partial(_squares, markers=None if markers is None else str(markers))
    schema = pa.schema([("n", pa.int64()), ("square", pa.int64())])
    squares = engine.map_arrow(numbers, square, schema)
    engine.write_parquet(squares.order_by("n"), out / "squares.parquet")


def _squares(batches: Iterator[pa.RecordBatch], markers: str | None) -> Iterator[pa.RecordBatch]:
    """Squares; with ``markers`` it says that it is at work, and waits until somebody was lost."""
    if markers is not None:
        _wait_for_loss(Path(markers))
    for batch in batches:
        numbers = batch["n"].to_numpy()
        yield pa.RecordBatch.from_pydict({"n": numbers, "square": numbers * numbers})


def _wait_for_loss(markers: Path) -> None:
    (markers / f"at-work-{os.getpid()}").touch()
    end = time.monotonic() + _SECONDS_TO_BE_LOST
    while not (markers / "lost").exists() and time.monotonic() < end:
        time.sleep(0.1)


def main(url: str, workspace: str, folder: str, model: str, out: str, markers: str = "") -> None:
    at_work = Workspace(workspace)
    at_work.settings.engine.threads = 2
    at_work.use_engine("spark", url)
    at_work.settings.engine.spark = driver_settings()
    ingest(at_work)
    build_rollups(at_work)
    with engines.open_engine(at_work.settings.engine, at_work.scratch) as engine:
        write_squares(engine, Path(out), Path(markers) if markers else None)
        write_tables(engine, Path(folder), Path(model), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
