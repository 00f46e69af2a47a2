"""Serve a workspace: its answers for programs (/api/v1), and pages for people.

What `tenuto publish` made last is served; a newer publication is followed without a restart.
Nobody is answered without a token: `tenuto token create` makes one. By default only this machine
can reach the server; put a proxy with TLS in front of it for others. Ctrl-C, or SIGTERM, stops it.

Example:

  tenuto serve my-service

  tenuto serve my-service --port 8100 --allow-host music.example.org
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tenuto.cli._options import AsJson, WorkspaceFolder
from tenuto.cli._output import print_json


def command(
    folder: WorkspaceFolder,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name under which others reach it; may be repeated."),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=1, help="Requests a second that each token may make.")
    ] = 1000,
    is_open: Annotated[
        bool,
        typer.Option("--open", help="Ask for no token: whoever is on this machine may look."),
    ] = False,
    no_pages: Annotated[bool, typer.Option("--no-pages", help="Answer programs alone.")] = False,
    as_json: AsJson = False,
) -> None:
    from tenuto.service._limits import Limits
    from tenuto.service._run import Server, serve
    from tenuto.service._tokens import TokenBook
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    server = Server(
        root=str(workspace.root.resolve()),
        host=host,
        port=port,
        workers=workers,
        hosts=tuple(allow_host or ()),
        is_open=is_open,
        with_pages=not no_pages,
        limits=Limits(requests_per_s=rate, burst=2 * rate),
    )
    has_tokens = is_open or bool(TokenBook(workspace.root).all())

    def tell(address: str) -> None:
        if as_json:
            print_json({"address": address, "workspace": server.root, "is_open": is_open})
        else:
            print(f"Serving {folder} at {address}")
        if not has_tokens:
            print(
                "Nobody has a token yet, so nobody is answered. To make one:\n"
                f"  tenuto token create {folder} --role read",
                file=sys.stderr,
            )
        sys.stdout.flush()

    serve(server, tell)
