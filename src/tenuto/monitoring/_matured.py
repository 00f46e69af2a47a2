"""Predictions held against what came: each run on its own, as soon as its window has closed.

A prediction is kept as it was made; this reads the saved scores and never scores again. Cutoffs
stand side by side and are never pooled: they share listeners and days (churn.md §4.5).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.engines import Engine
from tenuto.errors import ContractError
from tenuto.evaluation.intervals import interval
from tenuto.monitoring._holdout import groups_digest, held_out
from tenuto.monitoring._outcomes import open_days, outcomes
from tenuto.monitoring._run import Run
from tenuto.record import digest_of, digest_of_file, read_json, write_aside, write_json
from tenuto.settings import ChurnSettings
from tenuto.timeline import POPULATIONS, Timeline
from tenuto.workspace import Workspace

FOLDER, TABLE = "matured", "matured.csv"
METRICS = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "calibration_slope",
    "calibration_intercept",
    "lift_at_10",
    "lift_cap_at_10",
)
EVERYBODY, HELD_OUT = "everybody", "hold-out"
COLUMNS = [
    "cutoff",
    "closed_on",
    "horizon_days",
    "label",
    "model",
    "model_digest",
    "who",
    "population",
    "n_rows",
    "n_unknown",
    "base_rate",
    "mean_prediction",
    "metric",
    "value",
    "low",
    "high",
]


@dataclass(frozen=True)
class MaturedSummary:
    """Which runs have been held against what came, and which still wait.

    matured : cutoffs with figures; matured_now : those of them done in this call
    waiting : cutoff -> the day on which its window will have closed
    """

    matured: tuple[str, ...]
    matured_now: tuple[str, ...]
    waiting: dict[str, str]
    table: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def mature(workspace: Workspace, engine: Engine, timeline: Timeline) -> MaturedSummary:
    """Hold every run whose window has closed by the end of the log against what came.

    Writes ``matured/CUTOFF.json`` and, of all of them, ``matured/matured.csv``. A run that was
    done from the same scores, log and campaigns is left alone.
    """
    folder, settings = workspace.root / FOLDER, workspace.settings
    done, now, waiting = [], [], {}
    for run in _runs(workspace):
        closed_on = _closed_on(run, settings.churn)
        if closed_on > timeline.end:
            waiting[str(run.cutoff)] = str(closed_on)
            continue
        file, digest = folder / f"{run.cutoff}.json", _digest(workspace, run, timeline, closed_on)
        if not file.exists() or read_json(file)["inputs"] != digest:
            alone = held_out(workspace.root, closed_on)
            rows = _figures(run, engine, timeline, settings.churn, alone, settings.random_state)
            write_json(file, {"inputs": digest, "figures": rows})
            now.append(str(run.cutoff))
        done.append(str(run.cutoff))
    table = folder / TABLE
    if done or table.exists():
        write_aside(table, lambda aside: _all(folder).to_csv(aside, index=False))
    return MaturedSummary(tuple(done), tuple(now), waiting, str(table))


def _runs(workspace: Workspace) -> list[Run]:
    folders = sorted((workspace.root / "runs").glob("*/churn/churn_scores.parquet"))
    runs = [Run(file.parent.parent) for file in folders]
    return [run for run in runs if run.has_models]


def _closed_on(run: Run, settings: ChurnSettings) -> date:
    days = open_days(run.summary.label, _horizon(run, settings), settings.bin_days)
    return run.cutoff + timedelta(days=days)


def _horizon(run: Run, settings: ChurnSettings) -> int:
    return run.summary.horizon_days or settings.horizon_days


def _digest(workspace: Workspace, run: Run, timeline: Timeline, closed_on: date) -> str:
    """All that the figures of one run depend on: later days of log are not among it."""
    days = {day: value for day, value in timeline.digests().items() if day < str(closed_on)}
    return digest_of(
        {
            "scores": digest_of_file(run.churn / "churn_scores.parquet"),
            "asked": [run.summary.label, _horizon(run, workspace.settings.churn), str(closed_on)],
            "days": days,
            "campaigns": groups_digest(workspace.root),
            "draws": [workspace.settings.churn.bootstrap_draws, workspace.settings.random_state],
        }
    )


def _figures(
    run: Run,
    engine: Engine,
    timeline: Timeline,
    settings: ChurnSettings,
    alone: set | None,
    random_state: int,
) -> list[dict[str, Any]]:
    """One record per population and metric of one run."""
    label, horizon_days = run.summary.label, _horizon(run, settings)
    came = outcomes(engine, timeline, run.cutoff, label, horizon_days, settings.bin_days)
    scores = run.rows("churn_scores")
    known = scores.merge(came, on="user_id", how="left", validate="one_to_one")
    if alone is not None:
        known = known[known["user_id"].isin(alone)]
    facts = {
        "cutoff": str(run.cutoff),
        "closed_on": str(_closed_on(run, settings)),
        "horizon_days": horizon_days,
        "label": label,
        "model": run.model,
        "model_digest": run.scores_digest,
        "who": EVERYBODY if alone is None else HELD_OUT,
    }
    rng = np.random.default_rng([random_state, 13])
    records = []
    for population in POPULATIONS:
        column = f"is_{population}"
        rows = known if column not in known else known[known[column].astype(bool)]
        records += _of_population(facts | {"population": population}, rows, rng, settings)
    return records


def _of_population(
    facts: dict[str, Any], rows: pd.DataFrame, rng: np.random.Generator, settings: ChurnSettings
) -> list[dict[str, Any]]:
    told = rows.dropna(subset=["y"]).sort_values("user_id", ignore_index=True)
    p, y = told["probability"].to_numpy(), told["y"].to_numpy()
    table = interval(y, p, told["user_id"], rng=rng, n_draws=settings.bootstrap_draws)
    facts = facts | {
        "n_rows": len(told),
        # A day of log may have been taken back: of who was there only then nothing is known.
        "n_unknown": len(rows) - len(told),
        "base_rate": float(y.mean()) if len(told) else None,
        "mean_prediction": float(p.mean()) if len(told) else None,
    }
    return [
        facts | {"metric": metric, **{name: table.at[metric, name] for name in table.columns}}
        for metric in METRICS
        if metric in table.index
    ]


def _all(folder: Path) -> pd.DataFrame:
    """The figures of all runs, by cutoff."""
    rows = []
    for file in sorted(folder.glob("*.json")):
        found = read_json(file)
        if "figures" not in found:
            raise ContractError(
                f"{file} holds no figures", mend=f"delete {folder} and mature again"
            )
        rows += found["figures"]
    return pd.DataFrame(rows, columns=COLUMNS)
