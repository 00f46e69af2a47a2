"""Who may ask a served workspace: the tokens, without their secrets.

Roles: read looks; feedback also says likes; export also downloads lists; admin also publishes.

Example:

  tenuto token my-service
"""

from __future__ import annotations

from dataclasses import asdict

from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json, print_table


def command(folder: WorkspaceFolder, as_json: AsJson = False) -> None:
    from tenuto.service._tokens import TokenBook
    from tenuto.workspace import Workspace

    tokens = TokenBook(Workspace(folder).root).all()
    if as_json:
        print_json([{**asdict(token), "sha256": token.sha256[:8]} for token in tokens])
        return
    if not tokens:
        print("Nobody has a token.")
        return
    columns = ["id", "name", "role", "made", "expires"]
    print_table(columns, [[t.id, t.name, t.role, t.created, t.expires] for t in tokens])
