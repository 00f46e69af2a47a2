"""The earlier projects' figures in their place: AUC by protocol and population, on made-up data.

    python benchmarks/seed_figures.py WORKSPACE --out docs/seed-figures.md

WORKSPACE is one over invented Music Box logs, read in and summed; where there is none yet, it is
made: 20,000 listeners, 44 days, seed 1. Nothing in it is changed. The same workspace gives the same
page, to the byte.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
from _seed_page import PAGE, about_protocols

from tenuto import engines, pipeline
from tenuto.churn._dataset import CutoffData, at_cutoff
from tenuto.churn._examples import Examples
from tenuto.churn._findings import metrics
from tenuto.churn._protocols import forward, snapshot
from tenuto.engines import Engine
from tenuto.evaluation._ranked import plain_auc
from tenuto.evaluation.folds import legal_training_cutoffs
from tenuto.opened import timeline_of
from tenuto.simulation._oracle import oracle_scores
from tenuto.timeline import Timeline
from tenuto.workspace import SETTINGS_FILE, Workspace

CUTOFF, HORIZON_DAYS, HISTORY_DAYS = date(2017, 4, 29), 14, 14
SEED = 1
POPULATIONS = {"all": "everybody", "active_14d": "active 14 days", "active_7d": "active 7 days"}
#: Member of churn/ -> what it is, and its AUC as published by S0, S1 and S2 (churn.md §3.1).
PUBLISHED = {
    "logistic": ("logistic regression", "below .9", ".868", ".8866"),
    "forest": ("random forest", ".9036", ".9040", ".9062"),
    "boosting": ("boosted trees", "above .9", ".9037", ".9036"),
    "neural": ("neural network", "not told", ".8608", "not told"),
    "recency_rule": ("recency alone", "none", "none", "none"),
}


@dataclass(frozen=True)
class Found:
    """What was measured; ``n``, ``rate`` and ``truth`` (the oracle's AUC) are by population.

    ``aucs`` has a row per protocol, population and model, with intervals.
    """

    aucs: pd.DataFrame
    truth: dict[str, float]
    n: dict[str, int]
    rate: dict[str, float]
    cutoffs: list[date]
    n_made: int
    n_listeners: int
    share_silent: float


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/seed-figures.md"))
    parser.add_argument("--listeners", type=int, default=20_000, help="where it has to be made")
    parser.add_argument("--draws", type=int, default=500, help="of listeners, for intervals")
    asked = parser.parse_args(arguments)
    workspace = opened(asked.workspace, asked.listeners)
    with engines.CATALOGUE.get("duckdb").open(threads=1) as engine:
        found = measured(engine, timeline_of(workspace), workspace.logs / "truth", asked.draws)
    chart = asked.out.with_suffix(".svg")
    drawn(found).save(chart)
    asked.out.write_text(page(found, chart.name), "utf-8")
    print(f"{asked.out} and {chart.name} written")


def opened(folder: Path, n_listeners: int) -> Workspace:
    """The workspace in ``folder``, made with invented logs where there is none."""
    if (folder / SETTINGS_FILE).exists():
        return Workspace(folder)
    logs = folder.with_name(f"{folder.name}-logs")
    pipeline.simulate("musicbox", logs, listeners=n_listeners, days=44, seed=SEED)
    workspace = pipeline.init(folder, source="musicbox", logs=logs)
    pipeline.ingest(workspace)
    return workspace


def measured(engine: Engine, timeline: Timeline, truth: Path, n_draws: int) -> Found:
    """Both protocols at the seeds' own cutoff, and the oracle that knows how the log was made."""
    cutoffs = legal_training_cutoffs(
        CUTOFF, HORIZON_DAYS, timeline.first_day, HISTORY_DAYS, n=3, step_days=1
    )
    test = _load(engine, timeline, CUTOFF, HISTORY_DAYS)
    # The seeds looked back 30 days, which no legal training cutoff has seen yet.
    whole = _load(engine, timeline, CUTOFF, None)
    training = [_load(engine, timeline, cutoff, HISTORY_DAYS).examples for cutoff in cutoffs]
    honest = forward(
        Examples.concatenate(training),
        test.examples,
        list(PUBLISHED),
        horizon_days=HORIZON_DAYS,
        random_state=SEED,
    )
    flattering = snapshot(whole.examples, list(PUBLISHED), random_state=SEED)
    table = metrics(honest, flattering, test, whole, SEED, n_draws)
    rows = test.populations()
    y = test.examples.y
    return Found(
        aucs=table[table["metric"] == "auc"].set_index(["protocol", "population", "model"]),
        truth=_of_the_oracle(truth, test),
        n={name: int(mask.sum()) for name, mask in rows.items()},
        rate={name: float(y[mask].mean()) for name, mask in rows.items()},
        cutoffs=cutoffs,
        n_made=len(pd.read_parquet(truth / "listeners.parquet", columns=[])),
        n_listeners=len(test.examples),
        share_silent=float(1 - rows["active_14d"].mean()),
    )


def _load(engine: Engine, timeline: Timeline, cutoff: date, windows: int | None) -> CutoffData:
    return at_cutoff(
        engine,
        timeline,
        cutoff,
        label="inactivity",
        horizon_days=HORIZON_DAYS,
        max_window_days=windows,
    )


def _of_the_oracle(truth: Path, test: CutoffData) -> dict[str, float]:
    """AUC of the exact chances, for whoever sees the log and knows how it was made."""
    history = pd.read_parquet(truth / "user_days.parquet")
    scores = oracle_scores(truth, history, CUTOFF, HORIZON_DAYS, knows="population")
    # A few ids are cut short in the log: nobody in the truth.
    p = scores.reindex(test.examples.user_id).to_numpy()
    return {
        name: float(plain_auc(test.examples.y[rows], p[rows]))
        for name, mask in test.populations().items()
        for rows in [mask & ~np.isnan(p)]
    }


def drawn(found: Found) -> alt.LayerChart:
    """AUC by population and protocol, a line for each model."""
    steps = {
        ("snapshot", "all"): "1 seeds' way",
        ("forward", "all"): "2 forward, everybody",
        ("forward", "active_14d"): "3 active 14 days",
        ("forward", "active_7d"): "4 active 7 days",
    }
    rows = [
        {"step": step, "model": PUBLISHED[model][0], "AUC": found.aucs.loc[(*key, model), "value"]}
        for key, step in steps.items()
        for model in PUBLISHED
    ]
    lines = (
        alt.Chart(alt.Data(values=rows), width=560, height=260)
        .mark_line(point=True)
        .encode(
            x=alt.X("step:N", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("AUC:Q", scale=alt.Scale(zero=False)),
            color=alt.Color("model:N", title=None),
        )
    )
    published = alt.Chart(alt.Data(values=[{"AUC": 0.9062}])).mark_rule(strokeDash=[4, 4])
    return (lines + published.encode(y="AUC:Q")).configure(background="white")


def page(found: Found, chart: str) -> str:
    """The page, every figure in it from ``found``."""
    best = max(
        (name for name in PUBLISHED if name != "recency_rule"),
        key=lambda name: (_auc(found, "forward", "active_14d", name), name),
    )
    rule = _auc(found, "forward", "all", "recency_rule")
    flatter = _auc(found, "snapshot", "all", best) - _auc(found, "forward", "all", best)
    trees = [_auc(found, "snapshot", "all", name) for name in ("forest", "boosting")]
    return PAGE.replace("seed-figures.svg", chart).format(
        n_listeners=found.n_listeners,
        cutoff=CUTOFF,
        horizon=HORIZON_DAYS,
        seed=SEED,
        n_made=f"{found.n_made:,}",
        seeds=_seeds_table(found),
        fair=_fair_table(found),
        first=found.cutoffs[-1],
        last=found.cutoffs[0],
        apart=abs(trees[0] - trees[1]),
        silent=found.share_silent,
        rule_all=rule,
        gain_all=_auc(found, "forward", "all", best) - rule,
        best=PUBLISHED[best][0],
        best_14=_auc(found, "forward", "active_14d", best),
        best_7=_auc(found, "forward", "active_7d", best),
        rate_all=found.rate["all"],
        rate_14=found.rate["active_14d"],
        truth_14=found.truth["active_14d"],
        truth_7=found.truth["active_7d"],
        protocol=about_protocols(PUBLISHED[best][0], flatter),
    )


def _auc(found: Found, protocol: str, population: str, model: str) -> float:
    return float(found.aucs.loc[(protocol, population, model), "value"])


def _cell(found: Found, protocol: str, population: str, model: str) -> str:
    row = found.aucs.loc[(protocol, population, model)]
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _seeds_table(found: Found) -> str:
    rows = [
        [said, s0, s1, s2, _cell(found, "snapshot", "all", model)]
        for model, (said, s0, s1, s2) in PUBLISHED.items()
    ]
    return _table(["model", "S0", "S1", "S2", "here, the seeds' way"], rows)


def _fair_table(found: Found) -> str:
    head = [
        "model",
        "seeds' way, everybody",
        *(f"forward, {said}" for said in POPULATIONS.values()),
    ]
    rows = [
        [
            said,
            _cell(found, "snapshot", "all", model),
            *(_cell(found, "forward", population, model) for population in POPULATIONS),
        ]
        for model, (said, *_) in PUBLISHED.items()
    ]
    rows.append(["*knowing how the log was made*", "", *(f"{v:.3f}" for v in found.truth.values())])
    rows.append(["listeners", "", *(f"{n:,}" for n in found.n.values())])
    rows.append(["share that left", "", *(f"{rate:.3f}" for rate in found.rate.values())])
    return _table(head, rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
