"""How long the features of a whole service take at one more cutoff, as a run builds them.

    python benchmarks/one_more_cutoff.py WORKSPACE --threads 2

WORKSPACE has been read in and summed. Everybody's features are built from the sums by day as a
churn study does: part by part, side by side, one engine a thread. Beside it, a bare scan of the
columns that are read. Each in a process of its own, by turns.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from _alone import in_turns
from _benchmark_page import PAGE, RESULTS, write_page
from _timing import table, write_timings
from features import scanned

from tenuto import engines, labels
from tenuto.churn._loader import Loader
from tenuto.opened import timeline_of
from tenuto.workspace import Workspace

OURS, SCAN = "Tenuto, all features at one more cutoff", "bare scan of the columns"


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="limit of each engine")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    limits = {"threads": asked.threads, "memory": asked.memory}
    works = {name: partial(work, asked.workspace, limits) for name, work in WORKS.items()}
    timings, found = in_turns(works, asked.repeats)
    listeners, columns = found[OURS]
    facts = {"listeners": listeners, "columns": columns, **limits}
    write_timings(asked.out, "one_more_cutoff", timings, facts | {"against": [SCAN]})
    write_page(asked.out, asked.page)
    print(table(timings, SCAN))


def built(folder: Path, limits: dict[str, Any]) -> tuple[int, int]:
    """Everybody's features the day after the log; how many listeners and columns there are."""
    workspace = Workspace(folder)
    timeline, settings = timeline_of(workspace), workspace.settings.engine.model_copy(update=limits)
    with engines.open_engine(settings, workspace.scratch) as engine:
        label = labels.usual_label(timeline.past(engine, timeline.end))
        loader = Loader(engine, timeline, workspace.settings.churn, label, settings.n_threads())
        X = loader.load(timeline.end, is_labelled=False, all_windows=True).examples.X
    return X.shape


def bare(folder: Path, limits: dict[str, Any]) -> None:
    """Every column that features read, once."""
    workspace = Workspace(folder)
    timeline, settings = timeline_of(workspace), workspace.settings.engine.model_copy(update=limits)
    with engines.open_engine(settings, workspace.scratch) as engine:
        scanned(engine, timeline, [timeline.end])


WORKS = {OURS: built, SCAN: bare}

if __name__ == "__main__":
    main()
