"""What goes wrong on a page, shown as a page: what it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from tenuto.errors import TenutoError
from tenuto.service._guard import guard_of
from tenuto.service._headers import is_api
from tenuto.service._problems import KINDS, Refusal, refusal_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def shown_as_pages(house: Any) -> type[APIRoute]:
    """A kind of route whose refusals are read by people; a path of the API keeps its own."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            answer = super().get_route_handler()

            async def watched(request: Request) -> Response:
                try:
                    return await answer(request)
                except (Refusal, TenutoError, RequestValidationError) as failure:
                    if is_api(request.url.path):
                        raise
                    return problem_page(house, request, _refusal(failure))

            return watched

    return PageRoute


def problem_page(house: Any, request: Request, refusal: Refusal) -> Response:
    """The problem in the frame of all pages; without the menu for whoever has not signed in."""
    status, title = KINDS[refusal.kind]
    answer = house.page(
        request,
        "problem.html.j2",
        title,
        status=status,
        visitor=_caller(request),
        said=refusal.said,
        mend=refusal.mend,
    )
    answer.headers.update(refusal.headers or {})
    return answer


def _refusal(failure: Exception) -> Refusal:
    if isinstance(failure, Refusal):
        return failure
    if isinstance(failure, TenutoError):
        return refusal_of(failure)
    return Refusal("not-valid", "the address holds a value that this page has no use for")


def _caller(request: Request) -> Any:
    """Who asks, if it can be told without another refusal."""
    try:
        return guard_of(request).browser(request)
    except Refusal:
        return None
