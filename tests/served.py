"""A served workspace for tests: the application over a desk that answers from memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from fake_desk import FakeDesk
from tenuto.record import write_json
from tenuto.service._app import build_app
from tenuto.service._limits import Limits
from tenuto.service._tokens import TokenBook
from tenuto.workspace import Workspace

RUN_DAY = "2017-05-13"
ROLES = ("read", "feedback", "export", "admin")
#: What stands in for the parameters of a path.
_PARTS = {
    "{user_id:path}": "1",
    "{item_id:path}": "10",
    "{receipt_id}": "1",
    "{day}": RUN_DAY,
}


@dataclass
class Served:
    """The application, and a token of each role by its name."""

    app: FastAPI
    desk: FakeDesk
    workspace: Workspace
    book: TokenBook
    tokens: dict[str, str]

    def client(self, role: str | None = None) -> TestClient:
        """Somebody with the role, or without any token."""
        client = TestClient(self.app, base_url="http://localhost", raise_server_exceptions=False)
        if role is not None:
            client.headers["Authorization"] = f"Bearer {self.tokens[role]}"
        return client


def served(
    folder: Path,
    *,
    source: str = "musicbox",
    limits: Limits | None = None,
    with_tokens: bool = True,
    **options: Any,
) -> Served:
    """A workspace in ``folder`` with one run, served without pages unless asked for."""
    workspace = Workspace.create(folder / "workspace", source=source, logs=folder / "logs")
    run = workspace.run_folder(RUN_DAY)
    write_json(run / "run.json", {"versions": {"tenuto": "0.1.0"}, "code": "0" * 64})
    (run / "insights").mkdir()
    (run / "insights" / "cohorts.csv").write_text(
        "cohort,first_day,week,share_active\n-1,,0,1.0\n0,2017-03-30,0,\n"
    )
    book, desk = TokenBook(workspace.root), FakeDesk()
    tokens = {role: book.create(f"a {role} token", role)[1] for role in ROLES}
    app = build_app(
        workspace,
        desk,
        book if with_tokens else None,
        limits=limits,
        **{"with_pages": False} | options,
    )
    return Served(app, desk, workspace, book, tokens)


def example_of(route: APIRoute) -> tuple[str, str]:
    """A method and a path that the route answers."""
    path = route.path
    for part, value in _PARTS.items():
        path = path.replace(part, value)
    return next(iter(route.methods)), path
