"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
Listeners = Annotated[int, typer.Option(help="How many listeners to make up.")]
Days = Annotated[int, typer.Option(help="Days of log, from 2017-03-30 on.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same bytes.")]
