"""Songs: titles by text, one song, songs like it, and the charts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel

from tenuto.service._guard import needs
from tenuto.service._ids import ids_of
from tenuto.service.api._resource import MISSING, ItemId, answer, desk_of, found, resource
from tenuto.serving import Charted, Item, Song

router = resource("songs")

HowMany = Annotated[int, Query(ge=1, le=100, description="how many at most")]
_MEND = "ask for a song of the published run; GET /api/v1/songs finds titles"


class Items(BaseModel):
    """Songs whose title or artist has the text, the most heard first."""

    songs: list[Item]


class Similar(BaseModel):
    """Songs near one song, the nearest first."""

    songs: list[Song]


class Charts(BaseModel):
    """What is played most, by the last week and the last month before the cutoff."""

    week: list[Charted]
    month: list[Charted]


@router.get(
    "/songs",
    dependencies=[needs("read")],
    response_model=Items,
    summary="Songs by a part of their title or artist",
)
def songs(
    request: Request,
    search: Annotated[str, Query(min_length=1, max_length=200, description="part of a name")],
    n: HowMany = 20,
) -> Response:
    return answer({"songs": desk_of(request).find_songs(search, n)})


@router.get(
    "/songs/{item_id:path}",
    dependencies=[needs("read")],
    response_model=Item,
    responses=MISSING,
    summary="One song",
)
async def song(request: Request, item_id: ItemId) -> Response:
    return answer(_known(request, item_id))


@router.get(
    "/songs/{item_id:path}/similar",
    dependencies=[needs("read")],
    response_model=Similar,
    responses=MISSING,
    summary="Songs like one song",
)
async def similar(request: Request, item_id: ItemId, n: HowMany = 10) -> Response:
    return answer({"songs": desk_of(request).similar(_known(request, item_id).item_id, n)})


@router.get(
    "/charts",
    dependencies=[needs("read")],
    response_model=Charts,
    summary="What is played most",
)
def charts(request: Request) -> Response:
    return answer(desk_of(request).charts())


def _known(request: Request, item_id: str) -> Item:
    one = ids_of(request).item(item_id)
    song: Item = found(None if one is None else desk_of(request).item(one), "song", _MEND)
    return song
