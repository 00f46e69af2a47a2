"""How long features take from sums by day: 14 cutoffs, beside a bare scan and other means.

    python benchmarks/features.py WORKSPACE --copies 3 --cutoffs 14 --threads 2

WORKSPACE is one that is read in and summed. Each of its listeners is there ``--copies`` times,
under other ids, so that a service of 60,000 is made of one of 20,000 in seconds. All opponents read
the same files; those that build "the same features" build the same 37 columns (`SHARED`), and all
figures of the last cutoff are compared. Results go to ``--out`` and the page to ``--page``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from _benchmark_page import PAGE, RESULTS, write_page
from _feature_sql import of_sql
from _opponents import SHARED, of_pandas, of_polars, of_spark
from _timing import Timing, table, timed, write_timings

from tenuto import engines
from tenuto.engines import Engine
from tenuto.events.lake import Lake
from tenuto.features import build_features
from tenuto.opened import timeline_of
from tenuto.timeline import Timeline, listeners
from tenuto.workspace import Workspace

OURS = f"Tenuto, the {len(SHARED)} shared"
BY_HAND = f"hand-written SQL, the {len(SHARED)} shared"
#: Families that hold the shared columns, and few others.
FAMILIES = ("activity", "listening", "recency", "variety")
_ID_STEP = 10_000_000_000_000


def main(arguments: list[str] | None = None) -> None:
    """Parse, copy, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--copies", type=int, default=3, help="of each listener")
    parser.add_argument("--cutoffs", type=int, default=14)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of DuckDB and Spark")
    parser.add_argument(
        "--spark-cutoffs", type=int, default=2, help="timed on Spark, and scaled up; 0: none"
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    timeline = timeline_of(Workspace(asked.workspace))
    with tempfile.TemporaryDirectory(prefix="tenuto-benchmark-") as folder:
        lake = multiplied(timeline.rollups, asked.copies, Path(folder) / "rollups")
        many = replace(timeline, rollups=lake)
        cutoffs = [many.end - timedelta(days=days) for days in range(asked.cutoffs)][::-1]
        timings = measured(many, cutoffs, asked)
        days = ds.dataset(lake.files("user_days"), format="parquet").to_table(
            columns=["user_id", "n_events"]
        )
    facts = {
        "listeners": pc.count_distinct(days["user_id"]).as_py(),
        "events": pc.sum(days["n_events"]).as_py(),
        "cutoffs": len(cutoffs),
        "shared_columns": len(SHARED),
        "threads": asked.threads,
        "against": [timings[0].name, BY_HAND],
    }
    write_timings(asked.out, "features", timings, facts)
    write_page(asked.out, asked.page)
    print(table(timings, timings[0].name, BY_HAND))


def multiplied(original: Lake, copies: int, folder: Path) -> Lake:
    """The rows of every listener, and of copies of each under other ids, below ``folder``."""
    lake = Lake(folder)
    tables = sorted(path.name for path in original.root.iterdir() if path.is_dir())
    for name in tables:
        for day in original.days(name):
            rows = pq.read_table(original.files_of(name, day), partitioning=None)
            if "user_id" in rows.column_names:
                rows = pa.concat_tables([_renamed(rows, copy) for copy in range(copies)])
            path = lake.path(name, day)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, path, compression="zstd")
    return lake


def _renamed(rows: pa.Table, copy: int) -> pa.Table:
    at = rows.schema.get_field_index("user_id")
    return rows.set_column(at, "user_id", pc.add(rows["user_id"], copy * _ID_STEP))


def measured(timeline: Timeline, cutoffs: list[date], asked: argparse.Namespace) -> list[Timing]:
    """Every opponent over all cutoffs, one after the other; the first is the bare scan."""
    found: list[Timing] = []
    with engines.CATALOGUE.get("duckdb").open(threads=asked.threads, memory="6GB") as engine:
        works: dict[str, Callable[[], pd.DataFrame | None]] = {
            "bare scan of the columns": lambda: scanned(engine, timeline, cutoffs),
            "Tenuto, all features": lambda: ours(engine, timeline, cutoffs, None),
            OURS: lambda: ours(engine, timeline, cutoffs, FAMILIES),
            BY_HAND: lambda: of_sql(timeline.rollups, cutoffs, asked.threads),
            f"pandas, the {len(SHARED)} shared": lambda: of_pandas(timeline.rollups, cutoffs),
            f"Polars, the {len(SHARED)} shared": lambda: of_polars(timeline.rollups, cutoffs),
        }
        tables: dict[str, pd.DataFrame | None] = {}
        for name, work in works.items():
            timing, tables[name] = timed(name, work, asked.repeats)
            found.append(timing)
            print(f"{name}: {timing.median_s:.2f} s", flush=True)
    expected = tables.pop(OURS)
    for name, told in tables.items():
        if name.endswith("shared"):
            compare(expected, told, SHARED)
    if asked.spark_cutoffs:
        found.append(_on_spark(timeline, cutoffs, asked, expected))
    return found


def _on_spark(
    timeline: Timeline,
    cutoffs: list[date],
    asked: argparse.Namespace,
    expected: pd.DataFrame | None,
) -> Timing:
    """The last few cutoffs on Spark; each costs about as much, so seconds are scaled to all."""
    few = cutoffs[-asked.spark_cutoffs :]
    with of_spark(timeline.rollups, few, asked.threads) as work:
        timing, told = timed("", work, asked.repeats)
    compare(expected, told, SHARED)
    times = len(cutoffs) / len(few)
    name = f"PySpark, the {len(SHARED)} shared"
    name += "" if times == 1 else f" ({len(few)} of {len(cutoffs)} cutoffs, scaled up)"
    scaled = [seconds * times for seconds in timing.runs_s]
    return Timing(name, scaled, timing.processor_s * times)


def ours(
    engine: Engine, timeline: Timeline, cutoffs: list[date], families: tuple[str, ...] | None
) -> pd.DataFrame:
    """Features of everybody at every cutoff, as Tenuto makes them; those of the last cutoff."""
    for cutoff in cutoffs:
        past = timeline.past(engine, cutoff)
        people = engine.cache(listeners(past), "people_of_the_benchmark")
        rows = engine.to_arrow(build_features(past, people, families=families).table)
    return rows.to_pandas().set_index("user_id").sort_index()


def scanned(engine: Engine, timeline: Timeline, cutoffs: list[date]) -> None:
    """The largest value of every column that features read, over the days before each cutoff."""
    for cutoff in cutoffs:
        past = timeline.past(engine, cutoff)
        for name in ("user_days", "user_item_days", "user_artist_days", "user_day_devices"):
            if past.has(name):
                rows = past.table(name)
                largest = {c: rows[c].max() for c in rows.columns if rows[c].type().is_numeric()}
                engine.to_arrow(rows.agg(**largest))


def compare(ours: pd.DataFrame | None, theirs: pd.DataFrame | None, shared: Sequence[str]) -> None:
    """That opponents built the same figures; a benchmark of something else says nothing."""
    assert ours is not None
    assert theirs is not None
    columns = list(shared)
    left = ours[columns].astype(float)
    right = theirs.reindex(left.index)[columns].astype(float)
    same = np.isclose(left, right, rtol=1e-6, equal_nan=True).all(axis=0)
    odd = [name for name, is_same in zip(columns, same, strict=True) if not is_same]
    if odd:
        raise SystemExit(f"not the same figures: {', '.join(odd)}")


if __name__ == "__main__":
    main()
