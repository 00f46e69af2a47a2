"""What was planned for a run, for the commands that go on from it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tenuto.errors import WorkspaceError

if TYPE_CHECKING:
    import pandas as pd

    from tenuto.retention._results import RetentionSummary
    from tenuto.workspace import Workspace


def planned(
    workspace: Workspace, cutoff: date | str | None
) -> tuple[RetentionSummary, pd.DataFrame]:
    """The summary and the call list of a run.

    Raises
    ------
    WorkspaceError : if nothing was planned there
    """
    import pandas as pd

    from tenuto.opened import timeline_of
    from tenuto.retention._results import SUMMARY_FILE, RetentionSummary

    timeline = timeline_of(workspace)
    day = timeline.parse_cutoff(cutoff or timeline.end)
    folder = workspace.run_folder(day) / "retention"
    if not (folder / SUMMARY_FILE).exists():
        raise WorkspaceError(
            f"no campaign was planned at {day}: {folder} is not there",
            mend=f"tenuto campaign {workspace.root} --cutoff {day}",
        )
    summary = RetentionSummary.read(folder)
    if summary.skipped:
        raise WorkspaceError(f"no campaign was planned at {day}: {summary.skipped}")
    return summary, pd.read_parquet(folder / "call_list.parquet")
