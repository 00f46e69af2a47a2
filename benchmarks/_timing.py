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
    """Seconds of each run by the clock on the wall, and of the processor over the runs."""

    name: str
    runs_s: list[float]
    processor_s: float

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
    known = json.loads(out.read_text("utf-8")) if out.exists() else {}
    rows = [asdict(timing) | {"median_s": timing.median_s} for timing in timings]
    known[name] = {"machine": machine(), "facts": facts, "timings": rows}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(known, indent=2, sort_keys=True, default=str) + "\n", "utf-8")


def table(timings: list[Timing], against: str) -> str:
    """A Markdown table, with each ratio to the timing called ``against``."""
    base = next(timing.median_s for timing in timings if timing.name == against)
    lines = [
        f"| what | seconds (median of {len(timings[0].runs_s)}) | of the processor | ratio |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {each.name} | {each.median_s:.2f} | {each.processor_s:.2f} "
        f"| {each.median_s / base:.2f} |"
        for each in timings
    ]
    return "\n".join(lines) + "\n"


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None
