"""How long all sums by day take, beside a bare scan, hand-written SQL, pandas and Polars.

    python benchmarks/rollups.py WORKSPACE --threads 2

WORKSPACE has its Music Box logs read in. Each run builds everything anew, in a process of its own,
by turns. The tables of the hand-written SQL are compared with Tenuto's, row by row; pandas and
Polars build the three largest tables alone, of the last ``--frame-days`` days, scaled up.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _alone import in_turns
from _benchmark_page import PAGE, RESULTS, write_page
from _rollup_frames import by_pandas, by_polars
from _rollup_sql import TABLES, by_sql, scanned
from _timing import Timing, table, write_timings

from tenuto.events.lake import Lake
from tenuto.rollups import build_rollups
from tenuto.workspace import SETTINGS_FILE, Workspace

SCAN, BY_HAND = "bare scan of the columns", "hand-written SQL"


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--days", type=int, default=0, help="the last so many; 0: all")
    parser.add_argument("--frame-days", type=int, default=3, help="of pandas and Polars; 0: none")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="limit of each of DuckDB's engines")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="where tables go; by default as usual")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    lake = Lake(asked.workspace / "lake")
    days = lake.days("events")[-asked.days :]
    with tempfile.TemporaryDirectory(prefix="tenuto-sums-", dir=asked.scratch) as folder:
        with_days(asked.workspace, days, Path(folder) / "workspace")
        works = everything(Lake(Path(folder) / "workspace/lake"), days, asked, Path(folder))
        timings, _ = in_turns(works, asked.repeats)
        n_compared = compared(Path(folder) / "workspace/rollups", Path(folder) / "by_hand", days)
    timings = [_scaled(timing, len(days), asked.frame_days) for timing in timings]
    facts = {
        "events": n_events(lake, days),
        "days": len(days),
        "tables": len(TABLES),
        "rows": n_compared,
        "threads": asked.threads,
        "is_throughput": True,
        "against": [SCAN, BY_HAND],
    }
    write_timings(asked.out, "rollups", timings, facts)
    write_page(asked.out, asked.page)
    print(table(timings, SCAN, BY_HAND, n_events=facts["events"]))


def everything(
    lake: Lake, days: list[date], asked: argparse.Namespace, folder: Path
) -> dict[str, Callable[[], Any]]:
    """Each opponent by its name; the floor is the first."""
    limits = asked.threads, asked.memory
    works: dict[str, Callable[[], Any]] = {
        SCAN: partial(scanned, lake, days, asked.threads),
        "Tenuto": partial(by_tenuto, folder / "workspace", *limits),
        BY_HAND: partial(by_sql, lake, days, folder / "by_hand", *limits),
    }
    if asked.frame_days:
        few = days[-asked.frame_days :]
        works["pandas"] = partial(by_pandas, lake, few, folder / "pandas")
        works["Polars"] = partial(by_polars, lake, few, folder / "polars", asked.threads)
    return works


def with_days(workspace: Path, days: list[date], into: Path) -> None:
    """A workspace with the settings of ``workspace``, and of its lake those ``days``, as links."""
    into.mkdir()
    shutil.copy(workspace / SETTINGS_FILE, into / SETTINGS_FILE)
    for name in sorted(path.name for path in (workspace / "lake").iterdir() if path.is_dir()):
        (into / "lake" / name).mkdir(parents=True)
        for day in days:
            folder = workspace.resolve() / "lake" / name / f"day={day}"
            if folder.exists():
                os.symlink(folder, into / "lake" / name / folder.name)


def by_tenuto(folder: Path, threads: int, memory: str) -> None:
    """Every rollup of every day, as `tenuto ingest` builds them after it has read the logs."""
    shutil.rmtree(folder / "rollups", ignore_errors=True)
    workspace = Workspace(folder)
    workspace.settings.engine.threads = threads
    workspace.settings.engine.memory = memory
    build_rollups(workspace)


def compared(ours: Path, theirs: Path, days: list[date]) -> int:
    """How many rows were compared; it is an error if any is not the same."""
    n_rows = 0
    for name in TABLES:
        for day in days:
            left, right = (_rows(Lake(root), name, day) for root in (ours, theirs))
            odd = differences(left, right)
            if odd:
                raise SystemExit(f"not the same {name} on {day}: {', '.join(odd)}")
            n_rows += left.num_rows
    return n_rows


def differences(left: pa.Table, right: pa.Table) -> list[str]:
    """The columns that are not in both, or not the same; floats to 1e-9."""
    lacking = set(left.column_names) ^ set(right.column_names)
    if lacking or left.num_rows != right.num_rows:
        return sorted(lacking) or [f"{left.num_rows} rows and {right.num_rows}"]
    return [name for name in left.column_names if not _same(left[name], right[name])]


def _same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(left.type):
        return bool(left.equals(right.cast(left.type)))
    numbers = left.to_numpy(), right.to_numpy()
    return bool(np.isclose(*numbers, rtol=1e-9, atol=1e-9, equal_nan=True).all())


def _rows(lake: Lake, name: str, day: date) -> pa.Table:
    return pq.read_table(lake.files_of(name, day), partitioning=None)


def n_events(lake: Lake, days: list[date]) -> int:
    """Events of ``days``."""
    files = [file for day in days for file in lake.files_of("events", day)]
    return sum(pq.read_metadata(file).num_rows for file in files)


def _scaled(timing: Timing, n_days: int, frame_days: int) -> Timing:
    if timing.name not in ("pandas", "Polars") or frame_days >= n_days:
        return timing
    times = n_days / frame_days
    return replace(
        timing,
        name=f"{timing.name}, three tables ({frame_days} of {n_days} days, scaled up)",
        runs_s=[seconds * times for seconds in timing.runs_s],
        processor_s=timing.processor_s * times,
    )


if __name__ == "__main__":
    main()
