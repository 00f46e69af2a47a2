"""Timing: the median of some runs, and what they ran on."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from tenuto.record import versions

Result = TypeVar("Result")


@dataclass(frozen=True)
class Timing:
    """Seconds of each run by the clock on the wall, and of the processor over the runs.

    ``peak_gb`` is the most memory held in any run, None where it was not looked at.
    """

    name: str
    runs_s: list[float]
    processor_s: float
    peak_gb: float | None = None

    @property
    def median_s(self) -> float:
        return statistics.median(self.runs_s)


def timed(name: str, work: Callable[[], Result], repeats: int = 1) -> tuple[Timing, Result]:
    """``work`` done ``repeats`` times; the result of the last.

    The processor's seconds are those of this process (all its threads) per run: on a busy machine
    they say more than the clock. Those of another process (Spark's Java) are not in them.
    """
    runs: list[float] = []
    before = time.process_time()
    for _ in range(repeats):
        started = time.perf_counter()
        result = work()
        runs.append(time.perf_counter() - started)
    return Timing(name, runs, (time.process_time() - before) / repeats), result


def machine() -> dict[str, Any]:
    """What ran it, and how busy it was."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load_1_min": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "memory_gb": _memory_gb(),
        "versions": versions(),
    }


def write_timings(out: Path, name: str, timings: list[Timing], facts: dict[str, Any]) -> None:
    """Add one benchmark to the JSON file ``out``, in place of an earlier run of it."""
    rows = [asdict(timing) | {"median_s": timing.median_s} for timing in timings]
    _write(out, name, {"facts": facts, "timings": rows})


def write_rows(out: Path, name: str, rows: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    """`write_timings` for a table of its own kind; its columns are the keys of the first row."""
    _write(out, name, {"facts": facts, "rows": rows})


def rows_table(rows: list[dict[str, Any]]) -> str:
    """``rows`` in Markdown; what is None stays empty."""
    shown = [list(rows[0]), ["---"] * len(rows[0])]
    shown += [[_shown(row.get(column)) for column in rows[0]] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in shown)


def table(timings: list[Timing], *against: str, n_events: int | None = None) -> str:
    """A Markdown table, with each ratio to the timings named in ``against``.

    Memory is shown where it is known, and events a second where ``n_events`` are.
    """
    columns: dict[str, Callable[[Timing], str]] = {
        "what": lambda each: each.name,
        f"seconds (median of {len(timings[0].runs_s)})": lambda each: f"{each.median_s:.2f}",
        "of the processor": lambda each: f"{each.processor_s:.2f}",
    }
    if n_events is not None:
        columns["million events/s"] = lambda each: f"{n_events / each.median_s / 1e6:.2f}"
    if any(each.peak_gb is not None for each in timings):
        columns["peak GB"] = lambda each: "" if each.peak_gb is None else f"{each.peak_gb:.2f}"
    median_s = {timing.name: timing.median_s for timing in timings}
    for base in against:
        heading = "ratio" if len(against) == 1 else f"to {base}"
        columns[heading] = lambda each, base=base: f"{each.median_s / median_s[base]:.2f}"
    rows = [list(columns), ["---"] * len(columns)]
    rows += [[show(each) for show in columns.values()] for each in timings]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _write(out: Path, name: str, found: dict[str, Any]) -> None:
    known = json.loads(out.read_text("utf-8")) if out.exists() else {}
    known[name] = {"machine": machine(), **found}
    out.parent.mkdir(parents=True, exist_ok=True)
    # The order of a row's columns is that of its table.
    text = json.dumps(dict(sorted(known.items())), indent=2, default=str)
    out.write_text(text + "\n", "utf-8")


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.2f}"
        case int():
            return f"{value:,}"
    return str(value)


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None
