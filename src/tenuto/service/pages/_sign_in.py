"""Signing in with a token, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tenuto.service._csrf import refuse_other_sites
from tenuto.service._guard import guard_of, open_to_all
from tenuto.service._sessions import COOKIE, LIFETIME_S
from tenuto.service.pages._addresses import of_this_server
from tenuto.service.pages._house import House, Reader

_WRONG = "This token is not known, or does not hold any more."


def routes(house: House) -> APIRouter:
    """The form, what it sends, and the way out."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login", dependencies=[open_to_all()])
    def form(request: Request, next: str = "/") -> Response:
        if guard_of(request).browser(request) is not None:
            return RedirectResponse(of_this_server(next), 303)
        return house.page(request, "sign_in.html.j2", "Sign in", next=of_this_server(next), said="")

    @router.post("/login", dependencies=[open_to_all()])
    def sign_in(
        request: Request,
        token: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        refuse_other_sites(request)
        cookie = guard_of(request).sign_in(request, token)
        if cookie is None:
            at = of_this_server(next)
            return house.page(
                request, "sign_in.html.j2", "Sign in", status=401, next=at, said=_WRONG
            )
        answer = RedirectResponse(of_this_server(next), 303)
        answer.set_cookie(
            COOKIE,
            cookie,
            LIFETIME_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @router.post("/logout")
    def sign_out(request: Request, caller: Reader) -> Response:
        session = guard_of(request).session(request)
        if session is not None:
            guard_of(request).sessions.end(session)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return router
