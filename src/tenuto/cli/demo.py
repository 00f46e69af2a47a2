"""Make up a service, do everything with it, and serve the pages: the shortest way to look.

The logs go to FOLDER/logs, the results to FOLDER/workspace. The same seed
gives the same bytes. Nobody in it is real, so whoever is on this machine may
look without a token. Ctrl-C stops the server; the same command serves it again.

Example:

  tenuto demo demo --listeners 500
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._options import AsJson, Days, Listeners, Seed
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress
from tenuto.cli._summaries import print_run

if TYPE_CHECKING:
    from tenuto.workspace import Workspace


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or an empty folder.")],
    listeners: Listeners = 2000,
    days: Days = 44,
    seed: Seed = 0,
    is_served: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the pages when all is done.")
    ] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 0,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline, serving
    from tenuto.workspace import Workspace

    with progress() as tell:
        summary = pipeline.demo(folder, listeners=listeners, days=days, seed=seed, progress=tell)
        workspace = Workspace(folder / "workspace")
        serving.publish(workspace, summary.cutoff)
    if as_json:
        print_json(summary.to_dict())
    else:
        print_run(summary)
    if is_served:
        _serve(workspace, port)


def _serve(workspace: Workspace, port: int) -> None:
    from tenuto.service._run import Server, serve

    def tell(address: str) -> None:
        print(f"\nOpen {address} in a browser. Ctrl-C stops it.", flush=True)

    serve(Server(root=str(workspace.root.resolve()), port=port, is_open=True), tell)
