"""What was asked for before it was measured, and what came of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

HEAD = """## What was asked for

Written down before anything was measured.

"""
Results = dict[str, Any]


class Target(NamedTuple):
    """``measured`` reads the results of ``benchmark``, and should be within ``limit``."""

    words: str
    benchmark: str
    limit: float
    is_most: bool
    measured: Callable[[Results], float]


def _seconds(found: Results, name: str) -> float:
    for row in found["timings"]:
        if row["name"].startswith(name):
            return float(statistics.median(row["runs_s"]))
    raise KeyError(name)


def _ratio(over: str, under: str) -> Callable[[Results], float]:
    return lambda found: _seconds(found, over) / _seconds(found, under)


def _row(found: Results, key: str, name: str) -> dict[str, Any]:
    return next(row for row in found["rows"] if row[key] == name)


def _times_ours(name: str) -> Callable[[Results], float]:
    """How many times as long as Tenuto somebody takes from events to all cutoffs."""

    def times(found: Results) -> float:
        row = _row(found, "what", name)
        return float(row[f"times Tenuto, {found['facts']['cutoffs']} cutoffs"])

    return times


def _served(what: str, column: str = "answers/s") -> Callable[[Results], float]:
    return lambda of: next(row for row in of["rows"] if row["what"].startswith(what))[column]


TARGETS = (
    Target("whole service, minutes", "whole", 25, True, lambda of: of["facts"]["minutes"]),
    Target("whole service, peak GB", "whole", 8, True, lambda of: of["facts"]["peak_gb"]),
    Target(
        "ingest, million events a second",
        "ingest",
        0.8,
        False,
        lambda of: of["facts"]["events"] / _seconds(of, "Tenuto") / 1e6,
    ),
    Target("ingest, to a bare parse", "ingest", 1.6, True, _ratio("Tenuto", "DuckDB, bare")),
    Target("sums by day, to a bare scan", "rollups", 25, True, _ratio("Tenuto", "bare scan")),
    Target("sums by day, to SQL by hand", "rollups", 1.3, True, _ratio("Tenuto", "hand-written")),
    Target(
        "features at one more cutoff, seconds",
        "one_more_cutoff",
        5,
        True,
        lambda of: _seconds(of, "Tenuto, all features"),
    ),
    Target(
        "events to features, the seeds' way on Spark to Tenuto",
        "seeds_way",
        10,
        False,
        _times_ours("the seeds' way, Spark"),
    ),
    Target(
        "events to features, pandas over raw events to Tenuto",
        "seeds_way",
        5,
        False,
        _times_ours("the seeds' way, pandas"),
    ),
    Target(
        "events to features, Tenuto to SQL by hand",
        "seeds_way",
        1.5,
        True,
        lambda of: 1 / _times_ours("hand-written SQL")(of),
    ),
    Target(
        "time per event of ten times the events, to once",
        "ten_times",
        1.3,
        True,
        lambda of: of["facts"]["ratio"],
    ),
    Target(
        "peak GB with ten times the events", "ten_times", 8, True, lambda of: of["facts"]["peak_gb"]
    ),
    Target("lists a second from the snapshot", "serving", 1000, False, _served("lists from")),
    Target("their p99, ms", "serving", 20, True, _served("lists from", "p99, ms")),
    Target("lists a second with fold-in", "serving", 200, False, _served("lists with")),
    Target("their p99 with fold-in, ms", "serving", 50, True, _served("lists with", "p99, ms")),
    Target(
        "failures and lost words under mixed load",
        "serving",
        0,
        True,
        lambda of: _served("mixed", "failures")(of) + of["facts"]["words_lost"],
    ),
)
#: Why a target was missed, by its words; shown where it was.
WHY = {
    "ingest, million events a second": "Every record is checked, mended or set aside with its "
    "reason, repeats are looked for, and what songs are called is kept apart from events.",
    "ingest, to a bare parse": "The bare parse does none of that.",
    "events to features, pandas over raw events to Tenuto": "Tenuto builds all sums of a "
    "service first, pandas only what these columns need; the more cutoffs, the larger the ratio.",
    "features at one more cutoff, seconds": "A bare scan of the columns that they are made of "
    "takes about as long as was asked for.",
}


def targets_table(results: Results) -> str:
    """A Markdown table of all targets whose benchmark is in ``results``; "" if none is."""
    rows = list(_rows(results))
    if not rows:
        return ""
    lines = ["| what | asked | measured | kept |", "| --- | --- | --- | --- |", *rows]
    return HEAD + "\n".join(lines) + "\n"


def _rows(results: Results) -> Iterator[str]:
    for target in TARGETS:
        try:
            measured = target.measured(results[target.benchmark])
        except (KeyError, StopIteration):  # not run yet, or without that opponent
            continue
        is_kept = measured <= target.limit if target.is_most else measured >= target.limit
        kept = "yes" if is_kept else f"no. {WHY.get(target.words, '')}".strip()
        sign = "≤" if target.is_most else "≥"
        yield f"| {target.words} | {sign} {target.limit:g} | {measured:.2f} | {kept} |"
