"""The files that a run leaves, made by hand and small: what the report is drawn from."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.churn._results import label_in_words
from tenuto.workspace import Workspace

CUTOFF = date(2017, 4, 29)
FIRST_DAY = date(2017, 3, 30)
N_DAYS = 44
HOSTILE = '<script>alert("1")</script> & Söhne'

MODELS = {"boosting": 0.857, "forest": 0.861, "recency_rule": 0.844, "base_rate": 0.5}
POPULATIONS = {"all": (2684, 0.567), "active_14d": (1437, 0.215), "active_7d": (1181, 0.118)}
VERDICT = "boosting and recency alone cannot be told apart: AUC 0.857 [0.827, 0.887]."


def saved_workspace(folder: Path, *, n_days: int = N_DAYS, cutoff: date = CUTOFF) -> Workspace:
    """A workspace with the full results of one run at ``cutoff``."""
    workspace = Workspace.create(folder, source="musicbox", logs=folder.parent / "logs")
    run = workspace.run_folder(cutoff)
    for part in ("data", "churn", "recommend"):
        (run / part).mkdir(parents=True)
    (workspace.audit / "ledger").mkdir(parents=True)
    days = [FIRST_DAY + timedelta(days=since) for since in range(n_days)]
    _audit(workspace.audit, days)
    _data(run / "data", [day for day in days if day < cutoff])
    _churn(run / "churn", cutoff)
    _recommend(run / "recommend", cutoff)
    write(
        run / "run.json",
        {
            "inputs": {day.isoformat(): "0" * 64 for day in days},
            "settings": workspace.settings.model_dump(),
            "versions": {"python": "3.11.0", "tenuto": "0.1.0"},
            "code": "c0de" * 16,
        },
    )
    return workspace


def with_subscriptions(workspace: Workspace, cutoff: date = CUTOFF) -> None:
    """Add what only a log with plans and cancellations has, and foretell cancellations."""
    run = workspace.run_folder(cutoff)
    steps = {"seen": 200, "looked at a lesser plan": 90, "asked to cancel": 50, "cancelled": 40}
    pd.DataFrame({"step": steps.keys(), "n_users": steps.values()}).to_csv(
        run / "data" / "cancel_funnel.csv", index=False
    )
    pd.DataFrame(
        {
            "week": [FIRST_DAY, FIRST_DAY + timedelta(days=7)],
            "n_active_users": [150, 140],
            "n_upgrades": [12, 10],
            "n_downgrades": [3, 5],
            "n_cancelled_paid": [4, 6],
            "n_cancelled_free": [12, 18],
        }
    ).to_csv(run / "data" / "plan_changes.csv", index=False)
    rates = [
        ("free", None, 4000, 30, 7.5, 5.1, 10.7),
        ("paid", None, 6000, 10, 1.7, 0.8, 3.1),
        ("all", 0, 2000, 0, 0.0, 0.0, 1.8),
        ("all", 7, 8000, 40, 5.0, 3.6, 6.8),
        ("all", None, 10_000, 40, 4.0, 2.9, 5.4),
    ]
    columns = ["plan", "tenure_from", "user_days", "n_cancelled", "per_1000_days", "low", "high"]
    pd.DataFrame(rates, columns=columns).to_csv(
        run / "data" / "cancellation_rates.csv", index=False
    )
    outcomes = [("cancels", 15, 0.7, 0.6), ("upgrades", 30, 0.8, 0.7), ("stays", 55, 0.6, 0.45)]
    pd.DataFrame(
        {"outcome": outcome, "metric": metric, "value": value, "low": low, "high": value + 0.1}
        | {"base_rate": n / 100, "n_with": n, "n_rows": 100}
        for outcome, n, value, low in outcomes
        for metric in ("auc", "average_precision")
    ).to_csv(run / "churn" / "next_step.csv", index=False)
    foretelling(workspace, "cancellation", cutoff)


def foretelling(workspace: Workspace, label: str, cutoff: date = CUTOFF) -> None:
    """Turn the results into those of another label."""
    in_summary(workspace, cutoff, label=label, **label_in_words(label))


def in_summary(workspace: Workspace, cutoff: date = CUTOFF, **fields: Any) -> None:
    """Overwrite fields of the summary of churn."""
    file = workspace.run_folder(cutoff) / "churn" / "summary.json"
    write(file, json.loads(file.read_text("utf-8")) | fields)


def without_a_model(workspace: Workspace, cutoff: date = CUTOFF) -> None:
    """Turn the results into those of a log too short to train on."""
    folder = workspace.run_folder(cutoff) / "churn"
    for file in folder.iterdir():
        file.unlink()
    write(folder / "summary.json", {"skipped": "27 days of log are too few", "cutoff": str(cutoff)})


def with_one_outcome(workspace: Workspace, cutoff: date = CUTOFF) -> None:
    """Turn the results into those of a test in which everybody stayed."""
    folder = workspace.run_folder(cutoff) / "churn"
    metrics = pd.read_csv(folder / "metrics.csv")
    figures = ["value", "low", "high", "difference", "difference_low", "difference_high"]
    metrics[figures], metrics["base_rate"], metrics["verdict"] = float("nan"), 0.0, None
    metrics.to_csv(folder / "metrics.csv", index=False)
    pd.DataFrame().to_csv(folder / "curves.csv", index=False)
    for name, column in (("importances", "mean_drop"), ("features", "auc_alone")):
        edit(folder / f"{name}.csv", **{column: float("nan")})


def edit(file: Path, **columns: Any) -> None:
    """Overwrite columns of a saved table."""
    pd.read_csv(file).assign(**columns).to_csv(file, index=False)


def write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value), "utf-8")


def _audit(folder: Path, days: list[date]) -> None:
    rules = {"duplicate": 7, "skipped_at_once": 12, "zero_length": 0, "long_gone_rule": 1}
    counts: dict[str, Any] = {"read": 110, "kept": 100, "absorbed": 3, "set_aside": 7}
    counts["actions"] = {"play": {"kept": 90, "set_aside": 5}, "login": {"kept": 0, "set_aside": 2}}
    for day in days:
        write(folder / "ledger" / f"{day:%Y%m%d}_3_play.json", counts | {"rules": rules})
    write(folder / "ignored_files.json", {"notes.txt": "not a play, down or search log"})
    table = pd.DataFrame({"day": days, "part": "3", "kind": "play", "file": "f", "lines": 110.0})
    table = table.assign(expected_lines=110.0, state="ok", note=None)
    for since, state in enumerate(["missing", "truncated", "oversized", "copied"]):
        table.loc[table["day"] == date(2017, 4, 24) + timedelta(days=since), "state"] = state
    table.to_csv(folder / "completeness.csv", index=False)


def _data(folder: Path, days: list[date]) -> None:
    n = range(len(days))
    pd.DataFrame(
        {
            "day": days,
            "n_active_users": [600 - 10 * since for since in n],
            "n_events": [10_000 - 200 * since for since in n],
            "n_plays": [9_000 - 200 * since for since in n],
            "n_searches": 1_000,
            "n_finished": 100,
            "n_new_users": [2_500, *([5] * 9), *([0] * 90)][: len(days)],
        }
    ).to_csv(folder / "activity.csv", index=False)
    pd.DataFrame(
        {"from_events": [1.0, 10.0], "to_events": [10.0, 100.0], "n_users": [30, 70]}
    ).to_csv(folder / "events_per_user.csv", index=False)
    pd.DataFrame({"device": ["android"], "n_users": [2684], "n_events": [9]}).to_csv(
        folder / "devices.csv", index=False
    )
    shares = [0.8, 0.3, 0.09, None] if len(days) > 14 else []
    pd.DataFrame(
        {
            "idle_days": range(1, len(shares) + 1),
            "n_silent": 100,
            "n_returned": 1,
            "share_returned": shares,
        }
    ).to_csv(folder / "return_curve.csv", index=False)


def _churn(folder: Path, cutoff: date) -> None:
    pd.DataFrame(_metrics()).to_csv(folder / "metrics.csv", index=False)
    pd.DataFrame(_curves()).to_csv(folder / "curves.csv", index=False)
    pd.DataFrame(
        {
            "group": ["recency", "device"],
            "mean_drop": [0.1, 0.0],
            "low": [0.08, -0.01],
            "high": [0.12, 0.01],
            "n_columns": [7, 1],
        }
    ).to_csv(folder / "importances.csv", index=False)
    steps = [
        ("seen before the cutoff", 2692, None),
        ("all", 2684, 0.567),
        ("active_14d", 1437, 0.215),
    ]
    pd.DataFrame(steps, columns=["step", "n_users", "churn_rate"]).assign(cutoff=cutoff).to_csv(
        folder / "funnel.csv", index=False
    )
    pd.DataFrame(
        {
            "feature": ["days_since_last_event", "n_plays_30d"],
            "unit": ["days", "plays"],
            "description": ["Whole days since (K7).", "Plays in the last 30 days."],
            "share_null": [0.0, 0.25],
            "auc_alone": [0.846, 0.6],
            "is_used_forward": [True, False],
        }
    ).to_csv(folder / "features.csv", index=False)
    _call_list().to_parquet(folder / "churn_scores.parquet", index=False)
    write(
        folder / "summary.json",
        {
            "cutoff": str(cutoff),
            "test_cutoff": str(cutoff),
            "training_cutoffs": ["2017-04-15", "2017-04-14"],
            "calling_cutoffs": ["2017-04-15", "2017-04-14"],
            "model": "boosting",
            "n_listeners": 2684,
            "n_active_14d": 1437,
            "verdict": VERDICT,
            "skipped": None,
        },
    )


def _metrics() -> list[dict[str, Any]]:
    values = {"auc": None, "average_precision": 0.642, "log_loss": 0.364, "brier": 0.113}
    values |= {"lift_at_10": 3.5, "lift_cap_at_10": 4.65, "precision_at_10": 0.752}
    return [
        {
            "protocol": protocol,
            "population": population,
            "n_rows": n_rows,
            "model": model,
            "metric": metric,
            "base_rate": base_rate,
            "value": auc if value is None else value,
            "low": (auc if value is None else value) - 0.03,
            "high": (auc if value is None else value) + 0.03,
            "difference": None if model == "recency_rule" else auc - 0.844,
            "difference_low": None if model == "recency_rule" else auc - 0.854,
            "difference_high": None if model == "recency_rule" else auc - 0.834,
            "verdict": {"base_rate": "worse", "recency_rule": None}.get(model, "undecided"),
        }
        for protocol in ("forward", "snapshot")
        for population, (n_rows, base_rate) in POPULATIONS.items()
        for model, auc in MODELS.items()
        for metric, value in values.items()
    ]


def _curves() -> list[dict[str, Any]]:
    points = {
        "roc": ("false_positive_rate", "true_positive_rate"),
        "precision_recall": ("recall", "precision"),
        "gains": ("share_called", "share_found"),
        "reliability": ("predicted", "observed"),
    }
    more = {"perfect": 1.0, "low": 0.1, "high": 0.9, "n": 10}
    return [
        {"curve": curve, "population": "active_14d", "model": model, x: at, y: at**0.5} | more
        for curve, (x, y) in points.items()
        for model in MODELS
        for at in (0.0, 0.5, 1.0)
    ]


def _call_list() -> pd.DataFrame:
    n = 60
    return pd.DataFrame(
        {
            "rank": range(1, n + 1),
            # Every second listener has been silent too long to be kept.
            "rank_active_14d": pd.array(
                [None if place % 2 else place // 2 + 1 for place in range(n)], dtype="Int64"
            ),
            "user_id": [168_000_000 + place for place in range(n)],
            "first_day": FIRST_DAY,
            "days_since_last_event": 9,
            "probability": [0.99 - 0.01 * place for place in range(n)],
            "days_since_last_play": [None, *([9.0] * (n - 1))],
            "n_plays_14d": 12.0,
            "played_s_14d": 5400.0,
        }
    )


def _recommend(folder: Path, cutoff: date) -> None:
    pd.DataFrame(
        {
            "list": ["week", "week", "month"],
            "rank": [1, 2, 1],
            "item_id": [1, 2, 3],
            "title": [HOSTILE, None, "null"],
            "artist": ["NA", None, "Rimi"],
            "score": [3.0, 2.0, 1.0],
            "n_plays": 10,
            "n_listeners": 5,
            "n_downloads": 1,
        }
    ).to_csv(folder / "hot.csv", index=False)
    pd.DataFrame(
        [
            {
                "target": target,
                "recommender": name,
                "against": "popularity",
                "k": 20,
                "n_users": 1162,
                "metric": metric,
                "value": 0.1,
                "low": 0.09,
                "high": 0.11,
                "difference": None if name == "popularity" else -0.01,
                "difference_low": None if name == "popularity" else -0.02,
                "difference_high": None if name == "popularity" else 0.0,
                "verdict": None if name == "popularity" else "undecided",
            }
            for target in ("all", "repeat", "new")
            for name in ("popularity", "discover")
            for metric in ("ndcg", "recall", "hit_rate", "coverage")
        ]
    ).to_csv(folder / "metrics.csv", index=False)
    write(
        folder / "summary.json",
        {
            "cutoff": str(cutoff),
            "n_listeners": 2692,
            "n_rows": 96780,
            "model": "blend",
            "lists": ["keep", "discover", "mix"],
            "rungs": {"for_you": 2147, "popular_on_device": 545},
            "judged_at": str(cutoff),
        },
    )
