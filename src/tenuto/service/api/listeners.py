"""Listeners: how likely each is to leave, why, and what is planned."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, Field

from tenuto.service._guard import needs
from tenuto.service._ids import ids_of
from tenuto.service.api._resource import BODY, MISSING, UserId, answer, desk_of, found, resource
from tenuto.serving import Day, Listener, Reason, Score

router = resource("listeners")

Id = int | Annotated[str, Field(max_length=200)]
_MEND = "ask for somebody the published run knew; GET /api/v1/about says which run that is"


class Asked(BaseModel):
    """Which listeners to look up."""

    user_ids: list[Id] = Field(min_length=1, max_length=1000, description="as the log has them")


class Batch(BaseModel):
    """The listeners asked for, in that order; null for whoever the run did not know."""

    listeners: list[Listener | None]


class Reasons(BaseModel):
    """Why the score of one listener is what it is, the strongest first; ``note`` where unknown."""

    reasons: list[Reason]
    note: str | None


class Days(BaseModel):
    """The days on which a listener did something, of the last 90, in order."""

    days: list[Day]


class Scores(BaseModel):
    """What each run that is kept said of a listener, in order."""

    scores: list[Score]


@router.get(
    "/listeners/{user_id:path}",
    dependencies=[needs("read")],
    response_model=Listener,
    responses=MISSING,
    summary="Score, reasons and action of one listener",
)
async def listener(request: Request, user_id: UserId) -> Response:
    return answer(_known(request, user_id))


@router.post(
    "/listeners/batch",
    dependencies=[needs("read")],
    response_model=Batch,
    responses=BODY,
    summary="The same for up to 1000 listeners",
)
def batch(request: Request, asked: Asked) -> Response:
    ids = [ids_of(request).user(one) for one in asked.user_ids]
    known = iter(desk_of(request).scores([one for one in ids if one is not None]))
    return answer({"listeners": [None if one is None else next(known) for one in ids]})


@router.get(
    "/listeners/{user_id:path}/reasons",
    dependencies=[needs("read")],
    response_model=Reasons,
    responses=MISSING,
    summary="Why the score is what it is, in words",
)
async def reasons(request: Request, user_id: UserId) -> Response:
    one = _known(request, user_id)
    return answer({"reasons": one.reasons, "note": one.reasons_note})


@router.get(
    "/listeners/{user_id:path}/days",
    dependencies=[needs("read")],
    response_model=Days,
    summary="What the listener did, day by day",
)
async def days(request: Request, user_id: UserId) -> Response:
    one = ids_of(request).user(user_id)
    return answer({"days": [] if one is None else desk_of(request).days(one)})


@router.get(
    "/listeners/{user_id:path}/scores",
    dependencies=[needs("read")],
    response_model=Scores,
    summary="How the score changed from run to run",
)
def scores(request: Request, user_id: UserId) -> Response:
    one = ids_of(request).user(user_id)
    return answer({"scores": [] if one is None else desk_of(request).score_history(one)})


def _known(request: Request, user_id: str) -> Listener:
    one = ids_of(request).user(user_id)
    listener: Listener = found(
        None if one is None else desk_of(request).listener(one), "listener", _MEND
    )
    return listener
