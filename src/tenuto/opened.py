"""An opened workspace: what every step of the pipeline needs before it can begin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pandas as pd

from tenuto import engines, memory, sources
from tenuto.churn._results import ChurnSummary
from tenuto.engines import Engine
from tenuto.events.lake import Lake
from tenuto.lists._results import RecommendSummary
from tenuto.record import code_digest, digest_of, versions, write_json
from tenuto.retention._results import RetentionSummary
from tenuto.timeline import Timeline
from tenuto.workspace import Workspace


def timeline_of(workspace: Workspace) -> Timeline:
    return Timeline(Lake(workspace.rollups), sources.opened(workspace.settings.source).PRECISION)


@contextmanager
def opened(
    workspace: Workspace, cutoff: date | str | None
) -> Iterator[tuple[Engine, Timeline, date]]:
    """An engine, the timeline and the cutoff, with the workspace locked for writing."""
    memory.large_arrays_apart()
    timeline = timeline_of(workspace)
    day = timeline.parse_cutoff(cutoff or timeline.end)
    with (
        workspace.lock(),
        engines.open_engine(workspace.settings.engine, workspace.scratch) as engine,
    ):
        yield engine, timeline, day
    memory.give_back()


def inputs(workspace: Workspace, timeline: Timeline, day: date, asked: Any) -> str:
    """The digest of all that a step depends on; ``asked`` are the settings that it reads."""
    return digest_of(
        {
            "rollups": timeline.digests(),
            "engine": workspace.settings.engine.name,
            "asked": asked,
            "versions": versions(),
            "code": code_digest(),
            "cutoff": day,
        }
    )


def write_record(
    workspace: Workspace,
    timeline: Timeline,
    day: date,
    churned: ChurnSummary,
    recommended: RecommendSummary,
    retained: RetentionSummary,
) -> None:
    folder = workspace.run_folder(day)
    metrics = folder / "churn" / "metrics.csv"
    write_json(
        folder / "run.json",
        {
            "cutoff": day,
            "inputs": timeline.digests(),
            "settings": workspace.settings.model_dump(),
            "versions": versions(),
            "code": code_digest(),
            "churn": churned.to_dict(),
            "recommend": recommended.to_dict(),
            "retention": retained.to_dict(),
            "metrics": pd.read_csv(metrics).to_dict("records") if metrics.exists() else [],
        },
    )
