"""Recommendations: what a listener should hear next, and why each song is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tenuto import lists
from tenuto.service._guard import needs
from tenuto.service._ids import ids_of
from tenuto.service._problems import Refusal
from tenuto.service.api._resource import BODY, UserId, answer, desk_of, resource
from tenuto.service.api.listeners import Id
from tenuto.serving import Songs

router = resource("recommendations")

#: The lists of the run, and the chart of what is played most these days.
LISTS = [*lists.in_order(), "hot"]


class Wanted(BaseModel):
    """Which list, how long, and where it will be heard."""

    model_config = ConfigDict(extra="forbid")

    list: str = Field("mix", description="which list", json_schema_extra={"enum": [*LISTS]})
    n: int = Field(20, ge=1, le=100, description="how many songs at most")
    hour: int | None = Field(None, ge=0, le=23, description="of the listener's clock")
    device: str | None = Field(None, max_length=100, description="as GET /api/v1/about names them")


class WantedWithSeeds(Wanted):
    """The same, with songs that the listener likes now."""

    seeds: list[Id] = Field([], max_length=50, description="ids of songs to begin from")


@router.get(
    "/listeners/{user_id:path}/recommendations",
    dependencies=[needs("read")],
    response_model=Songs,
    summary="A list of songs for one listener",
)
async def recommendations(
    request: Request, user_id: UserId, wanted: Annotated[Wanted, Query()]
) -> Response:
    return answer(_songs(request, user_id, wanted, []))


@router.post(
    "/listeners/{user_id:path}/recommendations",
    dependencies=[needs("read")],
    response_model=Songs,
    responses=BODY,
    summary="A list of songs, begun from songs that the listener likes now",
)
def recommendations_from_seeds(
    request: Request, user_id: UserId, wanted: WantedWithSeeds
) -> Response:
    return answer(_songs(request, user_id, wanted, wanted.seeds))


def _songs(request: Request, user_id: str, wanted: Wanted, seeds: Sequence[int | str]) -> Songs:
    desk, ids = desk_of(request), ids_of(request)
    _refuse_unknown("list", wanted.list, LISTS)
    if wanted.device is not None:
        _refuse_unknown("device", wanted.device, desk.about().devices)
    known = [item for item in map(ids.item, seeds) if item is not None]
    if len(known) < len(seeds):
        why = "ids of songs are whole numbers here"
        raise Refusal("not-valid", errors=[{"where": "seeds", "why": why}])
    return desk.songs(
        ids.user(user_id),
        wanted.list,
        wanted.n,
        hour=wanted.hour,
        device=wanted.device,
        seeds=known,
    )


def _refuse_unknown(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        why = f"use one of: {', '.join(known)}" if known else f"this log tells of no {what}"
        raise Refusal("not-valid", errors=[{"where": what, "why": why}])
