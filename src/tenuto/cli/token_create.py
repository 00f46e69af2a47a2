"""Make a token for a program or a person; it is shown once, and kept only as its SHA-256.

Roles: read looks; feedback also says likes; export also downloads lists; admin also publishes.

Example:

  tenuto token create my-service --role feedback --name web-app --days 365
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json


def command(
    folder: WorkspaceFolder,
    role: Annotated[str, typer.Option(help="read, feedback, export or admin.")],
    name: Annotated[str, typer.Option(help="Whose it is; stands in the audit log.")] = "unnamed",
    days: Annotated[
        int | None, typer.Option(min=1, help="Days that it holds. [default: until it is revoked]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto.service._tokens import TokenBook
    from tenuto.workspace import Workspace

    token, text = TokenBook(Workspace(folder).root).create(name, role, days)
    if as_json:
        print_json({**asdict(token), "sha256": token.sha256[:8], "token": text})
        return
    print(text)
    until = "until it is revoked" if token.expires is None else f"until {token.expires}"
    print(
        f"Role {token.role}, {until}. It cannot be shown again: keep it where secrets are kept.",
        file=sys.stderr,
    )
