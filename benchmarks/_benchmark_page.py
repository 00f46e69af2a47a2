"""docs/benchmarks.md, written from the JSON that the benchmarks leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from _timing import Timing, table

HEAD = """# Benchmarks

Written by the commands below, each beside its opponents in one run on one machine; look at the
ratios, which travel further than seconds. "Of the processor" are the seconds that this process
(not Spark's Java) kept a core busy: where they are far below the seconds of the clock, the machine
had other work.

"""
#: name -> heading, the command, what was done, in the words of its facts.
PARTS = {
    "features": (
        "## Features at many cutoffs",
        "python benchmarks/features.py WORKSPACE --copies 3 --cutoffs 14 --threads 2",
        "{listeners:,} listeners with {events:,} events, summed by day; features at {cutoffs} "
        'cutoffs, one after the other, {threads} thread(s). "The shared" are {shared_columns} '
        "columns that all opponents build, and whose figures are compared: window sums, recency, "
        "different songs.",
    ),
    "scoring": (
        "## Scores and reasons",
        "python benchmarks/scoring.py WORKSPACE",
        "{columns} columns; boosting of {trees} trees, one thread. Contributions are exact, and "
        "are what reasons are made of.",
    ),
}


def write_page(results: Path, page: Path) -> None:
    """The page of all benchmarks in ``results``."""
    known = json.loads(results.read_text("utf-8"))
    parts = [_part(name, known[name]) for name in PARTS if name in known]
    page.write_text(HEAD + "\n".join(parts), "utf-8")


def _part(name: str, found: dict[str, Any]) -> str:
    heading, command, words = PARTS[name]
    timings = [Timing(row["name"], row["runs_s"], row["processor_s"]) for row in found["timings"]]
    machine = found["machine"]
    where = (
        f"{machine['system']} on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB; load {machine['load_1_min']} when it ended; "
        f"Tenuto {machine['versions'].get('tenuto')}, "
        f"Python {machine['versions'].get('python')}."
    )
    return "\n".join(
        [
            heading,
            "",
            f"```console\n$ {command}\n```",
            "",
            words.format(**found["facts"]),
            "",
            table(timings, timings[0].name),
            where,
            "",
        ]
    )
