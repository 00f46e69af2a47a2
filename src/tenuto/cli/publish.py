"""Publish the answers of a run, to be looked up by `tenuto serve`, or go back to those before.

A running server takes them up by itself. Readers see the old answers or the new ones, never half
of either.

Example:

  tenuto publish my-service
  tenuto publish my-service --back
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json, print_table


def command(
    folder: WorkspaceFolder,
    day: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            help="The cutoff of the run to publish. By default the latest that is finished.",
        ),
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Serve the publication before the current one again.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="Change nothing; say what there is.")
    ] = False,
    keep: Annotated[
        int, typer.Option(metavar="N", min=1, help="Publications that stay, to go back to.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    from tenuto import serving
    from tenuto.errors import SettingsError
    from tenuto.workspace import Workspace

    if back and (list_all or day is not None):
        raise SettingsError("--back goes with neither --day nor --list", mend="leave one out")
    workspace = Workspace(folder)
    if back:
        serving.go_back(workspace)
    elif not list_all:
        serving.publish(workspace, day, keep=keep)
    there = serving.publications(workspace)
    if as_json:
        print_json([one.to_dict() for one in there])
        return
    rows = [
        ["yes" if one.is_current else "", one.name, one.day, f"{one.size_bytes / 1e6:,.1f} MB"]
        for one in there
    ]
    print_table(("served", "publication", "run", "size"), rows)
