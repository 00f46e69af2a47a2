"""Print what one listener should hear, from a model of `tenuto recommend fit`, with reasons.

With --user, somebody of the table; with --history, anybody, by what they heard. What was heard
already is left out unless --include-heard is given.

Example:

  tenuto recommend for songs --user 168000001

  tenuto recommend for songs --history 51,67,89 -k 20
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_table

if TYPE_CHECKING:
    from tenuto.lists._table_serve import Served


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What `tenuto recommend fit` made.")
    ],
    user: Annotated[
        str | None, typer.Option(metavar="ID", help="Somebody of the table, by id.")
    ] = None,
    history: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ITEMS",
            help="What somebody heard: ids with commas between them; may be given several times.",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Places of the list.")] = 10,
    include_heard: Annotated[
        bool, typer.Option("--include-heard", help="Items heard already may be there as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands

    items = None
    if history is not None:
        items = [item for said in history for item in said.split(",")]
    served = errands.songs_for(folder, user=user, history=items, k=k, include_heard=include_heard)
    if as_json:
        print_json(served.to_dict())
        return
    _print_served(served)


def _print_served(served: Served) -> None:
    if served.unknown:
        print(f"Not met by the model, and left aside: {', '.join(served.unknown)}")
    has_titles = any(song["title"] is not None for song in served.songs)
    columns = ["rank", "item_id", *(["title"] if has_titles else []), "score", "reason"]
    print_table(columns, [[_cell(song, column) for column in columns] for song in served.songs])
    if not served.songs:
        print("Nothing is left to recommend.")


def _cell(song: dict, column: str):
    # An id is a name, not an amount: no commas in it.
    return str(song[column]) if column == "item_id" else song[column]
