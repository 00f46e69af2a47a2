"""What monitoring leaves of a run, made by hand and small: what its sections are drawn from."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

import saved_results
from saved_results import CUTOFF, POPULATIONS, write
from tenuto.workspace import Workspace

MODEL = "boosting"


def with_monitoring(workspace: Workspace, cutoff: date = CUTOFF) -> None:
    """Add what `tenuto.monitoring` writes to the results of a run, and of earlier ones."""
    folder = workspace.run_folder(cutoff) / "monitoring"
    (folder / "model_cards").mkdir(parents=True)
    pd.DataFrame(drift_rows()).to_csv(folder / "drift.csv", index=False)
    write(folder / "reference.json", {"cutoffs": ["2017-04-15"], "n_rows": 2900, "model": MODEL})
    with_alarms(workspace, cutoff)
    pd.DataFrame(slice_rows()).to_csv(folder / "slices.csv", index=False)
    _reliability().to_csv(folder / "reliability.csv", index=False)
    _calibration().to_csv(folder / "calibration.csv", index=False)
    write(folder / "model_cards" / f"{MODEL}.json", card())
    (workspace.root / "matured").mkdir()
    pd.DataFrame(matured_rows(cutoff)).to_csv(
        workspace.root / "matured" / "matured.csv", index=False
    )


def with_alarms(workspace: Workspace, cutoff: date = CUTOFF, *names: str) -> None:
    """Overwrite the alarms of a run."""
    alarms = [
        {"kind": "feature", "name": name, "measure": "PSI", "distance": 0.3, "distance_before": 0.3}
        for name in names
    ]
    file = workspace.run_folder(cutoff) / "monitoring" / "alarms.json"
    write(file, {"cutoff": str(cutoff), "run_before": None, "alarms": alarms})


def drift_rows(**changed: Any) -> list[dict[str, Any]]:
    """A score, a volume, and two features, one of which can only grow."""
    rows = [
        ("score", "score", "", "PSI", 0.02, 0.01, "steady", "", True),
        ("score", "mean score", "", "squared shift", 0.01, 0.01, "steady", "", True),
        ("volume", "n_events", "", "ratio", 0.9, None, "steady", "", True),
        ("feature", "days_since_first_event", "habit", "PSI", 9.0, 0.02, "alert", _GROWS, False),
        ("feature", "n_plays_7d", "activity", "PSI", 0.15, 0.02, "watch", "", True),
    ]
    columns = ["kind", "name", "family", "measure", "distance", "limit", "level", "by_design"]
    figures = {"then": 10.0, "now": 9.0, "share_null_then": 0.0, "share_null_now": None}
    return [
        dict(zip([*columns, "may_alarm"], row, strict=True)) | figures | changed for row in rows
    ]


_GROWS = "can only grow"


def slice_rows() -> list[dict[str, Any]]:
    """All, one slice that can be judged, and one that is too small for anything."""
    sure = {"base_rate": 0.2, "calibration_gap": 0.01, "recall_at_10": 0.3, "auc": 0.8}
    unsure = {"base_rate": 0.2, "calibration_gap": None, "recall_at_10": None, "auc": None}
    rows = [
        ("all", "all", 1437, sure, "as said"),
        ("device", "android", 1400, sure, "as said"),
        ("device", "iphone", 37, unsure, "too few"),
    ]
    return [
        {"slice": name, "value": value, "n": n, "n_left": n // 5, "mean_score": 0.21}
        | figures
        | {f"{figure}_{end}": at for figure, at in figures.items() for end in ("low", "high")}
        | {"verdict": verdict}
        for name, value, n, figures, verdict in rows
    ]


def matured_rows(cutoff: date, n_runs: int = 3) -> list[dict[str, Any]]:
    """Runs whose windows closed by ``cutoff``, and one whose window closed on the day after."""
    metrics = {"auc": 0.8, "log_loss": 0.4, "calibration_slope": 1.0, "lift_at_10": 3.0}
    rows = []
    for ago in range(-1, n_runs):
        closed_on = cutoff - timedelta(days=ago)
        for population, (n_rows, base_rate) in POPULATIONS.items():
            facts = {
                "cutoff": str(closed_on - timedelta(days=14)),
                "closed_on": str(closed_on),
                "horizon_days": 14,
                "label": "inactivity",
                "model": MODEL,
                "model_digest": "d1ce" * 16,
                "who": "everybody",
                "population": population,
                "n_rows": n_rows,
                "n_unknown": 0,
                "base_rate": base_rate,
                "mean_prediction": base_rate + 0.02,
            }
            rows += [
                facts | {"metric": name, "value": at, "low": at - 0.1, "high": at + 0.1}
                for name, at in metrics.items()
            ]
    return rows


def _reliability() -> pd.DataFrame:
    said = [0.1, 0.5, 0.9]
    parts = [
        pd.DataFrame({"n": 100, "predicted": said, "observed": [p * shrunk for p in said]}).assign(
            low=0.0, high=0.95, stage=stage, population="active_14d"
        )
        for stage, shrunk in (("before", 0.7), ("after", 1.0))
    ]
    return pd.concat(parts, ignore_index=True)


def _calibration() -> pd.DataFrame:
    metrics = {
        "ece": 0.02,
        "ece_of_truth": 0.02,
        "calibration_slope": 1.0,
        "calibration_intercept": 0.0,
        "log_loss": 0.36,
        "brier": 0.11,
        "brier_reliability": 0.001,
        "brier_resolution": 0.06,
        "brier_uncertainty": 0.17,
        "brier_within_bins": 0.0,
    }
    return pd.DataFrame(
        {"stage": stage, "population": "active_14d", "n_rows": 1437, "metric": metric}
        | {"value": at, "low": at - 0.1, "high": at + 0.1}
        for stage in ("before", "after")
        for metric, at in metrics.items()
    )


def card() -> dict[str, Any]:
    """The card of the model behind the call list."""
    return {
        "model": MODEL,
        "what": "Gradient-boosted trees.",
        "digest": "d1ce" * 16,
        "data": {
            "trained_at": ["2017-04-15", "2017-04-14"],
            "tested_at": "2017-04-29",
            "protocol": "out of time and out of user",
        },
        "features": {"used": ["n_plays_7d"], "left_out": ["n_plays_30d"]},
        "calibration": {"kind": "none", "learned_at": None, "tried": []},
        "guards": [{"guard": "truncation", "passed": True, "said": "60 listeners"}],
        "limits": ["It says what is likely to happen, not whom an offer would keep."],
    }


def monitored_workspace(folder: Path) -> Workspace:
    """A workspace with the results of one run, monitored."""
    workspace = saved_results.saved_workspace(folder)
    with_monitoring(workspace)
    return workspace
