"""A study as files: CSV for people, Parquet for programs, models without pickle, and a summary."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto import labels
from tenuto.churn._judging import MIN_OF_EACH_CLASS
from tenuto.churn._study import Study
from tenuto.privacy import write_table
from tenuto.record import read_json, write_json
from tenuto.timeline import HEADLINE

SUMMARY_FILE = "summary.json"
#: Below so many of those whom the label is about, a draw between models proves nothing (K40).
FEW = 50
_TABLES = ("metrics", "curves", "importances", "funnel", "features", "guards", "next_step")


@dataclass(frozen=True)
class ChurnSummary:
    """The short of a study, or why there is none (``skipped``)."""

    cutoff: str
    test_cutoff: str | None = None
    training_cutoffs: tuple[str, ...] = ()
    calling_cutoffs: tuple[str, ...] = ()
    horizon_days: int | None = None
    label: str = ""
    #: What the label means, whom it is about and what they do, for those who write of it.
    label_words: str = "no event in the horizon"
    who: str = "leavers"
    verb: str = "leave"
    rate_words: str = "churn rate"
    #: First and last bin that the label looks at, on each user's own clock; else None.
    bins: tuple[int, int] | None = None
    #: Whether there are enough of those whom the label is about to rank models by them.
    is_ranked: bool = True
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
    write_table(found.call_list, folder / "churn_scores.csv")
    found.calibrations.to_csv(folder / "calibration.csv", index=False)
    write_json(folder / "calibrators.json", found.calibration.to_dict())
    if len(found.outlook):
        found.outlook.to_parquet(folder / "outlook.parquet", index=False)
    found.features_at.to_parquet(folder / "features.parquet", index=False)
    found.test_scores.to_parquet(folder / "test_scores.parquet", index=False)
    for name, fitted in found.models.items():
        fitted.save(folder / "models" / name)
    for fold, by_fold in enumerate(found.fold_models):
        by_fold.save(folder / "folds" / model / str(fold))
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
        label=found.label,
        **label_in_words(found.label),
        is_ranked=_is_ranked(metrics, model),
        model=model,
        n_listeners=len(found.call_list),
        n_active_14d=int(found.call_list["is_active_14d"].sum()),
        aucs=tuple(dict(row) for _, row in aucs[columns].iterrows()),
        verdict=verdict(metrics, model, found.label),
    )


def label_in_words(label: str) -> dict[str, Any]:
    """The fields of `ChurnSummary` that say what ``label`` means."""
    member = labels.CATALOGUE.get(label)
    return {
        "label_words": member.LABEL,
        "who": member.WHO,
        "verb": _verb(member.WHO),
        "rate_words": getattr(member, "RATE", "churn rate"),
        "bins": getattr(member, "BINS", None),
    }


def _verb(who: str) -> str:
    """What they do: those who cancel "cancel"; leavers, who do nothing, "leave"."""
    return who.removeprefix("those who ") if who.startswith("those who ") else "leave"


def _headline_aucs(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics[
        (metrics["protocol"] == "forward")
        & (metrics["population"] == HEADLINE)
        & (metrics["metric"] == "auc")
    ].set_index("model")


def _n_positive(row: Any) -> int:
    return round(row["n_rows"] * row["base_rate"])


def _is_ranked(metrics: pd.DataFrame, model: str) -> bool:
    row = _headline_aucs(metrics).loc[model]
    return not (str(row["verdict"]) == "undecided" and _n_positive(row) < FEW)


def verdict(metrics: pd.DataFrame, model: str, label: str = "inactivity") -> str:
    """One plain sentence: does the model beat the recency rule among listeners worth calling?"""
    rows = _headline_aucs(metrics)
    ours, member = rows.loc[model], labels.CATALOGUE.get(label)
    figures = f"AUC {ours['value']:.3f} [{ours['low']:.3f}, {ours['high']:.3f}]"
    where = f"Among the {ours['n_rows']:,} listeners active in the last 14 days"
    if pd.isna(ours["value"]):
        return f"{where} all have the same outcome: nothing can be ranked."
    if "recency_rule" not in rows.index or model == "recency_rule":
        return f"{where}, {model} has {figures}; there is no other rule to compare it with."
    if not _is_ranked(metrics, model):
        return _too_few(ours, model, _verb(member.WHO))
    rule = rows.loc["recency_rule", "value"]
    words = {
        "better": f"{where}, {model} ranks {member.WHO} better than the recency rule",
        "worse": f"The trivial rule wins. {where}, {model} ranks {member.WHO} worse than "
        "recency alone",
    }
    start = words.get(
        str(ours["verdict"]),
        f"The trivial rule is not beaten. {where}, {model} and recency alone cannot be told apart",
    )
    rate = f"{getattr(member, 'RATE', 'churn rate')} {ours['base_rate']:.1%}"
    return f"{start}: {figures} against {rule:.3f}, {rate}."


def _too_few(ours: pd.Series, model: str, verb: str) -> str:
    """That models cannot be ranked, with the intervals that prove it."""
    n, (first, *rest) = _n_positive(ours), verb.split()
    does = verb if n != 1 else " ".join([f"{first}s", *rest])
    said = (
        f"Not enough data to rank models. Of the {ours['n_rows']:,} listeners active in the last "
        f"14 days only {n} {does}: the AUC of {model}, {ours['value']:.3f} here, may lie anywhere "
        f"from {ours['low']:.3f} to {ours['high']:.3f}, and its lead over the recency rule from "
        f"{ours['difference_low']:+.3f} to {ours['difference_high']:+.3f}"
    )
    if n < MIN_OF_EACH_CLASS:
        said += f"; with fewer than {MIN_OF_EACH_CLASS} even these intervals are too narrow"
    return f"{said}."
