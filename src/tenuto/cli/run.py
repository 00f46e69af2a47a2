"""Do everything: read new logs, find who is leaving, make lists, write the report.

What is done already is recognised and left alone, so run it every day, and
run it again when it was stopped. With --from it does one day after the other;
days that were finished before stay as they are.

Exit status 4 means that the listeners have changed since the models were made:
the results are there, and the report says what.

Example:

  tenuto run my-service --cutoff 2017-04-29
  tenuto run my-service --from 2017-04-22 --to 2017-04-29
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._days import exit_on_drift, exit_with, print_days
from tenuto.cli._options import AsJson, Cutoff, EngineName, SparkUrl, WorkspaceFolder, workspace_on
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress
from tenuto.cli._summaries import print_run

if TYPE_CHECKING:
    from tenuto.workspace import Workspace


def command(
    folder: WorkspaceFolder,
    cutoff: Cutoff = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Run day by day from this one on.")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="The last of the days; by default the latest."),
    ] = None,
    every: Annotated[int, typer.Option(help="Days from one run to the next, with --from.")] = 1,
    newest_first: Annotated[
        bool, typer.Option("--newest-first", help="Begin with the last of the days.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Run days again that were finished before.")
    ] = False,
    engine: EngineName = None,
    spark_url: SparkUrl = None,
    as_json: AsJson = False,
) -> None:
    if first is not None and cutoff is not None:
        raise typer.BadParameter("give either --cutoff or --from, not both")
    if first is not None:
        options = {"newest_first": newest_first, "force": force}
        workspace = workspace_on(folder, engine, spark_url)
        _back_fill(workspace, first, last, every, as_json, **options)
    elif last is not None or every != 1 or newest_first or force:
        raise typer.BadParameter("--to, --every, --newest-first and --force need --from")
    else:
        _run_one(workspace_on(folder, engine, spark_url), cutoff, as_json)


def _run_one(workspace: Workspace, cutoff: str | None, as_json: bool) -> None:
    from tenuto import pipeline

    with progress() as tell:
        summary = pipeline.run(workspace, cutoff, progress=tell)
    if as_json:
        print_json(summary.to_dict())
    else:
        print_run(summary)
    exit_on_drift(summary.alarms)


def _back_fill(
    workspace: Workspace,
    first: str,
    last: str | None,
    every: int,
    as_json: bool,
    **options: bool,
) -> None:
    from tenuto import errands

    with progress() as tell:
        days = errands.back_fill(workspace, first, last, every, progress=tell, **options)
    if as_json:
        print_json({"days": [day.to_dict() for day in days], "runs": workspace.root / "runs"})
    else:
        print_days(days)
        print(f"\nEach day is in {workspace.root / 'runs'}")
    exit_with(days)
