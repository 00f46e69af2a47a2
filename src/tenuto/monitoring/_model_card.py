"""A card per model: what it is, what it was made of, how good it is and where it is not.

From saved files alone: a card can be written again years later. After Mitchell et al., "Model
cards for model reporting", FAT* 2019.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.catalogue import Catalogue
from tenuto.monitoring._run import Run
from tenuto.record import read_json
from tenuto.saved import MANIFEST
from tenuto.settings import Settings
from tenuto.timeline import HEADLINE

_MODELS = Catalogue("tenuto.churn")
_METRICS = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "calibration_slope",
    "lift_at_10",
    "lift_cap_at_10",
)
_LIMITS = (
    "It says what is likely to happen, not whom an offer would keep.",
    "Its figures are of one cutoff; `matured` shows how they hold on later ones.",
    "It was trained on listeners of this service alone and says nothing about another.",
    "Robots were left out by rule; some may have stayed in.",
)


def cards(run: Run, settings: Settings, slices: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Model -> card, of every model whose scores were judged and that was kept."""
    metrics = run.table("metrics")
    if metrics.empty:
        return {}
    names = sorted(set(metrics["model"]))
    return {
        name: _card(name, run, settings, metrics, slices)
        for name in names
        if (run.churn / "models" / name / MANIFEST).exists()
    }


def _card(
    name: str, run: Run, settings: Settings, metrics: pd.DataFrame, slices: pd.DataFrame
) -> dict[str, Any]:
    manifest = read_json(run.churn / "models" / name / MANIFEST)
    is_called = name == run.model
    return {
        "model": name,
        "what": _MODELS.describe(name) if name in _MODELS.names() else "",
        "digest": run.model_digest(name),
        "scores_digest": run.scores_digest if is_called else None,
        "settings": manifest.get("settings", {}),
        "sampling": manifest.get("sampling", {}),
        "versions": manifest.get("versions", {}),
        "is_behind_the_call_list": is_called,
        "foretells": _foretells(run, settings),
        "data": _data(run, settings),
        "figures": _figures(name, metrics),
        "features": _features(run, manifest),
        "leans_on": _leans_on(run) if is_called else [],
        "calibration": _calibration(run) if is_called else {},
        "guards": _records(run.table("guards")),
        "slices": _records(slices) if is_called else [],
        "limits": [*_LIMITS, *_limits(run)],
    }


def _foretells(run: Run, settings: Settings) -> dict[str, Any]:
    summary = run.summary
    return {
        "label": summary.label,
        "in_words": summary.label_words,
        "horizon_days": summary.horizon_days,
        "bins": summary.bins,
        "bin_days": settings.churn.bin_days if summary.bins else None,
        "population": HEADLINE,
    }


def _data(run: Run, settings: Settings) -> dict[str, Any]:
    summary = run.summary
    return {
        "source": settings.source.name,
        "cutoff": summary.cutoff,
        "trained_at": list(summary.calling_cutoffs),
        "tested_at": summary.test_cutoff,
        "trained_for_the_test_at": list(summary.training_cutoffs),
        "protocol": "out of time and out of user",
        "folds": settings.churn.folds,
        "window_days": settings.churn.min_history_days,
        "listeners": _records(run.table("funnel")),
    }


def _figures(name: str, metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """Figures of the honest protocol by population, each with its interval and base rate."""
    rows = metrics[
        (metrics["protocol"] == "forward")
        & (metrics["model"] == name)
        & metrics["metric"].isin(_METRICS)
    ]
    columns = ["population", "metric", "value", "low", "high", "base_rate", "n_rows", "verdict"]
    return _records(rows[[column for column in columns if column in rows]])


def _features(run: Run, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the model was given, and what was known and left out."""
    card = run.table("features")
    used = [str(column) for column in manifest.get("columns", [])]
    known = [] if card.empty else [str(name) for name in card["feature"]]
    return {"used": used, "left_out": sorted(set(known) - set(used))}


def _leans_on(run: Run) -> list[dict[str, Any]]:
    table = run.table("importances")
    columns = [name for name in ("group", "mean_drop", "low", "high") if name in table]
    return _records(table[columns]) if len(columns) == 4 else []


def _calibration(run: Run) -> dict[str, Any]:
    file = run.churn / "calibrators.json"
    chosen = read_json(file) if file.exists() else {}
    return {
        "kind": chosen.get("kind"),
        "learned_at": chosen.get("learned_at"),
        "tried": _records(run.table("calibration")),
    }


def _limits(run: Run) -> list[str]:
    said = []
    if not run.summary.is_ranked:
        said.append(f"Too few are known to {run.summary.verb} to say that it ranks at all.")
    if run.summary.bins and run.summary.bins[0] < 1:
        said.append("Its label reaches into the days that it sees: it partly detects (K45).")
    return said


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; what is not known is None."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]
