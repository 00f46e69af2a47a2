"""What a scheduler calls once a day: read what is new, run, publish, send. One at a time.

Killed at any moment and called again, it goes on where it was; what was published before is
served until there is something new, whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tenuto import errands, monitoring, pipeline, serving, warehouse
from tenuto.monitoring import FilledDay
from tenuto.opened import timeline_of
from tenuto.pipeline import Progress
from tenuto.record import write_json
from tenuto.serving import Publication
from tenuto.warehouse import ExportSummary
from tenuto.workspace import Workspace

#: In the workspace: what the last `daily` did.
SUMMARY_FILE = "daily.json"
_GOOD = (monitoring.DONE, monitoring.KEPT, monitoring.NO_MODEL)


@dataclass(frozen=True)
class DailySummary:
    """What became of each day, and of what follows from it.

    publication : what is served from now on; None where no day came to its end
    exported : what was sent to the warehouse of the settings; None without one
    """

    days: list[FilledDay]
    publication: Publication | None
    exported: ExportSummary | None

    @property
    def failed(self) -> list[FilledDay]:
        return [day for day in self.days if day.state == monitoring.FAILED]

    @property
    def alarms(self) -> tuple[str, ...]:
        """Of the newest day that was run now."""
        newest = [day for day in self.days if day.state == monitoring.DONE][-1:]
        return newest[0].alarms if newest else ()

    def to_dict(self) -> dict[str, Any]:
        parts = {
            "publication": self.publication,
            "exported": self.exported,
        }
        return {
            "days": [day.to_dict() for day in self.days],
            **{name: part and part.to_dict() for name, part in parts.items()},
        }


def daily(
    workspace: Workspace,
    first: date | str | None = None,
    last: date | str | None = None,
    *,
    progress: Progress | None = None,
) -> DailySummary:
    """Everything that has to happen each day, in order.

    By default the run is for the latest day of log, made anew where anything it depends on has
    changed. With ``first`` it is for each day from then to ``last`` that was not finished before.
    A day that fails is said and nothing of it is published or sent.

    Raises
    ------
    Busy : if another `daily` of this workspace is at work
    UnknownName : if there is no such table to send
    CutoffError, SourceError, SettingsError, WorkspaceError : what stops every day
    """
    sends = workspace.settings.daily
    if sends.export_to:
        # Now, and not after an hour of work.
        warehouse.check(sends.export_to, sends.export_tables)
    # Steps lock what they write; this is held from the first to the last.
    with workspace.lock("tenuto daily", ".daily.lock"):
        pipeline.ingest(workspace, progress)
        latest = timeline_of(workspace).end
        days = errands.back_fill(
            workspace, first or latest, last or latest, force=first is None, progress=progress
        )
        good = [day.cutoff for day in days if day.state in _GOOD]
        published = serving.publish(workspace) if good else None
        # Kept before anything is sent, too: what was published is told if the warehouse is down.
        summary = _kept(workspace, DailySummary(days, published, None))
        if sends.export_to and good:
            exported = _sent(workspace, good, progress)
            summary = _kept(workspace, replace(summary, exported=exported))
    return summary


def _kept(workspace: Workspace, summary: DailySummary) -> DailySummary:
    write_json(workspace.root / SUMMARY_FILE, summary.to_dict())
    return summary


def _sent(
    workspace: Workspace, days: list[date], progress: Progress | None
) -> ExportSummary | None:
    settings, sent = workspace.settings.daily, None
    for day in days:
        sent = errands.export(
            workspace, settings.export_to, settings.export_tables, day, progress=progress
        )
    return sent
