"""What the files of this room share: a router that documents its problems, and answers as bytes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from tenuto.service._problems import KINDS, MEDIA_TYPE, Refusal
from tenuto.service._quick import MAX_ID, Quick
from tenuto.serving import Answers
from tenuto.workspace import Workspace

PREFIX = "/api/v1"
#: Of every route: what can be wrong whatever is asked.
_ALWAYS = ("unknown-host", "no-token", "role", "not-valid", "too-many", "not-ready")
_SCHEMA = {"$ref": "#/components/schemas/Problem"}

UserId = Annotated[str, Path(max_length=MAX_ID, description="as the log has it")]
ItemId = Annotated[str, Path(max_length=MAX_ID, description="as the log has it")]


def resource(tag: str) -> APIRouter:
    """A router for one kind of thing; ``tag`` is its name in the documentation."""
    return APIRouter(prefix=PREFIX, tags=[tag], responses=problems(*_ALWAYS), route_class=Quick)


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Problems for the documentation of a route, by their kinds."""
    return {
        KINDS[kind][0]: {
            "description": KINDS[kind][1],
            "content": {MEDIA_TYPE: {"schema": _SCHEMA}},
        }
        for kind in kinds
    }


#: Of routes that take a body, beside those of every route.
BODY = problems("not-understood", "slow", "too-large")
MISSING = problems("not-found")


def desk_of(request: Request) -> Answers:
    return request.app.state.desk


def workspace_of(request: Request) -> Workspace:
    return request.app.state.workspace


def answer(value: Any, status: int = 200) -> Response:
    """``value``, of `tenuto.serving` or plain, as JSON; NaN as null.

    Written by hand: checking our own answers against their types at each request would cost more
    than looking them up. Tests check them.
    """
    return Response(to_json(value, inf_nan_mode="null"), status, media_type="application/json")


def found(value: Any, what: str, mend: str) -> Any:
    """``value``, which is there.

    Raises
    ------
    Refusal : if it is None
    """
    if value is None:
        raise Refusal("not-found", f"no {what} has this id", mend=mend)
    return value
