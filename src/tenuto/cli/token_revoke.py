"""Take a token away, by its name or its id; it is refused from the next request on.

Example:

  tenuto token revoke my-service web-app
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json


def command(
    folder: WorkspaceFolder,
    name: Annotated[str, typer.Argument(help="The name or the id of the token.")],
    as_json: AsJson = False,
) -> None:
    from tenuto.service._tokens import TokenBook
    from tenuto.workspace import Workspace

    gone = TokenBook(Workspace(folder).root).revoke(name)
    if as_json:
        print_json([{"id": token.id, "name": token.name, "role": token.role} for token in gone])
        return
    for token in gone:
        print(f"Revoked {token.id} ({token.name}, {token.role}).")
