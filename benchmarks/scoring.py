"""How long it takes to score 300,000 listeners, and to say why of 20,000.

    python benchmarks/scoring.py WORKSPACE --listeners 300000 --explained 20000

The booster is trained on WORKSPACE, as in a study; its listeners stand in line again and again
until there are enough. With ``--run FOLDER`` (``runs/CUTOFF/churn``) the reasons of a real run are
put in words, too, for as many of its listeners as there are.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from _benchmark_page import PAGE, RESULTS, write_page
from _timing import Timing, table, timed, write_timings

from tenuto import engines
from tenuto.churn._dataset import at_cutoff
from tenuto.churn._protocols import fit
from tenuto.opened import timeline_of
from tenuto.reasons._explain import tell
from tenuto.workspace import Workspace

HORIZON_DAYS, HISTORY_DAYS = 14, 14


def main(arguments: list[str] | None = None) -> None:
    """Parse, train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--listeners", type=int, default=300_000)
    parser.add_argument("--explained", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--run", type=Path, help="runs/CUTOFF/churn, for reasons in words")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    model, X = trained(Workspace(asked.workspace))
    many = X.iloc[np.arange(asked.listeners) % len(X)]
    few = many.iloc[: asked.explained]
    scored, _ = timed(f"score {len(many):,} listeners", lambda: model.predict(many), asked.repeats)
    why, _ = timed(
        f"contributions for {len(few):,}", lambda: model.contributions(few), asked.repeats
    )
    timings = [scored, why]
    if asked.run is not None:
        timings.append(in_words(asked.run, asked.explained))
    facts = {"columns": X.shape[1], "trees": _trees(model)}
    write_timings(asked.out, "scoring", timings, facts)
    write_page(asked.out, asked.page)
    print(table(timings, scored.name))


def trained(workspace: Workspace):
    """A booster, and the features that it was trained on."""
    timeline = timeline_of(workspace)
    cutoff = timeline.end - timedelta(days=HORIZON_DAYS)
    with engines.CATALOGUE.get("duckdb").open(threads=1) as engine:
        data = at_cutoff(
            engine,
            timeline,
            cutoff,
            label="inactivity",
            horizon_days=HORIZON_DAYS,
            max_window_days=HISTORY_DAYS,
        )
    model = fit("boosting", data.examples, random_state=0)
    return model, data.examples.X


def in_words(churn_folder: Path, n: int) -> Timing:
    """Reasons of the listeners of a run, in words."""
    ids = pd.read_parquet(churn_folder / "features.parquet", columns=["user_id"])["user_id"][:n]
    timing, _ = timed(f"reasons in words for {len(ids):,}", lambda: tell(churn_folder, list(ids)))
    return timing


def _trees(model) -> int:
    return int(model.booster.num_trees())


if __name__ == "__main__":
    main()
