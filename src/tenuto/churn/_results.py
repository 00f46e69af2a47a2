"""A study as files: CSV for people, Parquet for programs, models without pickle, and a summary."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.churn._study import Study
from tenuto.record import read_json, write_json
from tenuto.timeline import HEADLINE

SUMMARY_FILE = "summary.json"
_TABLES = ("metrics", "curves", "importances", "funnel", "features")


@dataclass(frozen=True)
class ChurnSummary:
    """The short of a study, or why there is none (``skipped``)."""

    cutoff: str
    test_cutoff: str | None = None
    training_cutoffs: tuple[str, ...] = ()
    calling_cutoffs: tuple[str, ...] = ()
    horizon_days: int | None = None
    model: str | None = None
    n_listeners: int = 0
    n_active_14d: int = 0
    aucs: tuple[dict[str, Any], ...] = ()
    verdict: str = ""
    skipped: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, folder: Path) -> ChurnSummary:
        return cls(**read_json(folder / SUMMARY_FILE))


def write_study(found: Study, model: str, horizon_days: int, folder: Path) -> None:
    """Write everything a study found into ``folder``."""
    for name in _TABLES:
        getattr(found, name).to_csv(folder / f"{name}.csv", index=False)
    found.call_list.to_parquet(folder / "churn_scores.parquet", index=False)
    found.call_list.to_csv(folder / "churn_scores.csv", index=False)
    for name, fitted in found.models.items():
        fitted.save(folder / "models" / name)
    write_json(folder / SUMMARY_FILE, _summary(found, model, horizon_days).to_dict())


def write_skipped(cutoff: object, reason: str, folder: Path) -> None:
    """Write that there was no study, and why."""
    write_json(folder / SUMMARY_FILE, ChurnSummary(str(cutoff), skipped=reason).to_dict())


def _summary(found: Study, model: str, horizon_days: int) -> ChurnSummary:
    metrics = found.metrics
    aucs = metrics[metrics["metric"] == "auc"]
    columns = ["protocol", "population", "model", "value", "low", "high", "base_rate", "n_rows"]
    return ChurnSummary(
        cutoff=found.cutoff.isoformat(),
        test_cutoff=found.test_cutoff.isoformat(),
        training_cutoffs=tuple(day.isoformat() for day in found.training_cutoffs),
        calling_cutoffs=tuple(day.isoformat() for day in found.calling_cutoffs),
        horizon_days=horizon_days,
        model=model,
        n_listeners=len(found.call_list),
        n_active_14d=int(found.call_list["is_active_14d"].sum()),
        aucs=tuple(dict(row) for _, row in aucs[columns].iterrows()),
        verdict=verdict(metrics, model),
    )


def verdict(metrics: pd.DataFrame, model: str) -> str:
    """One plain sentence: does the model beat the recency rule among listeners worth calling?"""
    rows = metrics[
        (metrics["protocol"] == "forward")
        & (metrics["population"] == HEADLINE)
        & (metrics["metric"] == "auc")
    ].set_index("model")
    ours = rows.loc[model]
    figures = f"AUC {ours['value']:.3f} [{ours['low']:.3f}, {ours['high']:.3f}]"
    where = f"Among the {ours['n_rows']:,} listeners active in the last 14 days"
    if pd.isna(ours["value"]):
        return f"{where} all have the same outcome: nothing can be ranked."
    if "recency_rule" not in rows.index or model == "recency_rule":
        return f"{where}, {model} has {figures}; there is no other rule to compare it with."
    rule = rows.loc["recency_rule", "value"]
    words = {
        "better": f"{where}, {model} ranks leavers better than the recency rule",
        "worse": f"The trivial rule wins. {where}, {model} ranks leavers worse than recency alone",
    }
    start = words.get(
        str(ours["verdict"]),
        f"The trivial rule is not beaten. {where}, {model} and recency alone cannot be told apart",
    )
    return f"{start}: {figures} against {rule:.3f}, churn rate {ours['base_rate']:.1%}."
