"""The story on one page: raw logs in; a call list, songs for everyone and a report out.

READ THIS FIRST. Each function is one step, calls one room after the other, computes nothing
itself, and can be killed and called again: what is done is recognised and left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto import forgetting, labels, monitoring, reports, simulation, sources
from tenuto import ingest as ingesting
from tenuto.churn._results import ChurnSummary, write_skipped, write_study
from tenuto.churn._study import study
from tenuto.churn._tuning_results import Shelf
from tenuto.engines import Engine
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.ingest import IngestSummary
from tenuto.insights import write_insights
from tenuto.insights._view import View
from tenuto.lists._chosen import settled
from tenuto.lists._everyone import listeners
from tenuto.lists._lister import TUNED_FOR, Lister
from tenuto.lists._results import RecommendSummary, write_recommendations
from tenuto.lists._risk import digest_of_risk, risk_of_leaving
from tenuto.opened import inputs, opened, timeline_of, write_record
from tenuto.preferences import feedback_digest
from tenuto.privacy import write_table
from tenuto.recommenders._tune import shelf_at
from tenuto.record import do_step, done, write_folder_aside
from tenuto.retention._results import RetentionSummary, scored_by, write_retention
from tenuto.rollups import build_rollups, items_file
from tenuto.timeline import (
    Timeline,
    activity_by_day,
    device_shares,
    events_per_user,
    subscription_tables,
)
from tenuto.workspace import SETTINGS_FILE, Workspace

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RunSummary:
    """What a run did and where it is."""

    cutoff: date
    folder: Path
    report: Path
    ingest: IngestSummary
    churn: ChurnSummary
    recommend: RecommendSummary
    retention: RetentionSummary
    alarms: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "cutoff": self.cutoff.isoformat(),
            "folder": str(self.folder),
            "report": str(self.report),
            "ingest": self.ingest.to_dict(),
            "churn": self.churn.to_dict(),
            "recommend": self.recommend.to_dict(),
            "retention": self.retention.to_dict(),
            "alarms": list(self.alarms),
        }


def init(
    folder: Path | str,
    *,
    source: str,
    logs: Path | str,
    known: Mapping[str, str] | None = None,
) -> Workspace:
    """Make a workspace for the logs of one service, or open the one that is there.

    Where the source takes a mapping, it is guessed from the first rows and written down with
    the reasons; ``known`` says of some of its keys which column they are.

    Raises
    ------
    UnknownName : if there is no such source
    SourceError : if ``logs`` holds nothing that the source reads
    SettingsError : if there is no telling which column is what, or a mapping does not fit
    WorkspaceError : if the folder is something else already
    """
    name = source.replace("-", "_")
    member = sources.CATALOGUE.get(name)
    if (Path(folder) / SETTINGS_FILE).exists():
        return _reopened(Path(folder), name, logs, known)
    settings, mapping = sources.described(member, name, logs, known or {})
    sources.find(sources.opened(settings), logs)
    sources.preview(settings, logs)
    return Workspace.create(folder, source=name, logs=logs, mapping=mapping)


def preview(workspace: Workspace) -> list[dict[str, Any]]:
    """The first rows of a mapped log as Tenuto understands them; none for other sources."""
    return sources.preview(workspace.settings.source, workspace.logs)


def simulate(source: str, out: Path | str, *, listeners: int, **options: Any) -> Path:
    """Write the raw logs of an invented service, with the truth about it in ``out/truth``."""
    return simulation.CATALOGUE.get(source).simulate(Path(out), listeners=listeners, **options)


def ingest(workspace: Workspace, progress: Progress | None = None) -> IngestSummary:
    """Raw logs to the lake, and the lake to sums by day; only what is new is read.

    What is older than ``privacy.keep_days`` goes.
    """
    summary = ingesting.ingest(workspace, _told(progress, "reading logs"))
    forgetting.expire(workspace)
    build_rollups(workspace, _told(progress, "summing days"))
    return summary


def describe(workspace: Workspace, cutoff: date | str | None = None) -> Path:
    """What the log looks like before anything is predicted, as tables in ``data``."""
    with opened(workspace, cutoff) as (engine, timeline, day):
        past = timeline.past(engine, day)
        horizon = workspace.settings.churn.horizon_days
        tables: dict[str, Callable[[], pd.DataFrame]] = {
            "activity": partial(activity_by_day, past),
            "events_per_user": partial(events_per_user, past),
            "devices": partial(device_shares, past),
            "return_curve": partial(labels.return_curve, past, horizon),
        }

        def write(folder: Path) -> None:
            made = {name: table() for name, table in tables.items()}
            if labels.usual_label(past) == "cancellation":
                made |= subscription_tables(past)
            for name, table in made.items():
                write_table(table, folder / f"{name}.csv")

        folder = workspace.run_folder(day) / "data"
        do_step(folder, inputs(workspace, timeline, day, horizon), write)
    return folder


def churn(
    workspace: Workspace, cutoff: date | str | None = None, progress: Progress | None = None
) -> ChurnSummary:
    """Who is about to leave: models trained, judged and saved, and every listener ranked.

    ``cutoff`` is by default the day after the last day of log. A log too short to train on is
    said so in the summary (``skipped``), not an error.
    """
    settings, shelf = workspace.settings, Shelf(workspace.root)
    with opened(workspace, cutoff) as (engine, timeline, day):

        def write(folder: Path) -> None:
            told = None if progress is None else models_told(progress)
            try:
                found = study(
                    engine,
                    timeline,
                    day,
                    settings.churn,
                    random_state=settings.random_state,
                    tuned=shelf.settings,
                    progress=told,
                    n_threads=settings.engine.n_threads(),
                )
            except NotEnoughData as short:
                return write_skipped(day, str(short), folder)
            model, horizon = settings.churn.call_list_model, settings.churn.horizon_days
            return write_study(found, model, horizon, folder)

        folder = workspace.run_folder(day) / "churn"
        asked = [settings.churn.model_dump(), settings.random_state, shelf.everything(day)]
        do_step(folder, inputs(workspace, timeline, day, asked), write)
    return ChurnSummary.read(folder)


def recommend(
    workspace: Workspace, cutoff: date | str | None = None, progress: Progress | None = None
) -> RecommendSummary:
    """What each listener should hear next, and the charts.

    Where `churn` has been run at ``cutoff``, the lists of those who may leave lean to what they
    know.
    """
    settings = workspace.settings
    with opened(workspace, cutoff) as (engine, timeline, day):
        folder = workspace.run_folder(day) / "recommend"
        lister = lister_of(workspace, engine, timeline, day)
        earlier = lister.earlier(day)
        asked = [
            settings.recommend.model_dump(),
            lister.horizon_days,
            settings.random_state,
            digest_of_risk(lister.risk),
            lister.tuned,
            feedback_digest(workspace.root, day),
            None if earlier is None else done(earlier.folder),
        ]
        told = _told(progress, "making lists")
        with _telling(progress, "learning tastes"):
            do_step(
                folder,
                inputs(workspace, timeline, day, asked),
                lambda aside: write_recommendations(lister, day, aside, told),
            )
    return RecommendSummary.read(folder)


def lister_of(workspace: Workspace, engine: Engine, timeline: Timeline, day: date) -> Lister:
    """What lists of this workspace are made with at ``day``."""
    settings, past = workspace.settings, timeline.past(engine, day)
    recommend = settled(settings.recommend, lambda: len(listeners(past)))
    shelf = shelf_at(workspace.root, recommend.preference, recommend.window_days, TUNED_FOR)
    lister = Lister(
        day,
        workspace.root,
        engine,
        timeline,
        pd.read_parquet(items_file(workspace)),
        recommend,
        settings.churn.horizon_days,
        settings.random_state,
        risk_of_leaving(workspace.run_folder(day) / "churn"),
        {},
    )
    return replace(lister, tuned=shelf.settings(lister.learned_at(day) or day))


def retain(workspace: Workspace, cutoff: date | str | None = None) -> RetentionSummary:
    """Whom to contact, why, with what and with which songs; and whom to hold out by chance.

    Reads what `churn` and `recommend` saved at ``cutoff``.

    Raises
    ------
    WorkspaceError : if they have not been run there
    SettingsError : if a rule or an offer of the settings cannot be used
    """
    settings = workspace.settings
    with opened(workspace, cutoff) as (_, timeline, day):
        folder = workspace.run_folder(day)
        asked = [settings.retention.model_dump(), settings.random_state, scored_by(folder)]
        do_step(
            folder / "retention",
            inputs(workspace, timeline, day, asked),
            lambda aside: write_retention(
                folder,
                workspace.campaigns,
                settings,
                aside,
                pd.read_parquet(items_file(workspace)),
            ),
        )
    return RetentionSummary.read(folder / "retention")


def understand(workspace: Workspace, cutoff: date | str | None = None) -> Path:
    """Cohorts, lifecycle, segments and what people heard before they left, as tables."""
    settings = workspace.settings
    with opened(workspace, cutoff) as (engine, timeline, day):
        run_folder = workspace.run_folder(day)
        view = View.of_run(
            engine,
            timeline,
            day,
            churn=run_folder / "churn",
            items=items_file(workspace),
            horizon_days=settings.churn.horizon_days,
            label=settings.churn.label or labels.usual_label(timeline.past(engine, day)),
            random_state=settings.random_state,
        )
        asked = [done(run_folder / "churn"), settings.random_state]
        folder = run_folder / "insights"
        do_step(
            folder,
            inputs(workspace, timeline, day, asked),
            lambda aside: write_insights(view, aside, settings.engine.n_threads()),
        )
    return folder


def monitor(workspace: Workspace, cutoff: date | str | None = None) -> list[monitoring.Alarm]:
    """Have the listeners changed since the models were made, and for whom are they as good?

    Reads what `churn` saved at ``cutoff``; the alarms are what was off in the run before, too.
    """
    settings = workspace.settings
    with opened(workspace, cutoff) as (engine, timeline, day):
        folder = workspace.run_folder(day)
        asked = [settings.churn.model_dump(), settings.random_state, done(folder / "churn")]
        do_step(
            folder / "monitoring",
            inputs(workspace, timeline, day, asked),
            lambda aside: monitoring.write_monitoring(
                folder, engine, timeline, day, settings, aside
            ),
        )
        return monitoring.set_alarms(folder.parent, day)


def mature(workspace: Workspace) -> monitoring.MaturedSummary:
    """Hold earlier predictions against what came, as far as the log goes by now."""
    with opened(workspace, None) as (engine, timeline, _):
        return monitoring.mature(workspace, engine, timeline)


def report(workspace: Workspace, cutoff: date | str | None = None) -> Path:
    """One self-contained page, drawn from saved results alone."""
    day = timeline_of(workspace).parse_cutoff(cutoff or timeline_of(workspace).end)
    return reports.write_report(workspace, day)


def run(
    workspace: Workspace, cutoff: date | str | None = None, progress: Progress | None = None
) -> RunSummary:
    """All of it, in order; killed at any moment and run again, the same bytes."""
    ingested = ingest(workspace, progress)
    timeline = timeline_of(workspace)
    day = timeline.parse_cutoff(cutoff or timeline.end)
    with _telling(progress, "describing the log"):
        describe(workspace, day)
    churned = churn(workspace, day, progress)
    recommended = recommend(workspace, day, progress)
    with _telling(progress, "comparing cohorts"):
        understand(workspace, day)
    with _telling(progress, "writing the call list"):
        retained = retain(workspace, day)
    with _telling(progress, "looking for drift"):
        alarms = tuple(alarm.in_words() for alarm in monitor(workspace, day))
        mature(workspace)
    write_record(workspace, timeline, day, churned, recommended, retained)
    with _telling(progress, "drawing the report"):
        page, folder = report(workspace, day), workspace.run_folder(day)
    return RunSummary(day, folder, page, ingested, churned, recommended, retained, alarms)


def demo(
    folder: Path | str,
    *,
    listeners: int = 2000,
    days: int = 44,
    seed: int = 0,
    progress: Progress | None = None,
) -> RunSummary:
    """An invented service of ``listeners``, and everything that Tenuto does with it.

    The list is for the day after the log; the models are judged at the latest cutoff whose
    outcome is known.
    """
    logs, workspace = Path(folder) / "logs", Path(folder) / "workspace"
    if not logs.exists():
        told = _told(progress, "simulating")
        options: dict[str, Any] = {
            "listeners": listeners,
            "days": days,
            "seed": seed,
            "progress": told,
        }
        write_folder_aside(logs, lambda aside: simulate("musicbox", aside, **options))
    return run(init(workspace, source="musicbox", logs=logs), progress=progress)


def _reopened(
    folder: Path, name: str, logs: Path | str, known: Mapping[str, str] | None
) -> Workspace:
    if known:
        raise SettingsError(
            f"{folder} has a mapping already, so that what was said of columns changes nothing",
            mend=f"edit [source.mapping] in {folder / SETTINGS_FILE}",
        )
    workspace = Workspace.create(folder, source=name, logs=logs)
    sources.find(sources.opened(workspace.settings.source), workspace.logs)
    return workspace


def _told(progress: Progress | None, step: str) -> Callable[[int, int], None] | None:
    return None if progress is None else partial(progress, step)


@contextmanager
def _telling(progress: Progress | None, step: str) -> Iterator[None]:
    """That a step has begun and ended, between which it cannot say how far it is."""
    told = _told(progress, step) or (lambda done, total: None)
    told(0, 1)
    yield
    told(1, 1)


def models_told(progress: Progress) -> Callable[[int, int, str], None]:
    return lambda done, total, what: progress("training models", done, total)
