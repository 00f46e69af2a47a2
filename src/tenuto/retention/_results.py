"""The plan of a campaign as files: the list, the memory of the groups, the profit, a summary.

call_list.parquet, call_list.csv   see ``_call_list.py``
profit.csv                         curves at the test, see ``_profit.py``
reasons/                           reasons in words, unless the run keeps them beside
summary.json                       `RetentionSummary`
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.actions._choice import prices
from tenuto.errors import WorkspaceError
from tenuto.labels import is_good_news
from tenuto.privacy import write_csv
from tenuto.record import read_json, write_json
from tenuto.retention._call_list import make_call_list
from tenuto.retention._groups import HOLDOUT, TREAT, remember, remembered
from tenuto.retention._profit import profit_at_the_test
from tenuto.retention._size import detectable_effect
from tenuto.settings import RetentionSettings, Settings

SUMMARY_FILE = "summary.json"
_ASSUMED = ("value", "contact_cost", "business_model", "stage", "capacity", "holdout_share")


@dataclass(frozen=True)
class RetentionSummary:
    """The short of a plan, or why there is none (``skipped``).

    actions : action -> number of listeners on the list
    prices : action -> what it costs and keeps, as assumed
    assumed : the other settings that the plan rests on
    value_at_risk : the value of the active, each times the probability of leaving
    expected_value : what contacting the contacted is expected to bring
    base_rate : mean probability among the planned
    detectable : the smallest relative effect that the planned groups can show; None where none
    profit : figures of the rankings at the test, see `profit_at_the_test`
    """

    cutoff: str
    campaign: str = ""
    n_listed: int = 0
    n_active: int = 0
    n_planned: int = 0
    n_contacted: int = 0
    n_held_out: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    prices: dict[str, dict[str, Any]] = field(default_factory=dict)
    assumed: dict[str, Any] = field(default_factory=dict)
    value_at_risk: float = 0.0
    expected_value: float = 0.0
    base_rate: float | None = None
    detectable: float | None = None
    test_cutoff: str | None = None
    profit: tuple[dict[str, Any], ...] = ()
    skipped: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, folder: Path) -> RetentionSummary:
        return cls(**read_json(folder / SUMMARY_FILE))


def write_retention(
    run_folder: Path,
    campaigns: Path,
    settings: Settings,
    folder: Path,
    items: pd.DataFrame | None = None,
) -> None:
    """Plan the campaign of the settings for a run, from its saved results.

    Parameters
    ----------
    run_folder : ``runs/CUTOFF`` with ``churn`` and ``recommend``
    campaigns : the folder in which campaigns keep their groups
    folder : where to write
    items : ``item_id``, ``title``, ``artist``: names for songs that a listener knows

    Raises
    ------
    SettingsError : if a rule or an offer cannot be used
    """
    wanted, churn = settings.retention, read_json(run_folder / "churn" / "summary.json")
    offered = prices(wanted)
    reason = churn.get("skipped") or _wrong_label(str(churn["label"]))
    if reason:
        skipped = RetentionSummary(run_folder.name, wanted.campaign, skipped=reason)
        return write_json(folder / SUMMARY_FILE, skipped.to_dict())
    memory = remembered(campaigns, wanted.campaign)
    listed = make_call_list(run_folder, folder, memory, wanted, items)
    listed.to_parquet(folder / "call_list.parquet", index=False)
    write_csv(listed, folder / "call_list.csv")
    curves, figures = profit_at_the_test(
        pd.read_parquet(run_folder / "churn" / "test_scores.parquet"),
        str(churn["model"]),
        wanted,
        settings.random_state,
    )
    curves.to_csv(folder / "profit.csv", index=False)
    # Last: a listener has a group once the list that says so is there.
    remember(campaigns, wanted.campaign, memory, listed, run_folder.name)
    summary = _summary(listed, wanted) | {
        "prices": {price.name: asdict(price) for price in offered},
        "assumed": {name: getattr(wanted, name) for name in _ASSUMED},
        "test_cutoff": churn["test_cutoff"],
        "profit": tuple(figures),
    }
    write_json(folder / SUMMARY_FILE, RetentionSummary(run_folder.name, **summary).to_dict())
    return None


def scored_by(run_folder: Path) -> list[str]:
    """What the results that a plan reads were made from: another one of them, another plan.

    Raises
    ------
    WorkspaceError : if a listener has no score or no songs yet
    """
    steps = [run_folder / part / "step.json" for part in ("churn", "recommend")]
    if not all(step.exists() for step in steps):
        raise WorkspaceError(
            f"{run_folder} has no scores or no songs yet",
            mend=f"tenuto run {run_folder.parents[1]} --cutoff {run_folder.name}",
        )
    return [str(read_json(step)["inputs"]) for step in steps]


def _wrong_label(label: str) -> str:
    if not is_good_news(label):
        return ""
    return f"the label '{label}' tells of something good, from which nobody has to be kept"


def _summary(listed: pd.DataFrame, settings: RetentionSettings) -> dict[str, Any]:
    planned = listed[listed["is_planned"]]
    held_out = planned[planned["group"] == HOLDOUT]
    treated = planned[planned["group"] == TREAT]
    active = listed[listed["is_active_14d"]]
    base = float(planned["probability"].mean()) if len(planned) else None
    effect = detectable_effect(base or 0.0, len(held_out), len(treated))
    return {
        "campaign": settings.campaign,
        "n_listed": len(listed),
        "n_active": len(active),
        "n_planned": len(planned),
        "n_contacted": len(treated),
        "n_held_out": len(held_out),
        "actions": {str(name): int(n) for name, n in listed["action"].value_counts().items()},
        "value_at_risk": float((active["probability"] * active["value"]).sum()),
        "expected_value": float(treated["expected_value"].sum()),
        "base_rate": base,
        "detectable": None if pd.isna(effect) else effect,
    }
