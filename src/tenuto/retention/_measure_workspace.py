"""A campaign of a workspace: who was in which group, and what became of them since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from tenuto import labels
from tenuto.engines import Engine
from tenuto.errors import CutoffError, SettingsError, WorkspaceError
from tenuto.record import read_json
from tenuto.settings import ChurnSettings
from tenuto.timeline import Timeline, listeners
from tenuto.workspace import Workspace

GROUPS_FILE = "groups.parquet"
_KEPT = (
    "group",
    "probability",
    "band",
    "action",
    "contacted",
    "value",
    "contact_cost",
    "offer_cost",
)


@dataclass(frozen=True)
class Followed:
    """Listeners of a campaign whose horizon has closed, one row each, with ``y`` (1 = left).

    features : what the models knew at the cutoff, rows as ``table``; None if it was not kept
    n_open : listeners whose outcome is not known yet
    """

    table: pd.DataFrame
    features: pd.DataFrame | None
    label: str
    horizon_days: int
    closed_on: date
    n_open: int


def campaign_names(workspace: Workspace) -> list[str]:
    """The campaigns that have groups, by name."""
    return sorted(file.parent.name for file in workspace.campaigns.glob(f"*/{GROUPS_FILE}"))


def follow(
    workspace: Workspace,
    engine: Engine,
    timeline: Timeline,
    campaign: str,
    as_of: date | None = None,
) -> Followed:
    """Join the groups of ``campaign`` with what came in the horizon after each one's cutoff.

    ``as_of`` : only windows closed by then count; by default all that the log closes.

    Raises
    ------
    WorkspaceError : if there is no such campaign
    CutoffError : if no window has closed yet, with the day on which the first does
    SettingsError : if the label runs on own clocks
    """
    groups = _groups(workspace, campaign)
    end = timeline.end if as_of is None else min(as_of, timeline.end)
    parts, features, closing, n_open = [], [], [], 0
    label, horizon = "", 0
    for cutoff, rows in groups.groupby("cutoff", sort=True):
        day = date.fromisoformat(str(cutoff)[:10])
        label, horizon = _asked(workspace, engine, timeline, day)
        closing.append(day + timedelta(days=horizon))
        if closing[-1] > end:
            n_open += len(rows)
            continue
        parts.append(_outcomes(engine, timeline, day, label, horizon, rows))
        features.append(_features(workspace, day, parts[-1]))
    if not parts:
        raise CutoffError(
            f"the {horizon} days of campaign '{campaign}' are not over: they close on "
            f"{min(closing)}",
            mend=f"measure again when the log reaches {min(closing) - timedelta(days=1)}",
        )
    table = pd.concat(parts, ignore_index=True)
    known = None if any(part is None for part in features) else pd.concat(features)
    closed_on = max(day for day in closing if day <= end)
    return Followed(
        table,
        None if known is None else known.reset_index(drop=True),
        label,
        horizon,
        closed_on,
        n_open,
    )


def _groups(workspace: Workspace, campaign: str) -> pd.DataFrame:
    """Those for whom contact was planned, held out or not; the others were in no draw."""
    file = workspace.campaigns / campaign / GROUPS_FILE
    if not file.is_file():
        there = ", ".join(campaign_names(workspace)) or "none"
        raise WorkspaceError(
            f"there is no campaign '{campaign}' in {workspace.root}. There are: {there}.",
            mend=f"tenuto run {workspace.root} makes a call list with groups",
        )
    groups = pd.read_parquet(file)
    if "is_planned" in groups:
        groups = groups[groups["is_planned"].astype(bool)]
    if groups.empty:
        raise WorkspaceError(
            f"campaign '{campaign}' has planned no contact",
            mend="look at the values and costs in [retention] of tenuto.toml",
        )
    return groups


def _asked(
    workspace: Workspace, engine: Engine, timeline: Timeline, cutoff: date
) -> tuple[str, int]:
    """The label and the horizon that the list of ``cutoff`` was made for."""
    file = workspace.run_folder(cutoff) / "churn" / "summary.json"
    summary = read_json(file) if file.exists() else {}
    settings: ChurnSettings = workspace.settings.churn
    label = summary.get("label") or settings.label
    if not label:
        label = labels.usual_label(timeline.past(engine, cutoff))
    if hasattr(labels.CATALOGUE.get(label), "BINS"):
        raise SettingsError(
            f"the label '{label}' runs on each user's own clock, a campaign on the calendar",
            mend='set churn.label to "inactivity" or "cancellation" for the campaign',
        )
    return label, int(summary.get("horizon_days") or settings.horizon_days)


def _outcomes(
    engine: Engine, timeline: Timeline, cutoff: date, label: str, horizon: int, rows: pd.DataFrame
) -> pd.DataFrame:
    """``rows`` with ``y``, by user; who is not in the log any more is left out."""
    people = listeners(timeline.past(engine, cutoff))
    future = timeline.future(engine, cutoff, horizon)
    found = labels.CATALOGUE.get(label).label(people, future).select("user_id", "label")
    y = engine.to_arrow(found).to_pandas().set_index("user_id")["label"]
    kept = rows[rows["user_id"].isin(y.index)].sort_values("user_id", ignore_index=True)
    table = kept[["user_id", *(name for name in _KEPT if name in kept)]]
    stratum = kept["stratum"].astype(str) if "stratum" in kept else ""
    return table.assign(
        # Strata of one cutoff stand together, so that thin ones join their neighbours in risk.
        stratum=f"{cutoff} " + stratum,
        y=kept["user_id"].map(y).astype("int64"),
    )


def _features(workspace: Workspace, cutoff: date, table: pd.DataFrame) -> pd.DataFrame | None:
    file = workspace.run_folder(cutoff) / "churn" / "features.parquet"
    if not file.exists():
        return None
    return (
        pd.read_parquet(file).set_index("user_id").reindex(table["user_id"]).reset_index(drop=True)
    )
