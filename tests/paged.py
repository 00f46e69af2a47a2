"""A served workspace with pages: saved results made by hand, a desk that answers from memory."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from starlette.testclient import TestClient

import fake_desk
import saved_results
from fake_desk import FakeDesk
from served import ROLES, Served
from tenuto.service._app import build_app
from tenuto.service._limits import Limits
from tenuto.service._tokens import TokenBook

#: So many requests at once that no test is stopped for being the next.
PATIENT = Limits(requests_per_s=10_000, burst=10_000, failures_per_s=10_000, failure_burst=10_000)


def paged(folder: Path, *, with_tokens: bool = True) -> Served:
    """The results of one run in ``folder``, served to people."""
    workspace = saved_results.saved_workspace(folder / "w", cutoff=fake_desk.DAY)
    book, desk = TokenBook(workspace.root), FakeDesk()
    tokens = {role: book.create(f"a {role} token", role)[1] for role in ROLES}
    app = build_app(workspace, desk, book if with_tokens else None, limits=PATIENT)
    return Served(app, desk, workspace, book, tokens)


def browser(house: Served, role: str | None = None) -> TestClient:
    """A browser; with a role, one whose holder has signed in."""
    client = TestClient(house.app, base_url="http://localhost", follow_redirects=False)
    client.headers |= {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    if role is not None:
        answer = client.post("/login", data={"token": house.tokens[role]})
        assert answer.status_code == 303, answer.text
    return client


def form_code(client: TestClient, page: str = "/") -> str:
    """What the forms of a page send back."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(page).text)
    assert found is not None
    return found[1]


def tags(page: str) -> list[dict[str, str]]:
    """Attributes of every tag of a page, with its name as ``tag``."""
    reader = _Tags()
    reader.feed(page)
    return reader.found


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag, attributes):
        self.found.append({"tag": tag} | {name: value or "" for name, value in attributes})
