"""Raw logs to call list, recommendations and report: a whole service, step by step.

    python benchmarks/whole.py LOGS WORKSPACE --listeners 690000 --threads 2

Where there are no LOGS, a service of so many listeners is simulated first (690,000 that are asked
for make 600,000 that are seen, and 161.5 million lines), which is not part of the time.
WORKSPACE must not be there yet. Everything that `tenuto init` and `tenuto run` do is done in one
process of its own; its peak memory is that of everything that it starts, too.
"""

from __future__ import annotations

import argparse
import functools
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
from _alone import Begin, Step, alone, in_steps
from _benchmark_page import PAGE, RESULTS, write_page
from _timing import rows_table, write_rows

import tenuto.ingest
from tenuto import pipeline
from tenuto.workspace import SETTINGS_FILE

DAYS, SEED = 44, 0
INGEST, SUMS = "read raw logs", "sums by day"
#: What `pipeline.run` calls, one after the other: where it is found, and what it is in words.
STEPS: dict[str, tuple[Any, str]] = {
    "ingest": (tenuto.ingest, INGEST),
    "build_rollups": (pipeline, SUMS),
    "describe": (pipeline, "describe the log"),
    "churn": (pipeline, "churn: backtest, models, everybody's risk"),
    "recommend": (pipeline, "recommendations for everybody"),
    "understand": (pipeline, "cohorts, segments, lifecycle"),
    "retain": (pipeline, "call list, reasons, offers"),
    "monitor": (pipeline, "monitoring"),
    "mature": (pipeline, "matured predictions"),
    "report": (pipeline, "report"),
}


def main(arguments: list[str] | None = None) -> None:
    """Parse, simulate, run, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("logs", type=Path, help="simulated where it is not there")
    parser.add_argument("workspace", type=Path, help="is made")
    parser.add_argument("--listeners", type=int, default=690_000, help="where logs must be made")
    parser.add_argument("--days", type=int, default=DAYS, help="where logs must be made")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="limit of each engine, in tenuto.toml")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    if (asked.workspace / SETTINGS_FILE).exists():
        raise SystemExit(f"{asked.workspace} is there already: nothing would be left to do")
    if not asked.logs.exists():
        made = {"listeners": asked.listeners, "days": asked.days, "seed": SEED}
        alone(partial(pipeline.simulate, "musicbox", asked.logs, **made))
    work = partial(everything, asked.logs, asked.workspace, asked.threads, asked.memory)
    steps, found = in_steps(work)
    rows = rows_of(steps, found["n_events"])
    sizes = {
        f"{name}_gb": gigabytes(folder)
        for name, folder in {
            "logs": asked.logs,
            **{name: asked.workspace / name for name in ("lake", "rollups", "runs")},
        }.items()
    }
    facts = {**found, **sizes, "threads": asked.threads, "memory": asked.memory}
    facts |= {"minutes": rows[-1]["seconds"] / 60, "peak_gb": rows[-1]["peak GB"]}
    write_rows(asked.out, "whole", rows, facts)
    write_page(asked.out, asked.page)
    print(rows_table(rows))


def everything(logs: Path, folder: Path, threads: int, memory: str, begin: Begin) -> dict[str, Any]:
    """What `tenuto init` and `tenuto run` do."""
    for name, (module, words) in STEPS.items():
        setattr(module, name, _told(begin, words, getattr(module, name)))
    begin("init")
    workspace = limited(pipeline.init(folder, source="musicbox", logs=logs).root, threads, memory)
    done = pipeline.run(workspace)
    return {
        "n_events": done.ingest.n_lines,
        "n_kept": done.ingest.n_kept,
        "n_days": len(done.ingest.days),
        "n_listeners": done.churn.n_listeners,
        "n_lists": done.recommend.n_listeners,
        "cutoff": str(done.cutoff),
        "verdict": done.churn.verdict or done.churn.skipped,
    }


def limited(folder: Path, threads: int, memory: str) -> pipeline.Workspace:
    """The workspace in ``folder``, with these limits written into its settings."""
    file = folder / SETTINGS_FILE
    settings = tomllib.loads(file.read_text("utf-8"))
    settings["engine"] |= {"threads": threads, "memory": memory}
    file.write_text(tomli_w.dumps(settings), "utf-8")
    return pipeline.Workspace(folder)


def rows_of(steps: list[Step], n_events: int) -> list[dict[str, Any]]:
    """A row for each step, and one for all of them."""
    rows = [
        {
            "step": step.name,
            "seconds": step.seconds,
            "of the processor": step.processor_s,
            "peak GB": step.peak_gb,
            "million events/s": (
                n_events / step.seconds / 1e6 if step.name in (INGEST, SUMS) else None
            ),
        }
        for step in steps
    ]
    seconds = sum(step.seconds for step in steps)
    rows.append(
        {
            "step": "all",
            "seconds": seconds,
            "of the processor": sum(step.processor_s for step in steps),
            "peak GB": max(step.peak_gb for step in steps),
            "million events/s": n_events / seconds / 1e6,
        }
    )
    return rows


def gigabytes(folder: Path) -> float:
    """What the files in ``folder`` and below take."""
    sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return sum(sizes) / 1e9


def _told(begin: Begin, words: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def told(*positional: Any, **named: Any) -> Any:
        begin(words)
        return call(*positional, **named)

    return told


if __name__ == "__main__":
    main()
