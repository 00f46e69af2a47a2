"""The few files that pages load: style, script and icon, under names that change with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from tenuto.reports._page import look
from tenuto.service._guard import open_to_all
from tenuto.service._problems import Refusal

FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class _File:
    body: bytes
    kind: str


@cache
def _files() -> dict[str, _File]:
    """By plain name; the style of the report stands before that of the pages."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        body = path.read_bytes()
        if path.name == "pages.css":
            body = look().encode() + b"\n" + body
        found[path.name] = _File(body, _KINDS[path.suffix])
    return found


@cache
def address(name: str) -> str:
    """Where a browser finds the file ``name``; other bytes have another address."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(_files()[name].body).hexdigest()[:16]
    return f"/static/{stem}.{digest}.{suffix}"


def routes() -> APIRouter:
    """The files; they hold nothing of anybody, so that the sign-in page can load them too."""
    router = APIRouter(include_in_schema=False)
    by_address = {address(name): file for name, file in _files().items()}

    @router.get("/static/{name}", dependencies=[open_to_all()])
    def static(name: str) -> Response:
        file = by_address.get(f"/static/{name}")
        if file is None:
            raise Refusal("not-found", mend="load the page again: its files have other names now")
        return Response(file.body, media_type=file.kind, headers={"Cache-Control": _YEAR})

    return router
