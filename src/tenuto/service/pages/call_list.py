"""Whom to contact, why and with what: filters, search, pages, and the same list as a file."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from tenuto.service._downloads import call_list_as_csv
from tenuto.service.pages._filters import PAGE_SIZE, SORTS, Filters
from tenuto.service.pages._house import Exporter, House, Reader

TITLE = "Call list"
GROUP = "Act"
ORDER = 20
PATH = "/call-list"
SECTIONS = ("call_list",)

_FILE = f"{PATH}.csv"


def routes(house: House) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def call_list(request: Request, caller: Reader) -> Response:
        about = house.desk.about()
        filters = Filters.of(request.query_params, about)
        found = house.desk.call_list(**filters.wanted(), page=filters.page, page_size=PAGE_SIZE)
        if filters.page > found.pages:
            return RedirectResponse(filters.address(PATH, found.pages), 303)
        return house.page(
            request,
            "call_list.html.j2",
            TITLE,
            visitor=caller,
            found=found,
            filters=filters,
            sorts=SORTS,
            file=filters.address(_FILE),
        )

    @router.get(_FILE)
    def file(request: Request, caller: Exporter) -> StreamingResponse:
        about = house.desk.about()
        wanted = Filters.of(request.query_params, about).wanted()
        rows = call_list_as_csv(
            house.workspace, house.desk, wanted, by=caller.name, to="a browser, from the call list"
        )
        name = f"call-list-{about.day}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

    return router
