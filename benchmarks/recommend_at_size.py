"""A whole service: from sums by day to saved lists for everybody, and how soon a new play counts.

    python benchmarks/recommend_at_size.py WORKSPACE --listeners 60000

WORKSPACE is made where there is none: invented Music Box logs of 44 days, read in and summed, which
is not timed. Lists are then made in a process of their own, whose memory is theirs alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _recommender_page import write_page
from _timing import machine
from als_speed import interactions_of_matrix, invented, peak_gb
from recommenders import PAGE, RESULTS

from tenuto import pipeline
from tenuto.events.lake import Lake
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.workspace import SETTINGS_FILE, Workspace

DAYS, SEED = 44, 1
#: Who learns in no time from a history that nobody has seen.
FOLDED_IN: dict[str, dict[str, Any]] = {
    "als": {"embedding_size": 64, "epochs": 2},
    "ials": {"embedding_size": 64, "epochs": 2},
    "item_knn": {},
    "replay": {},
    "next_item": {},
}
N_ANSWERS = 300


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--listeners", type=int, default=60_000, help="where it has to be made")
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--model", default="auto", help="that new songs are drawn from")
    parser.add_argument("--users", type=int, default=60_000, help="of the fold-in, invented")
    parser.add_argument("--items", type=int, default=50_000, help="of the fold-in, invented")
    parser.add_argument("--pairs", type=int, default=2_000_000, help="of the fold-in, invented")
    parser.add_argument("--only-make-lists", action="store_true", help="print seconds and memory")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    if asked.only_make_lists:
        print(json.dumps(made_here(asked.workspace, asked.k, asked.model)))
        return
    found = at_size(asked)
    known = json.loads(asked.out.read_text("utf-8")) if asked.out.exists() else {}
    known["at_size"] = found | {"machine": machine()}
    asked.out.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
    write_page(known, asked.page)
    print(f"{asked.out} and {asked.page} written")


def at_size(asked: argparse.Namespace) -> dict[str, Any]:
    """Lists for everybody, and answers to one listener with a new play."""
    workspace = opened(asked.workspace, asked.listeners)
    made = made_elsewhere(workspace, asked.k, asked.model)
    rows = [{"row": "rollups to saved lists", "seconds": made["seconds"], "GB": made["peak_gb"]}]
    rows += answers(asked)
    facts = {
        "n_listeners": made["n_listeners"],
        "n_plays": n_plays(workspace),
        "k": asked.k,
        "n_songs": asked.items,
    }
    return {"facts": facts, "rows": rows, "columns": ["seconds", "GB", "ms, median", "ms, p99"]}


# Lists for everybody.


def opened(folder: Path, n_listeners: int) -> Workspace:
    """The workspace in ``folder``, made with invented logs where there is none."""
    if not (folder / SETTINGS_FILE).exists():
        logs = folder.with_name(f"{folder.name}-logs")
        pipeline.simulate("musicbox", logs, listeners=n_listeners, days=DAYS, seed=SEED)
        pipeline.ingest(pipeline.init(folder, source="musicbox", logs=logs))
    return Workspace(folder)


def made_elsewhere(workspace: Workspace, k: int, model: str) -> dict[str, Any]:
    """`made_here` in a process of its own."""
    command = [sys.executable, __file__, str(workspace.root), "--only-make-lists"]
    command += ["--k", str(k), "--model", model]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(said.stdout.splitlines()[-1])


def made_here(folder: Path, k: int, model: str) -> dict[str, Any]:
    """Seconds and memory of everything between the rollups and the saved lists."""
    workspace = Workspace(folder)
    workspace.settings.recommend.k, workspace.settings.recommend.model = k, model
    # What was made before must not be found again.
    for old in (workspace.root / "runs").glob("*/recommend"):
        shutil.rmtree(old)
    began = time.perf_counter()
    summary = pipeline.recommend(workspace)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak_gb": peak_gb(), "n_listeners": summary.n_listeners}


def n_plays(workspace: Workspace) -> int:
    """All plays of all days."""
    files = Lake(workspace.rollups).files("user_days")
    return sum(
        pc.sum(pq.read_table(file, columns=["n_plays"], partitioning=None)["n_plays"]).as_py()
        for file in files
    )


# One listener.


def answers(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Milliseconds from a new play to the next answer, for every member that folds in."""
    known = interactions_of_matrix(invented(asked.users, asked.items, asked.pairs))
    rows = []
    for name, settings in FOLDED_IN.items():
        if name in CATALOGUE.names():
            model = CATALOGUE.get(name).Model(**settings).fit(known)
            took_ms = _answers_ms(model, asked.k)
            rows.append(
                {
                    "row": f"one new play, {name}",
                    "ms, median": float(np.median(took_ms)),
                    "ms, p99": float(np.quantile(took_ms, 0.99)),
                }
            )
    return rows


def _answers_ms(model: Recommender, k: int) -> list[float]:
    """Histories of listeners of the fit, each with one song more than the fit knew."""
    histories = model.histories_of(model.user_ids[:N_ANSWERS])
    rng = np.random.default_rng(0)
    took = []
    for row in range(len(histories)):
        own = histories.take([row])
        pairs = pd.DataFrame({"user_id": "ann", "item_id": own.item, "preference": own.preference})
        pairs = pairs.assign(last_played_age=own.last_played_age)
        drawn = rng.integers(0, own.n_items, 50)
        new = int(drawn[~np.isin(drawn, own.item)][0])
        one = {"user_id": "ann", "item_id": new, "preference": 1.0, "last_played_age": 0.01}
        pairs = pd.concat([pairs, pd.DataFrame([one])], ignore_index=True)
        began = time.perf_counter()
        model.recommend_new(pairs, k, exclude_heard=True)
        took.append(1000 * (time.perf_counter() - began))
    return took


if __name__ == "__main__":
    main()
