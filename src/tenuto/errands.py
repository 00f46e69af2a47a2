"""Beside the daily story: models tuned and compared, days filled in, campaigns measured.

Like `tenuto.pipeline`: each function is one errand, calls one room after the other and computes
nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tenuto import monitoring, pipeline, replication, reports, warehouse
from tenuto.churn import _table_results as table_results
from tenuto.churn._compare import Comparison, compare_run
from tenuto.churn._scores import write_scores
from tenuto.churn._table_examples import TableSettings
from tenuto.churn._table_results import ScoreSummary, TableSummary, write_table_study
from tenuto.churn._table_study import study_table
from tenuto.churn._tuning import N_TRIALS, Search, Told, Tuning, tune
from tenuto.churn._tuning_results import Shelf
from tenuto.errors import ContractError, CutoffError, LeakError, NotEnoughData
from tenuto.events.lake import Lake
from tenuto.lists import _table as pair_tables
from tenuto.lists._compare import ListComparison
from tenuto.lists._compare import compare_lists as compare_lists_of
from tenuto.lists._lister import TUNED_FOR
from tenuto.lists._table_fit import PairSettings
from tenuto.lists._table_results import PairSummary
from tenuto.lists._table_serve import Served
from tenuto.opened import inputs, opened, timeline_of
from tenuto.pipeline import Progress
from tenuto.recommenders._tune import Tuned, shelf_of, tunable_of, tuned
from tenuto.record import do_step, write_folder_aside
from tenuto.retention._measure_campaign import (
    CampaignTable,
    MeasureSummary,
    measure_from_table,
    measure_workspace,
)
from tenuto.search.budget import Budget
from tenuto.timeline import HEADLINE
from tenuto.workspace import Workspace


def train_on_table(
    file: Path | str, out: Path | str, settings: TableSettings, progress: Progress | None = None
) -> TableSummary:
    """Churn models from a table with one row per user, judged and kept in ``out``."""
    told = None if progress is None else pipeline.models_told(progress)
    return write_table_study(study_table(file, settings, told), Path(out))


def score_table(
    models: Path | str, file: Path | str, out: Path | str, **options: Any
) -> ScoreSummary:
    """The users of another table, scored by models that `train_on_table` kept."""
    return table_results.score_table(Path(models), file, Path(out), **options)


def score_listeners(
    workspace: Workspace, model: Path | str, out: Path | str, cutoff: date | str | None = None
) -> int:
    """Everyone at ``cutoff``, scored by a saved model where the engine is; how many they are."""
    with opened(workspace, cutoff) as (engine, timeline, day):
        return write_scores(engine, timeline, day, Path(model), Path(out))


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


def tune_recommenders(
    workspace: Workspace,
    cutoff: date | str | None = None,
    recommenders: Sequence[str] = (),
    *,
    budget_s: float | None = 60.0,
    n_trials: int = N_TRIALS,
    progress: Told | None = None,
) -> list[Tuned]:
    """Better settings for recommenders, if there are any, for the runs from now on.

    ``recommenders`` are members with something to tune; empty means those that the model of the
    settings is made of. ``budget_s`` is for all of them together. Days by which lists at
    ``cutoff`` are judged are not looked at.

    Raises
    ------
    NotEnoughData : if the log is too short to try anything before the days lists are judged by
    """
    settings = workspace.settings
    with opened(workspace, cutoff) as (engine, timeline, day):
        lister = pipeline.lister_of(workspace, engine, timeline, day)
        names = list(recommenders) or tunable_of(lister.settings.model)
        inner = lister.inner(lister.learned_at(day) or day, TUNED_FOR)
        if inner is None:
            raise NotEnoughData(
                f"the log is too short to try settings out before {day}",
                mend="tune later, or leave the defaults",
            )
        budget, shelf = Budget(budget_s), shelf_of(workspace.root, inner)
        return [
            tuned(
                name,
                inner,
                budget.part(1 / (len(names) - number)),
                settings.random_state,
                progress,
                n_trials=n_trials,
                shelf=shelf,
            )
            for number, name in enumerate(names)
        ]


def fit_table(
    file: Path | str, out: Path | str, settings: PairSettings | None = None, **options: Any
) -> PairSummary:
    """A recommender from a plain table, judged, and kept in ``out`` with lists for everybody."""
    return pair_tables.fit_table(file, out, settings, **options)


def songs_for(folder: Path | str, **asked: Any) -> Served:
    """The list of one listener of such a table, or of a newcomer with a history."""
    return pair_tables.songs_for(folder, **asked)


def export_model(folder: Path | str, **files: Any) -> dict[str, Any]:
    """Factors, pairs and similar items of a recommender as plain files."""
    return pair_tables.export_model(folder, **files)


def compare_lists(
    workspace: Workspace,
    cutoff: date | str | None = None,
    recommenders: Sequence[str] = (),
    *,
    k: int | None = None,
    progress: Progress | None = None,
) -> tuple[ListComparison, Path]:
    """Recommenders and lists held against each other, as tables and one page in a folder.

    Judged at the latest cutoff up to ``cutoff`` whose outcome is in the log, by what was played
    after it. ``recommenders`` are members of `tenuto.recommenders`; empty means all.
    """
    settings = workspace.settings
    with opened(workspace, cutoff) as (engine, timeline, day):
        found = compare_lists_of(
            pipeline.lister_of(workspace, engine, timeline, day),
            day,
            recommenders,
            k=k or settings.recommend.k,
            told=progress,
        )
    folder = workspace.run_folder(found.cutoff) / "compare_lists"

    def write(aside: Path) -> None:
        found.write(aside)
        reports.write_comparison(found, aside / "comparison.html")

    write_folder_aside(folder, write)
    return found, folder


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
    pipeline.ingest(workspace, progress)
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
        summary = None if is_kept else pipeline.run(workspace, day, progress)
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


def export(
    workspace: Workspace,
    to: str,
    tables: Sequence[str] = (),
    cutoff: date | str | None = None,
    *,
    schema: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> warehouse.ExportSummary:
    """Tables of the run at ``cutoff``, and sums by day, sent to the warehouse at ``to``.

    ``tables`` are groups or names of `tenuto.warehouse`; empty means the results.
    """
    with opened(workspace, cutoff) as (engine, timeline, day):
        at = warehouse.Exported(workspace, engine, timeline, day)
        return warehouse.export(at, to, tables, schema=schema, force=force, progress=progress)
