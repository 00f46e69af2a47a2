"""Health: whether the server lives, and whether it can answer; asked without a token."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel, Field

from tenuto.errors import TenutoError
from tenuto.service._guard import open_to_all
from tenuto.service._problems import Refusal
from tenuto.service.api._resource import answer, desk_of, problems, resource

router = resource("health")


class Live(BaseModel):
    """The server answers."""

    status: Literal["live"]


class Ready(BaseModel):
    """Answers are served; ``degraded``: not those that were published last, which are damaged."""

    status: Literal["ready", "degraded"]
    day: date = Field(description="the cutoff of what is served")
    publication: str


@router.get(
    "/health/live",
    dependencies=[open_to_all()],
    response_model=Live,
    summary="Whether the server lives",
)
async def live(request: Request) -> Response:
    return answer({"status": "live"})


@router.get(
    "/health/ready",
    dependencies=[open_to_all()],
    response_model=Ready,
    responses=problems("not-ready"),
    summary="Whether there is something to answer from",
)
def ready(request: Request) -> Response:
    desk = desk_of(request)
    try:
        about = desk.about()
    except TenutoError:
        # Whoever asks here has shown no token: where files lie is not for them.
        raise Refusal("not-ready", mend="tenuto publish WORKSPACE") from None
    status = "ready" if desk.problem is None else "degraded"
    return answer({"status": status, "day": about.day, "publication": about.publication})
