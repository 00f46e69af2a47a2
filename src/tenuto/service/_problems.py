"""What is answered when something is wrong: problem details (RFC 9457), never a traceback.

{"type": "urn:tenuto:problem:unknown-listener", "title": "Nobody has this id", "status": 404,
 "detail": "…", "mend": "what to do about it"}
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenuto.errors import ContractError, CutoffError, NotEnoughData, TenutoError, UnknownName

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger("tenuto.service")

#: The kind of a problem -> its status and title.
KINDS: dict[str, tuple[int, str]] = {
    "not-understood": (400, "The request cannot be understood"),
    "unknown-host": (400, "This host is not served here"),
    "no-token": (401, "A token is needed"),
    "wrong-token": (401, "This token is not known, or does not hold any more"),
    "role": (403, "This token may not do that"),
    "cross-site": (403, "The request comes from another site"),
    "not-found": (404, "There is nothing here"),
    "method": (405, "This cannot be done here"),
    "slow": (408, "The request did not come to its end"),
    "conflict": (409, "This cannot be done now"),
    "too-large": (413, "The request is too large"),
    "not-valid": (422, "A value cannot be used"),
    "too-many": (429, "Too many requests"),
    "unexpected": (500, "A mistake of the server's"),
    "not-ready": (503, "Nothing can be answered yet"),
    "busy": (503, "Too many requests at once"),
}
_BY_STATUS = {400: "not-understood", 401: "no-token", 403: "role", 404: "not-found", 405: "method"}


class Problem(BaseModel):
    """What is wrong, as RFC 9457 has it, and what to do about it."""

    type: str = Field(description="which kind of problem, as a URN")
    title: str = Field(description="the kind in words")
    status: int
    detail: str | None = Field(None, description="what is wrong with this request")
    mend: str | None = Field(None, description="what to type or change next")
    errors: list[dict[str, str]] | None = Field(
        None, description="each value that cannot be used: where, and why"
    )


class Refusal(HTTPException):
    """A request that is not done: ``kind`` is one of `KINDS`."""

    def __init__(
        self,
        kind: str,
        detail: str | None = None,
        *,
        mend: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] | None = None,
    ):
        super().__init__(KINDS[kind][0], headers=headers)
        self.kind, self.said, self.mend, self.errors = kind, detail, mend, errors

    def answer(self, place: str = "") -> Response:
        """The problem as a response; the folder ``place`` is not named in it."""
        status, title = KINDS[self.kind]
        problem = {
            "type": f"urn:tenuto:problem:{self.kind}",
            "title": title,
            "status": status,
            "detail": _without(place, self.said),
            "mend": _without(place, self.mend),
            "errors": self.errors,
        }
        body = json.dumps({name: said for name, said in problem.items() if said is not None})
        return Response(body, status, self.headers, MEDIA_TYPE)


def refusal_of(failure: TenutoError) -> Refusal:
    """A mistake that the caller can mend, as a refusal; what only the owner can is a 503."""
    kind = "not-ready"
    if isinstance(failure, UnknownName):
        kind = "not-found"
    elif isinstance(failure, CutoffError | ContractError):
        kind = "not-valid"
    elif isinstance(failure, NotEnoughData):
        kind = "conflict"
    return Refusal(kind, failure.message, mend=failure.mend)


def answer_problems(app: FastAPI) -> None:
    """Make ``app`` answer everything that goes wrong as a problem."""

    async def refused(request: Request, failure: Any) -> Response:
        return failure.answer(_place(request))

    async def mistaken(request: Request, failure: Any) -> Response:
        return refusal_of(failure).answer(_place(request))

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(TenutoError, mistaken)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _by_status)


def _place(request: Request) -> str:
    return str(request.app.state.workspace.root)


def _without(place: str, said: str | None) -> str | None:
    return said.replace(place, "WORKSPACE") if said and place else said


def where_and_why(problems: Sequence[Any], *within: str) -> list[dict[str, str]]:
    """Each value that cannot be used, as pydantic found it.

    What was sent is not sent back: it may be long, or a secret in the wrong place.
    """
    return [
        {"where": ".".join(map(str, (*within, *problem["loc"]))), "why": problem["msg"]}
        for problem in problems
    ]


async def _not_valid(_: Request, failure: Any) -> Response:
    return Refusal("not-valid", errors=where_and_why(failure.errors())).answer()


async def _by_status(_: Request, failure: Any) -> Response:
    kind = _BY_STATUS.get(failure.status_code, "not-understood")
    return Refusal(kind, headers=failure.headers).answer()


class Unexpected:
    """The last resort: what nobody foresaw is logged with its traceback, and answered without."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as failure:
            route = getattr(scope.get("route"), "path", "no route")
            _LOG.exception("%s %s: %s", scope["method"], route, type(failure).__name__)
            if has_begun:
                raise
            answer = Refusal("unexpected", mend="report it with the lines of the log").answer()
            await answer(scope, receive, send)
