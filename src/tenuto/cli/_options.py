"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tenuto.workspace import Workspace

WorkspaceFolder = Annotated[
    Path, typer.Argument(metavar="WORKSPACE", help="The folder made by `tenuto init`.")
]
Cutoff = Annotated[
    str | None,
    typer.Option(
        metavar="DAY",
        help="The wall between past and future, such as 2017-04-29: only days before it are "
        "known. By default the day after the last log.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="Where to compute: duckdb or spark. [default: as in tenuto.toml]",
    ),
]
SparkUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where Spark is: a master such as spark://host:7077, a Connect server such as "
        "sc://host:15002, or local[2].",
    ),
]
Listeners = Annotated[int, typer.Option(help="How many listeners to make up.")]
Days = Annotated[int, typer.Option(help="Days of log, from 2017-03-30 on.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same bytes.")]


def workspace_on(folder: Path, engine: str | None, spark_url: str | None) -> Workspace:
    """The workspace in ``folder``, on the engine of the options where there is one."""
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    workspace.use_engine(engine, spark_url)
    return workspace
