"""Remove listeners from a workspace: the lake, sums, lists, models, answers, campaigns, feedback.

They do not come back with the next ingest: a tombstone that only the secret can tell stays behind.
The secret is set in TENUTO_PRIVACY_KEY, or in the file of [privacy] key_file. A receipt without any
id is written. Raw logs and what was exported are outside of the workspace and stay as they are.

Example:

  tenuto forget my-service 168000001 168000002
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._mistakes import OURS
from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._progress import progress


def command(
    folder: WorkspaceFolder,
    users: Annotated[
        list[str], typer.Argument(metavar="USER...", help="Their ids, as in the logs.")
    ],
    pseudonyms: Annotated[
        bool,
        typer.Option("--pseudonyms", help="USER are pseudonyms, as the workspace has them."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    from tenuto import forgetting
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    with progress() as tell:
        receipt = forgetting.forget(workspace, users, are_pseudonyms=pseudonyms, progress=tell)
    if as_json:
        print_json(receipt.to_dict())
    else:
        print_table(["place", "rows removed"], list(receipt.removed.items()))
        print(f"\n{len(receipt.exports):,} exports before may hold them elsewhere.")
        for place in receipt.left:
            print(f"LEFT: {place}")
        print_places({"raw logs, not touched": workspace.logs, "receipt": receipt.file})
    if receipt.left:
        raise typer.Exit(OURS)
