"""What is hot, what is like what, what leavers heard, and how good the lists are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto.reports.songs import judgement
from tenuto.service.pages._house import House, Reader
from tenuto.service.pages._known import known_song

TITLE = "Songs"
GROUP = "Act"
ORDER = 40
PATH = "/songs"
SECTIONS = ("songs", "before_leaving")

_CHARTS = {"week": "Hot this week", "month": "Hot this month"}
_FOUND, _SIMILAR = 20, 12


def routes(house: House) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def songs(request: Request, caller: Reader, q: str = "") -> HTMLResponse:
        asked = q.strip()[:200]
        results = house.results()
        charts = house.desk.charts()
        return house.page(
            request,
            "songs.html.j2",
            TITLE,
            visitor=caller,
            asked=asked,
            found=house.desk.find_songs(asked, _FOUND) if asked else [],
            charts=[(title, charts[name]) for name, title in _CHARTS.items() if charts.get(name)],
            judged=house.drawn("judged", lambda: judgement(results)),
            sections=house.sections(("before_leaving",)),
        )

    @router.get(f"{PATH}/{{item_id:path}}")
    def song(request: Request, caller: Reader, item_id: str) -> HTMLResponse:
        found = known_song(house, item_id)
        return house.page(
            request,
            "song.html.j2",
            _name(found),
            visitor=caller,
            item=found,
            similar=house.desk.similar(found.item_id, _SIMILAR),
        )

    return router


def _name(item: Any) -> str:
    return str(item.title) if item.title else f"Item {item.item_id}"
