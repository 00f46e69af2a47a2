"""The story on one page: raw logs in; a call list, songs for everyone and a report out.

READ THIS FIRST. Each function is one step, calls one room after the other, computes nothing
itself, and can be killed and called again: what is done is recognised and left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto import ingest as ingesting
from tenuto import labels, monitoring, replication, reports, simulation, sources
from tenuto.churn import _table_results as table_results
from tenuto.churn._compare import Comparison, compare_run
from tenuto.churn._results import ChurnSummary, write_skipped, write_study
from tenuto.churn._search_halving import Budget
from tenuto.churn._study import study
from tenuto.churn._table_examples import TableSettings
from tenuto.churn._table_results import ScoreSummary, TableSummary, write_table_study
from tenuto.churn._table_study import study_table
from tenuto.churn._tuning import N_TRIALS, Search, Told, Tuning, tune
from tenuto.churn._tuning_results import Shelf
from tenuto.errors import ContractError, CutoffError, LeakError, NotEnoughData, SettingsError
from tenuto.events.lake import Lake
from tenuto.ingest import IngestSummary
from tenuto.insights import write_insights
from tenuto.insights._view import View
from tenuto.opened import inputs, opened, timeline_of, write_record
from tenuto.recommenders._results import RecommendSummary, write_recommendations
from tenuto.record import do_step, done, write_folder_aside
from tenuto.retention._measure_campaign import (
    CampaignTable,
    MeasureSummary,
    measure_from_table,
    measure_workspace,
)
from tenuto.retention._results import RetentionSummary, scored_by, write_retention
from tenuto.rollups import build_rollups, items_file
from tenuto.timeline import (
    HEADLINE,
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
    """Raw logs to the lake, and the lake to sums by day; only what is new is read."""
    summary = ingesting.ingest(workspace, _told(progress, "reading logs"))
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
                table.to_csv(folder / f"{name}.csv", index=False)

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
            told = None if progress is None else _models_told(progress)
            try:
                found = study(
                    engine,
                    timeline,
                    day,
                    settings.churn,
                    random_state=settings.random_state,
                    tuned=shelf.settings,
                    progress=told,
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
    """What each listener should hear next, and the charts."""
    settings = workspace.settings
    with opened(workspace, cutoff) as (engine, timeline, day):
        if progress is not None:
            progress("making lists", 0, 1)
        folder = workspace.run_folder(day) / "recommend"
        horizon = settings.churn.horizon_days
        asked = [settings.recommend.model_dump(), horizon, settings.random_state]
        do_step(
            folder,
            inputs(workspace, timeline, day, asked),
            lambda aside: write_recommendations(
                engine,
                timeline,
                day,
                pd.read_parquet(items_file(workspace)),
                settings.recommend,
                horizon,
                settings.random_state,
                aside,
            ),
        )
        if progress is not None:
            progress("making lists", 1, 1)
    return RecommendSummary.read(folder)


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
            lambda aside: write_insights(view, aside),
        )
    return folder


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
    describe(workspace, day)
    churned = churn(workspace, day, progress)
    recommended = recommend(workspace, day, progress)
    understand(workspace, day)
    retained = retain(workspace, day)
    alarms = tuple(alarm.in_words() for alarm in monitor(workspace, day))
    mature(workspace)
    write_record(workspace, timeline, day, churned, recommended, retained)
    page, folder = report(workspace, day), workspace.run_folder(day)
    return RunSummary(day, folder, page, ingested, churned, recommended, retained, alarms)


def replicate(
    workspace: Workspace, recipe: str, *, seed: int = 0, progress: Progress | None = None
) -> Path:
    """Run the published ``recipe`` on everything in the lake; the folder of what it leaves.

    Raises
    ------
    UnknownName : if there is no such recipe
    SettingsError, NotEnoughData : if the logs do not hold what it needs
    """
    member = replication.CATALOGUE.get(recipe)
    folder = workspace.root / "replications" / recipe.replace("_", "-")
    timeline = timeline_of(workspace)
    if progress is not None:
        progress("training models", 0, 1)
    with opened(workspace, None) as (engine, _, day):
        do_step(
            folder,
            inputs(workspace, timeline, day, [recipe, seed]),
            lambda aside: replication.write_replication(
                member.replicate(replication.Log.read(engine, Lake(workspace.lake)), seed), aside
            ),
        )
    return folder


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


def _models_told(progress: Progress) -> Callable[[int, int, str], None]:
    return lambda done, total, what: progress("training models", done, total)


def train_on_table(
    file: Path | str, out: Path | str, settings: TableSettings, progress: Progress | None = None
) -> TableSummary:
    """Churn models from a table with one row per user, judged and kept in ``out``."""
    told = None if progress is None else _models_told(progress)
    return write_table_study(study_table(file, settings, told), Path(out))


def score_table(
    models: Path | str, file: Path | str, out: Path | str, **options: Any
) -> ScoreSummary:
    """The users of another table, scored by models that `train_on_table` kept."""
    return table_results.score_table(Path(models), file, Path(out), **options)


def train(
    workspace: Workspace,
    cutoff: date | str | None = None,
    models: Sequence[str] = (),
    *,
    budget_s: float | None = None,
    n_trials: int = N_TRIALS,
    progress: Told | None = None,
) -> Tuning:
    """Better settings for the churn models, if there are any, for the runs from now on.

    ``models`` are members with something to tune; empty means all usual ones, and the ensembles
    beside them. Days from the test of `churn` at ``cutoff`` on are not looked at.
    """
    settings = workspace.settings
    search = Search.of(models, n_trials, settings.random_state)
    with opened(workspace, cutoff) as (engine, timeline, day):
        return tune(
            engine,
            timeline,
            day,
            settings.churn,
            search,
            budget=Budget(budget_s),
            told=progress,
            shelf=Shelf(workspace.root),
        )


def compare(
    workspace: Workspace,
    cutoff: date | str | None = None,
    *,
    population: str = HEADLINE,
    metric: str = "auc",
    models: Sequence[str] = (),
) -> Comparison:
    """Which models of the run at ``cutoff`` differ by more than noise; nothing is trained."""
    timeline, settings = timeline_of(workspace), workspace.settings
    day = timeline.parse_cutoff(cutoff or timeline.end)
    return compare_run(
        workspace.run_folder(day) / "churn",
        population=population,
        metric=metric,
        models=models,
        random_state=settings.random_state,
        n_draws=settings.churn.bootstrap_draws,
    )


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


def back_fill(
    workspace: Workspace,
    first: date | str,
    last: date | str | None = None,
    every_days: int = 1,
    *,
    newest_first: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> list[monitoring.FilledDay]:
    """`run` at ``first``, and every ``every_days`` from then to ``last`` (by default the latest).

    A day that was finished before is left alone, so that what was predicted stays as it was;
    with ``force`` it is run again, and made anew where anything it depends on has changed. A day
    that cannot be run does not stop the others.

    Raises
    ------
    CutoffError : if ``first`` or ``last`` is no day, or none is between them
    WorkspaceError, SettingsError, SourceError, EngineError : what would stop every day
    """
    ingest(workspace, progress)
    timeline = timeline_of(workspace)
    days = monitoring.days_between(first, last or timeline.end, every_days)
    filled = []
    for number, day in enumerate(reversed(days) if newest_first else days):
        if progress is not None:
            progress("days", number, len(days))
        filled.append(_filled(workspace, day, force, progress))
    return sorted(filled, key=lambda one: one.cutoff)


def _filled(
    workspace: Workspace, day: date, force: bool, progress: Progress | None
) -> monitoring.FilledDay:
    folder = workspace.run_folder(day)
    try:
        is_kept = monitoring.is_finished(folder) and not force
        summary = None if is_kept else run(workspace, day, progress)
    except (ContractError, CutoffError, LeakError, NotEnoughData) as mistake:
        said, is_leak = f"{type(mistake).__name__}: {mistake}", isinstance(mistake, LeakError)
        return monitoring.FilledDay(day, monitoring.FAILED, said, is_leak)
    alarms = tuple(alarm.in_words() for alarm in monitoring.read_alarms(folder))
    if summary is None:
        return monitoring.FilledDay(day, monitoring.KEPT, alarms=alarms)
    skipped = summary.churn.skipped
    state = monitoring.NO_MODEL if skipped else monitoring.DONE
    return monitoring.FilledDay(day, state, skipped or summary.churn.verdict, alarms=alarms)


def measure_campaign(
    workspace: Workspace, campaign: str | None = None, as_of: date | str | None = None
) -> MeasureSummary:
    """What contacting did, by the groups that were drawn when the call list was made."""
    when = None if as_of is None else timeline_of(workspace).parse_cutoff(as_of)
    with opened(workspace, None) as (engine, timeline, _):
        return measure_workspace(workspace, engine, timeline, campaign, when)


def measure_table(file: Path | str, asked: CampaignTable) -> MeasureSummary:
    """The same for a campaign that was run elsewhere, from a table with a row per listener."""
    return measure_from_table(file, asked)
