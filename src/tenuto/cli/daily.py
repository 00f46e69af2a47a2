"""Do what has to be done every day: read new logs, run, publish, send to the warehouse.

For a scheduler: it can be killed and called again, two never work at once, and it ends with a
status: 0 done, 2 something to mend, 3 a leak (nothing was published), 4 the listeners have changed
since the models were made (everything was published), 5 another one is at work. The summary is
also in daily.json in the workspace.

With --from it fills in the days that were not finished, and publishes the latest.

Example:

  tenuto daily my-service --json
  tenuto daily my-service --from 2017-04-22 --to 2017-04-29
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._days import exit_with, print_days
from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress

if TYPE_CHECKING:
    from tenuto.daily import DailySummary


def command(
    folder: WorkspaceFolder,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Fill in days from this one on.")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="The last of the days; by default the latest."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto.daily import daily
    from tenuto.workspace import Workspace

    if last is not None and first is None:
        raise typer.BadParameter("--to needs --from")
    with progress() as tell:
        summary = daily(Workspace(folder), first, last, progress=tell)
    if as_json:
        print_json(summary.to_dict())
    else:
        _print(summary)
    exit_with(summary.days)


def _print(summary: DailySummary) -> None:
    print_days(summary.days)
    served, sent = summary.publication, summary.exported
    if served is None:
        print("\nNothing new is published: what was published before is served.")
    else:
        print(f"\nServed from now on: {served.name}")
    if sent is not None:
        print(f"Sent to {sent.to}")
