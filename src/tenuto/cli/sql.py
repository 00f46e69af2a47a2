"""Print definitions as SQL, to run where the data already are.

WHAT is rollups (of one day, from the tables events, titles, profiles and queries), features or
labels (from the tables of the rollups). A definition that the dialect cannot say is a comment
instead; then the exit status is 2, and the others are printed all the same.

Example:

  tenuto sql features --dialect bigquery
  tenuto sql rollups user_days --dialect snowflake --cutoff 2017-04-29
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenuto.cli._mistakes import THE_USERS
from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json

if TYPE_CHECKING:
    from tenuto.warehouse import Asked, Statement


def command(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="rollups, features or labels.")],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Only this one, such as user_days.")
    ] = None,
    dialect: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of the database: duckdb, postgres, bigquery, … (twenty; a wrong one names them.)",
        ),
    ] = "duckdb",
    cutoff: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            help="Features are of the days before it, labels of those from it on, rollups of the "
            "day before it. By default today, or the day after the workspace's last log.",
        ),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Use what its source knows, its days and settings."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Use what this source knows; by default all that one can know."
        ),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="NAME", help="The schema that the tables are in.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import warehouse
    from tenuto.workspace import Workspace

    if workspace is not None and source is not None:
        raise typer.BadParameter("give either --source or --workspace, which has a source")
    if schema == "":
        raise typer.BadParameter("--schema is empty; leave it out, or name one")
    if workspace is None:
        asked = warehouse.asked_of_source(source, cutoff or _today(), schema)
    else:
        asked = warehouse.asked_of_workspace(Workspace(workspace), cutoff, schema)
    found = _printed(warehouse.statements(what, dialect, asked, name), asked, as_json)
    missing = [each.name for each in found if each.is_inexpressible]
    if missing:
        names = ", ".join(missing)
        typer.echo(f"{dialect} cannot say {len(missing)} of {len(found)}: {names}", err=True)
        raise typer.Exit(THE_USERS)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _printed(found: Any, asked: Asked, as_json: bool) -> list[Statement]:
    """Statements as they are made: compiling them all takes some seconds."""
    statements = []
    if not as_json:
        print(f"-- Cutoff {asked.cutoff}; labels look at the {asked.horizon_days} days from it on.")
    for each in found:
        statements.append(each)
        if not as_json:
            print(f"\n{each.as_text()}", end="", flush=True)
    if as_json:
        print_json([asdict(each) for each in statements])
    return statements
