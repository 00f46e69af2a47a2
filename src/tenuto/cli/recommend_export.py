"""Write a model of `tenuto recommend fit` as plain files that other tools read.

Factors as npz (implicit loads it as it stands) or, where FILE has no ending, as a folder of
Parquet; pairs as Parquet, CSV or a sparse matrix (.npz); similar items as Parquet or CSV.

Example:

  tenuto recommend export songs --factors factors.npz --pairs pairs.parquet
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_places


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What `tenuto recommend fit` made.")
    ],
    factors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Factors of users and items, with ids: .npz or a folder."
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who heard what, and how much: .parquet, .csv or .npz."),
    ] = None,
    similar: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The nearest items of each item: .parquet or .csv."),
    ] = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="How many similar items.")] = 50,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands

    written = errands.export_model(folder, factors=factors, pairs=pairs, similar=similar, k=k)
    places = {"factors": factors, "pairs": pairs, "similar": similar}
    if as_json:
        print_json({**written, **{name: place for name, place in places.items() if place}})
        return
    if "factors_of" in written and written["factors_of"] != written["model"]:
        print(
            f"The factors are those of '{written['factors_of']}', a part of '{written['model']}'."
        )
    if "n_pairs" in written:
        print(f"{written['n_pairs']:,} pairs.")
    if "n_similar" in written:
        print(f"{written['n_similar']:,} pairs of similar items.")
    print_places({name: place for name, place in places.items() if place})
