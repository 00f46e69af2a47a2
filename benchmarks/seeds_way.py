"""From events to features: sums by day once, against group-bys over raw events every time.

    python benchmarks/seeds_way.py WORKSPACE --copies 3 --cutoffs 14 --threads 2

WORKSPACE has its Music Box logs read in; each of its listeners is there ``--copies`` times, under
other ids. Tenuto builds all its sums by day and then features at every cutoff, and so do, by hand,
SQL, pandas and Polars (these two only the three largest sums). Earlier projects made each feature
by a group-by over raw events (`_seeds_opponents.py`); that is timed at ``--seeds-cutoffs`` cutoffs
and scaled, as each costs the same. The figures of all are compared at the last cutoff.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _alone import Begin, Step, in_steps
from _benchmark_page import PAGE, RESULTS, write_page
from _feature_sql import of_sql
from _opponents import of_pandas, of_polars
from _rollup_frames import by_pandas, by_polars
from _rollup_sql import by_sql
from _seeds_opponents import SHARED, seeds_way_of_pandas, seeds_way_of_spark
from _timing import rows_table, write_rows
from features import FAMILIES, compare, multiplied, ours
from rollups import by_tenuto, n_events
from whole import limited

from tenuto import engines
from tenuto.events.lake import Lake
from tenuto.opened import timeline_of
from tenuto.workspace import SETTINGS_FILE, Workspace

ONCE, CUTOFFS = "once", "cutoffs"


@dataclass(frozen=True)
class Asked:
    """What every opponent is to do: ``cutoffs`` from the events in ``workspace``'s lake."""

    workspace: Path
    cutoffs: list[date]
    few_cutoffs: list[date]
    threads: int
    memory: str

    @property
    def lake(self) -> Lake:
        return Lake(self.workspace / "lake")

    @property
    def known_files(self) -> list[Path]:
        return self.lake.files("events", before=self.cutoffs[-1])

    def sums(self, name: str) -> Path:
        return self.workspace.parent / f"sums-{name}"


def main(arguments: list[str] | None = None) -> None:
    """Parse, copy, measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--copies", type=int, default=3, help="of each listener")
    parser.add_argument("--cutoffs", type=int, default=14)
    parser.add_argument("--seeds-cutoffs", type=int, default=1, help="timed of the seeds' way")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="limit of each of DuckDB's engines")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], help='such as "Spark"')
    parser.add_argument("--scratch", type=Path, help="where copies go; by default as usual")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tenuto-seeds-", dir=asked.scratch) as folder:
        task = prepared(asked, Path(folder) / "workspace")
        rows, listeners = measured(task, asked)
        facts = {
            "events": n_events(task.lake, task.lake.days("events")),
            "listeners": listeners,
            "cutoffs": len(task.cutoffs),
            "few_cutoffs": len(task.few_cutoffs),
            "columns": len(SHARED),
            "threads": asked.threads,
        }
    write_rows(asked.out, "seeds_way", rows, facts)
    write_page(asked.out, asked.page)
    print(rows_table(rows))


def prepared(asked: argparse.Namespace, folder: Path) -> Asked:
    """A workspace with each listener's events some times over."""
    original = Lake(asked.workspace / "lake")
    multiplied(original, asked.copies, folder / "lake")
    settings = (asked.workspace / SETTINGS_FILE).read_text("utf-8")
    (folder / SETTINGS_FILE).write_text(settings, "utf-8")
    limited(folder, asked.threads, asked.memory)
    end = original.days("events")[-1] + timedelta(days=1)
    cutoffs = [end - timedelta(days=days) for days in range(asked.cutoffs)][::-1]
    few = cutoffs[-asked.seeds_cutoffs :]
    return Asked(folder, cutoffs, few, asked.threads, asked.memory)


def measured(task: Asked, asked: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    """A row for every opponent, by turns; and how many listeners there are."""
    works: dict[str, Callable[..., pd.DataFrame]] = {
        "Tenuto": of_tenuto,
        "hand-written SQL": of_hand,
        "pandas, sums by day": of_frames,
        "Polars, sums by day": of_polar_frames,
        "the seeds' way, pandas": of_seeds_pandas,
        "the seeds' way, Spark": of_seeds_spark,
    }
    works = {n: of for n, of in works.items() if not any(word in n for word in asked.without)}
    runs: dict[str, list[list[Step]]] = {name: [] for name in works}
    told: dict[str, pd.DataFrame] = {}
    for turn in range(asked.repeats):
        for name in list(works)[:: 1 if turn % 2 == 0 else -1]:
            steps, told[name] = in_steps(partial(works[name], task))
            runs[name].append(steps)
            print(name, *(f"{step.name} {step.seconds:.2f} s" for step in steps), flush=True)
    for name, figures in told.items():
        compare(told["Tenuto"].drop(index=impossible(task)), figures, SHARED)
        print(f"{name}: the same figures", flush=True)
    return rows_of(runs, task), len(told["Tenuto"])


def impossible(task: Asked) -> pd.Index:
    """Listeners with a day of more seconds than there are: only Tenuto does not believe them."""
    files = Lake(task.workspace / "rollups").files("user_days")
    days = pq.read_table(files, columns=["user_id", "played_s"], partitioning=None)
    return pd.Index(pc.unique(days.filter(pc.field("played_s") > 86_400.0)["user_id"]).to_numpy())


def rows_of(runs: dict[str, list[list[Step]]], task: Asked) -> list[dict[str, Any]]:
    """Seconds that are spent once and at each cutoff, and how that compares with Tenuto."""
    once = {name: _median(of, ONCE) for name, of in runs.items()}
    each = {name: _median(of, CUTOFFS) / len(_cutoffs_of(name, task)) for name, of in runs.items()}
    many = len(task.cutoffs)
    ours_one, ours_many = (once["Tenuto"] + n * each["Tenuto"] for n in (1, many))
    return [
        {
            "what": name,
            "seconds once": once[name],
            "seconds a cutoff": each[name],
            "peak GB": max(step.peak_gb for steps in of for step in steps),
            "times Tenuto, 1 cutoff": (once[name] + each[name]) / ours_one,
            f"times Tenuto, {many} cutoffs": (once[name] + many * each[name]) / ours_many,
        }
        for name, of in runs.items()
    ]


def _median(runs: list[list[Step]], name: str) -> float:
    return median(sum(step.seconds for step in steps if step.name == name) for steps in runs)


def _cutoffs_of(name: str, task: Asked) -> list[date]:
    return task.few_cutoffs if "seeds" in name else task.cutoffs


# The opponents.


def of_tenuto(task: Asked, begin: Begin) -> pd.DataFrame:
    """All sums by day, and the families that hold what is shared."""
    begin(ONCE)
    by_tenuto(task.workspace, task.threads, task.memory)
    begin(CUTOFFS)
    timeline = timeline_of(Workspace(task.workspace))
    limits = {"threads": task.threads, "memory": task.memory}
    with engines.CATALOGUE.get("duckdb").open(**limits) as engine:
        return ours(engine, timeline, task.cutoffs, FAMILIES)[list(SHARED)]


def of_hand(task: Asked, begin: Begin) -> pd.DataFrame:
    """The same sums, and one query at each cutoff."""
    out = task.sums("sql")
    begin(ONCE)
    by_sql(task.lake, task.lake.days("events"), out, task.threads, task.memory)
    begin(CUTOFFS)
    return of_sql(Lake(out), task.cutoffs, task.threads, task.memory)[list(SHARED)]


def of_frames(task: Asked, begin: Begin) -> pd.DataFrame:
    """Three of the sums, and window after window."""
    out = task.sums("pandas")
    begin(ONCE)
    by_pandas(task.lake, task.lake.days("events"), out)
    begin(CUTOFFS)
    return of_pandas(Lake(out), task.cutoffs)[list(SHARED)]


def of_polar_frames(task: Asked, begin: Begin) -> pd.DataFrame:
    """Three of the sums, and one lazy query at each cutoff."""
    out = task.sums("polars")
    begin(ONCE)
    by_polars(task.lake, task.lake.days("events"), out, task.threads)
    begin(CUTOFFS)
    return of_polars(Lake(out), task.cutoffs)[list(SHARED)]


def of_seeds_pandas(task: Asked, begin: Begin) -> pd.DataFrame:
    """Group-bys over all events in memory."""
    begin(CUTOFFS)
    return seeds_way_of_pandas(task.known_files, task.few_cutoffs)


def of_seeds_spark(task: Asked, begin: Begin) -> pd.DataFrame:
    """Group-bys on Spark; its start is not counted."""
    return seeds_way_of_spark(task.known_files, task.few_cutoffs, task.threads, begin)


if __name__ == "__main__":
    main()
