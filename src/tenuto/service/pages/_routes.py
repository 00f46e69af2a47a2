"""All routes of all pages, and what is shown where there is none."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto.catalogue import Catalogue
from tenuto.reports._page import in_order
from tenuto.service._problems import Refusal
from tenuto.service.pages import _sign_in, _static, _theme
from tenuto.service.pages._house import House, Reader
from tenuto.service.pages._problem_page import shown_as_pages


def all_routes(house: House, catalogue: Catalogue) -> APIRouter:
    """The members in order, then the rest; the last route takes every other path."""
    router = APIRouter(route_class=shown_as_pages(house), include_in_schema=False)
    members = [member.routes(house) for _, member in in_order(catalogue)]
    for part in (_static.routes(), _theme.routes(), _sign_in.routes(house), *members):
        for route in part.routes:
            if isinstance(route, APIRoute):
                _add(router, route)

    @router.get("/{path:page}")
    def nowhere(request: Request, caller: Reader, path: str) -> HTMLResponse:
        raise Refusal("not-found", mend="take one of the pages in the menu")

    return router


def _add(router: APIRouter, route: APIRoute) -> None:
    """The same route, its problems shown as pages."""
    router.add_api_route(
        route.path,
        route.endpoint,
        methods=sorted(route.methods or ()),
        dependencies=route.dependencies,
        response_class=route.response_class,
        response_model=None,
    )
