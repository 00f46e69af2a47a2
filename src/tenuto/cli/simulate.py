"""Write the raw logs of a made-up service, dirt and lost files included.

Its listeners' true habits are in OUT/truth, so that a method can be held
against a known answer.

Example:

  tenuto simulate musicbox logs --listeners 2000 --days 44 --seed 0
  tenuto simulate sparkify subscriptions --listeners 500
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._options import AsJson, Listeners, Seed
from tenuto.cli._output import print_json, print_places
from tenuto.cli._progress import progress


def command(
    source: Annotated[
        str, typer.Argument(help="The service to copy: `tenuto list simulation` names them.")
    ],
    out: Annotated[Path, typer.Argument(help="A folder without logs.")],
    listeners: Listeners = 2000,
    days: Annotated[
        int | None,
        typer.Option(help="Days of log; by default as many as the published logs have."),
    ] = None,
    seed: Seed = 0,
    plain: Annotated[bool, typer.Option("--plain", help="Write text files, unpacked.")] = False,
    clean: Annotated[
        bool, typer.Option("--clean", help="Spoil no line; lose, cut and copy no file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline, simulation

    days = simulation.CATALOGUE.get(source).DAYS if days is None else days
    with progress() as tell:
        truth = pipeline.simulate(
            source,
            out,
            listeners=listeners,
            days=days,
            seed=seed,
            packed=not plain,
            dirt=not clean,
            file_faults=not clean,
            progress=lambda done, total: tell("simulating days", done, total),
        )
    if as_json:
        print_json({"logs": out, "truth": truth})
    else:
        print(f"{listeners:,} listeners over {days} days, seed {seed}.")
        print_places({"logs": out, "truth": truth})
