"""Write the raw logs of a made-up service, dirt and lost files included.

Its listeners' true habits are in OUT/truth, so that a method can be held
against a known answer. With a campaign those on its call list are contacted, which
keeps the persuadable only: OUT/truth/persuasion.parquet says who they are.

Example:

  tenuto simulate musicbox logs --listeners 2000 --days 44 --seed 0
  tenuto simulate sparkify subscriptions --listeners 500
  tenuto simulate musicbox after --campaign list.csv --from 2017-04-29
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
    campaign: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A call list, CSV or Parquet: who is contacted."),
    ] = None,
    from_day: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="The day of the contact.")
    ] = None,
    effect: Annotated[
        float, typer.Option(help="How well offers work: 0 not at all, 1 as planted.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline, simulation
    from tenuto.simulation._campaign import Contacts

    options: dict[str, Any] = {}
    if campaign is not None or from_day is not None:
        options["contacts"] = Contacts.asked(campaign, from_day, effect)
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
            **options,
        )
    if as_json:
        print_json({"logs": out, "truth": truth})
    else:
        print(f"{listeners:,} listeners over {days} days, seed {seed}.")
        print_places({"logs": out, "truth": truth})
