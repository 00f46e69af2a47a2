"""What definitions depend on, taken from a workspace or from a source alone."""

from __future__ import annotations

from datetime import date

from tenuto import sources
from tenuto.errors import SettingsError
from tenuto.events.lake import Lake
from tenuto.timeline import Timeline
from tenuto.warehouse._days import day_of
from tenuto.warehouse._sql_definitions import Asked
from tenuto.warehouse._sql_tables import Knowledge
from tenuto.workspace import Workspace


def asked_of_source(name: str | None, cutoff: date | str, schema: str | None = None) -> Asked:
    """Definitions for the source ``name``; without one, of all that a source can know.

    Raises
    ------
    UnknownName : if there is no such source
    SettingsError : if what it knows is for a workspace to say
    CutoffError : if ``cutoff`` is no day
    """
    known = Knowledge() if name is None else sources.CATALOGUE.get(name)
    if hasattr(known, "configured"):
        raise SettingsError(
            f"what the source '{name}' knows depends on its mapping",
            mend="name a workspace: --workspace FOLDER",
        )
    return Asked(known, day_of(cutoff), database=schema)


def asked_of_workspace(
    workspace: Workspace, cutoff: date | str | None = None, schema: str | None = None
) -> Asked:
    """Definitions as the workspace has them: its source, settings and days.

    Raises
    ------
    CutoffError : if ``cutoff`` is no day of the workspace, or it has none
    """
    known = sources.opened(workspace.settings.source)
    timeline = Timeline(Lake(workspace.rollups), known.PRECISION)
    return Asked(
        known,
        timeline.parse_cutoff(cutoff or timeline.end),
        workspace.settings.churn.horizon_days,
        workspace.settings.churn.bin_days,
        timeline.first_day,
        schema,
    )
