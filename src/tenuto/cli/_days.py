"""Several days of runs on the terminal, and the exit status that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from tenuto.cli._mistakes import DRIFT, LEAK, THE_USERS
from tenuto.cli._output import print_table

if TYPE_CHECKING:
    from tenuto.monitoring import FilledDay


def print_days(days: Sequence[FilledDay]) -> None:
    """A row for each: what became of it."""
    print_table(
        ["day", "state", "alarms", "in short"],
        [[str(day.cutoff), day.state, len(day.alarms), " ".join(day.said.split())] for day in days],
    )


def exit_with(days: Sequence[FilledDay]) -> None:
    """Exit where a day failed, or where the newest one of those that were run gave alarms."""
    from tenuto import monitoring

    failed = [day for day in days if day.state == monitoring.FAILED]
    if failed:
        raise typer.Exit(LEAK if any(day.is_leak for day in failed) else THE_USERS)
    newest = [day for day in days if day.state == monitoring.DONE][-1:]
    exit_on_drift(newest[0].alarms if newest else ())


def exit_on_drift(alarms: Sequence[str]) -> None:
    """Status 4 where something was off twice running; the results are written all the same."""
    if not alarms:
        return
    typer.echo("Drift, in this run and in the one before:", err=True)
    for alarm in alarms:
        typer.echo(f"  {alarm}", err=True)
    raise typer.Exit(DRIFT)
