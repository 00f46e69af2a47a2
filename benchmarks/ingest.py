"""How fast raw logs come in, beside a bare parse of the same files, pandas and Polars.

    python benchmarks/ingest.py LOGS --threads 2

LOGS is a folder of Music Box logs, such as `tenuto simulate musicbox` makes. Everybody reads all
files, each time from the start and in a process of its own, by turns. Opponents only parse and
write: Tenuto also mends, sets aside with reasons, counts, and keeps titles apart from events. With
``--days`` only the first so many days are read.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

from _alone import in_turns
from _benchmark_page import PAGE, RESULTS, write_page
from _ingest_opponents import by_duckdb, by_pandas, by_polars
from _raw_logs import some_days
from _timing import table, write_timings

from tenuto.ingest import ingest
from tenuto.workspace import Workspace

FLOOR = "DuckDB, bare parse and write"


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("logs", type=Path)
    parser.add_argument("--days", type=int, default=0, help="the first so many; 0: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="limit of each of Tenuto's engines")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[], choices=["pandas", "Polars"])
    parser.add_argument("--scratch", type=Path, help="where Parquet goes; by default as usual")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tenuto-logs-", dir=asked.scratch) as folder:
        logs = some_days(asked.logs, asked.days, Path(folder))
        opponents = {FLOOR: by_duckdb, "pandas": by_pandas, "Polars": by_polars}
        works = {"Tenuto": partial(_by_tenuto, logs, asked.threads, asked.memory, asked.scratch)}
        works |= {
            name: partial(_into_nowhere, parse, logs, asked.threads, asked.scratch)
            for name, parse in opponents.items()
            if name not in asked.without
        }
        timings, found = in_turns(works, asked.repeats)
        n_bytes = sum(path.stat().st_size for path in logs.iterdir())
    facts = {
        "events": found["Tenuto"]["n_lines"],
        "kept": found["Tenuto"]["n_kept"],
        "files": found["Tenuto"]["n_files"],
        "days": found["Tenuto"]["n_days"],
        "packed_gb": round(n_bytes / 1e9, 3),
        "rows_of_opponents": {name: n for name, n in found.items() if name != "Tenuto"},
        "threads": asked.threads,
        "is_throughput": True,
        "against": [FLOOR],
    }
    write_timings(asked.out, "ingest", timings, facts)
    write_page(asked.out, asked.page)
    print(table(timings, FLOOR, n_events=facts["events"]))


def _by_tenuto(logs: Path, threads: int, memory: str, scratch: Path | None) -> dict[str, int]:
    """A new workspace, and everything that `tenuto ingest` does before the sums by day."""
    with tempfile.TemporaryDirectory(prefix="tenuto-ingest-", dir=scratch) as folder:
        workspace = Workspace.create(Path(folder) / "workspace", source="musicbox", logs=logs)
        workspace.settings.engine.threads = threads
        workspace.settings.engine.memory = memory
        summary = ingest(workspace)
    return {
        "n_lines": summary.n_lines,
        "n_kept": summary.n_kept,
        "n_files": summary.n_files,
        "n_days": len(summary.days),
    }


def _into_nowhere(parse, logs: Path, threads: int, scratch: Path | None) -> int:
    with tempfile.TemporaryDirectory(prefix="tenuto-opponent-", dir=scratch) as folder:
        return parse(logs, Path(folder), threads)


if __name__ == "__main__":
    main()
