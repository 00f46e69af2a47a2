"""docs/benchmarks.md and its chart, written from the JSON that the benchmarks leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from _benchmark_chart import drawn
from _benchmark_words import HEAD, PARTS
from _targets import targets_table
from _timing import Timing, rows_table, table

RESULTS, PAGE = Path("benchmarks/results.json"), Path("docs/benchmarks.md")


def write_page(results: Path, page: Path) -> None:
    """The page of all benchmarks in ``results``, and beside it the chart of their ratios."""
    known = json.loads(results.read_text("utf-8"))
    parts = [_part(name, known[name]) for name in PARTS if name in known]
    page.parent.mkdir(parents=True, exist_ok=True)
    chart = drawn(known)
    if chart is not None:
        chart.save(page.with_suffix(".svg"))
        parts.insert(0, f"![How many times as long everybody takes]({page.stem}.svg)\n")
    parts.insert(0, targets_table(known))
    page.write_text(HEAD + "\n".join(part for part in parts if part), "utf-8")


def _part(name: str, found: dict[str, Any]) -> str:
    heading, command, words = PARTS[name]
    machine, facts = found["machine"], found["facts"]
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
            words.format(**facts),
            "",
            rows_table(found["rows"]) if "rows" in found else _timings(found),
            where,
            "",
        ]
    )


def _timings(found: dict[str, Any]) -> str:
    facts = found["facts"]
    timings = [
        Timing(row["name"], row["runs_s"], row["processor_s"], row.get("peak_gb"))
        for row in found["timings"]
    ]
    against = facts.get("against", [timings[0].name])
    return table(
        timings, *against, n_events=facts["events"] if facts.get("is_throughput") else None
    )
