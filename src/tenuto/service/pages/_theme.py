"""Light or dark, as the system says or as the reader chose, kept in a cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse

from tenuto.service._guard import Caller, visitor
from tenuto.service.pages._addresses import of_this_server

THEMES = {"": "System", "light": "Light", "dark": "Dark"}
_COOKIE = "tenuto_theme"
_YEAR_S = 365 * 86_400


def chosen(request: Request) -> str:
    """ "light", "dark", or empty for what the system says."""
    theme = request.cookies.get(_COOKIE, "")
    return theme if theme in THEMES else ""


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/theme")
    def choose(
        request: Request,
        caller: Annotated[Caller, visitor("read")],
        theme: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "/",
    ) -> RedirectResponse:
        answer = RedirectResponse(of_this_server(back), 303)
        if theme in THEMES and theme:
            answer.set_cookie(_COOKIE, theme, _YEAR_S, httponly=True, samesite="strict")
        else:
            answer.delete_cookie(_COOKIE, httponly=True, samesite="strict")
        return answer

    return router
