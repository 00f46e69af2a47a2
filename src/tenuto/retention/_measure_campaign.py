"""The two ways to measure: a campaign of a workspace, and a table from elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tenuto.engines import Engine
from tenuto.retention._measure import measure
from tenuto.retention._measure_results import MEASURED, About, MeasureSummary, write_measured
from tenuto.retention._measure_table import CampaignTable, read_campaign
from tenuto.retention._measure_workspace import follow
from tenuto.timeline import Timeline
from tenuto.workspace import Workspace


def measure_workspace(
    workspace: Workspace,
    engine: Engine,
    timeline: Timeline,
    campaign: str | None = None,
    as_of: date | None = None,
) -> MeasureSummary:
    """Measure ``campaign`` (by default that of tenuto.toml) and keep what was found beside it.

    Raises
    ------
    WorkspaceError : if there is no such campaign
    CutoffError : if its days are not over, with the day on which they will be
    NotEnoughData : if a group has fewer than 30 listeners
    """
    name = campaign or workspace.settings.retention.campaign
    followed = follow(workspace, engine, timeline, name, as_of)
    found = measure(followed.table, followed.features, random_state=workspace.settings.random_state)
    about = About(
        campaign=name,
        span=f"within {followed.horizon_days} days",
        label=followed.label,
        closed_on=followed.closed_on.isoformat(),
        n_open=followed.n_open,
    )
    return write_measured(found, about, workspace.campaigns / name / MEASURED)


def measure_from_table(file: Path | str, asked: CampaignTable) -> MeasureSummary:
    """Measure a campaign that was run elsewhere; nothing is written.

    Raises
    ------
    SourceError : if the table cannot be read
    NotEnoughData : if a group has fewer than 30 listeners
    """
    table, features = read_campaign(file, asked)
    found = measure(table, features, was_drawn_in_strata=False)
    return write_measured(found, About(Path(file).stem), None)
