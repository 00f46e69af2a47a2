"""The day at a glance: whom to contact first, what is hot, and how far to trust it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto.reports import _today
from tenuto.reports.activity import listeners_by_day
from tenuto.service.pages._house import House, Reader

TITLE = "Today"
GROUP = "Act"
ORDER = 10
PATH = "/"
SECTIONS = ("in_short",)

_CALLED = 5
_HOT = 5


def routes(house: House) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def today(request: Request, caller: Reader) -> HTMLResponse:
        results = house.results()
        return house.page(
            request,
            "today.html.j2",
            TITLE,
            visitor=caller,
            glance=house.drawn("glance", lambda: _today.at_a_glance(results)),
            called=house.desk.call_list(page_size=_CALLED),
            hot=house.desk.charts().get("week", [])[:_HOT],
            beware=house.drawn("beware", lambda: _today.to_beware_of(results)),
            days=house.drawn("days", lambda: listeners_by_day(results)),
        )

    return router
