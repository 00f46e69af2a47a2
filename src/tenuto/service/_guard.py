"""Who asks, and whether they may: every route names the role it needs, or says it is for all.

Programs send ``Authorization: Bearer TOKEN``; browsers sign in with a token and send the cookie of
their session. The API takes no cookies, so that no other site can use a browser against it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Security
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tenuto.service._csrf import SAFE_METHODS, check_form, refuse_other_sites
from tenuto.service._headers import is_api
from tenuto.service._limits import Buckets, Limits, too_many
from tenuto.service._problems import Refusal
from tenuto.service._roles import Role
from tenuto.service._sessions import COOKIE, Session, Sessions
from tenuto.service._tokens import Token, TokenBook


@dataclass(frozen=True)
class Caller:
    """Somebody who may be answered.

    ``name`` is that of the token, for the audit log; ``csrf`` the code for forms, empty for
    programs.
    """

    name: str
    role: Role
    key: str
    csrf: str = ""

    def may(self, role: Role) -> bool:
        return self.role >= role


class Guard:
    """Recognises callers; one for each server.

    ``tokens`` is None where they are switched off, which only this machine's own address allows:
    whoever asks may then do all but administer.
    """

    def __init__(self, tokens: TokenBook | None, sessions: Sessions, limits: Limits):
        self.tokens, self.sessions = tokens, sessions
        code = secrets.token_urlsafe(18)
        self._anybody = Caller("anybody on this machine", Role.EXPORT, "anybody", code)
        self._calls = Buckets(limits.requests_per_s, limits.burst)
        self._failures = Buckets(limits.failures_per_s, limits.failure_burst)

    def program(self, request: Request) -> Caller:
        """The caller behind a bearer token.

        Raises
        ------
        Refusal : without a token, with one that does not hold, or after too many requests
        """
        if self.tokens is None:
            if request.method not in SAFE_METHODS:
                refuse_other_sites(request)
            return self._counted(self._anybody)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise self._failed(request, "no-token")
        token = self.tokens.holder_of(text.strip())
        if token is None:
            raise self._failed(request, "wrong-token")
        return self._counted(_caller(token))

    def browser(self, request: Request) -> Caller | None:
        """The caller behind the cookie of a session; None for whoever has to sign in."""
        if self.tokens is None:
            return self._counted(self._anybody)
        session = self.session(request)
        token = self.tokens.holder_with_id(session.token_id) if session else None
        if session is None or token is None:
            return None
        return self._counted(_caller(token, self.sessions.form_code(session)))

    def session(self, request: Request) -> Session | None:
        return self.sessions.read(request.cookies.get(COOKIE, ""))

    def sign_in(self, request: Request, text: str) -> str | None:
        """The cookie of a new session for whoever has the token ``text``; None if it is wrong.

        Raises
        ------
        Refusal : after too many wrong ones
        """
        token = self.tokens.holder_of(text.strip()) if self.tokens else None
        if token is None:
            self._failed(request, "wrong-token", is_final=False)
            return None
        return self.sessions.begin(token.id)

    def _counted(self, caller: Caller) -> Caller:
        wait_s = self._calls.wait_s(caller.key)
        if wait_s:
            raise too_many(wait_s)
        return caller

    def _failed(self, request: Request, kind: str, is_final: bool = True) -> Refusal:
        """The refusal, counted against the address that it came from."""
        wait_s = self._failures.wait_s(request.client.host if request.client else "")
        if wait_s:
            refusal = too_many(wait_s)
            if not is_final:
                raise refusal
            return refusal
        return Refusal(
            kind,
            mend='send "Authorization: Bearer TOKEN"; tenuto token create WORKSPACE makes one',
            headers={"WWW-Authenticate": "Bearer"},
        )


class Needs(SecurityBase):
    """Let callers of the API pass who have ``role``."""

    def __init__(self, role: Role):
        self.role = role
        self.model = BearerModel(description="A token made by `tenuto token create`.")
        self.scheme_name = "token"

    async def __call__(self, request: Request) -> Caller:
        return getattr(request.state, "caller", None) or self.admit(request)

    def admit(self, request: Request) -> Caller:
        """The caller, who from now on is known to this request."""
        caller = _refuse_smaller(guard_of(request).program(request), self.role)
        request.state.caller = caller
        return caller


class AskedFirst(APIRoute):
    """A route that asks who is there before it reads a body: strangers are not listened to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        guards = [guard for guard in guard_on(self.dependant) if isinstance(guard, Needs)]

        async def ask_first(request: Request) -> Response:
            for guard in guards:
                guard.admit(request)
            return await handle(request)

        return ask_first


class Visitor:
    """Let people pass who have signed in with a token of ``role``; others go to sign in."""

    def __init__(self, role: Role):
        self.role = role

    async def __call__(self, request: Request) -> Caller:
        caller = guard_of(request).browser(request)
        if caller is None:
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            at = asked if request.method in SAFE_METHODS else "/"
            raise SignInFirst(f"/login?next={quote(at, safe='')}")
        _refuse_smaller(caller, self.role)
        if request.method not in SAFE_METHODS:
            await check_form(request, caller.csrf)
        return caller


class ForAll:
    """Says that a route is for everybody, so that it was not forgotten."""

    async def __call__(self) -> None:
        return None


class SignInFirst(Exception):
    """Nobody has signed in; ``where`` is the address of the form."""

    def __init__(self, where: str):
        super().__init__(where)
        self.where = where


async def to_sign_in(_: Request, needed: Any) -> Response:
    """The answer to `SignInFirst`: the way to the form."""
    return RedirectResponse(needed.where, 303)


def needs(role: str) -> Any:
    """For routes of the API: the caller's token has to have ``role``."""
    return Security(Needs(Role.called(role)), scopes=[role])


def visitor(role: str) -> Any:
    """For pages: whoever has signed in has to have ``role``; forms have to carry their code."""
    return Security(Visitor(Role.called(role)))


def open_to_all() -> Any:
    """For the few routes that ask for no token."""
    return Security(ForAll())


def guard_of(request: Request) -> Guard:
    return request.app.state.guard


def guard_on(dependant: Any) -> list[Any]:
    """The guards on a route, among all that it depends on."""
    found = [dependant.call] if isinstance(dependant.call, Needs | Visitor | ForAll) else []
    return found + [guard for inner in dependant.dependencies for guard in guard_on(inner)]


def belongs(path: str, guard: Any) -> bool:
    """Whether the kind of guard is the one of its place: tokens for programs, cookies for pages."""
    return isinstance(guard, ForAll | (Needs if is_api(path) else Visitor))


def _caller(token: Token, csrf: str = "") -> Caller:
    return Caller(token.name, Role.called(token.role), token.id, csrf)


def _refuse_smaller(caller: Caller, needed: Role) -> Caller:
    if not caller.may(needed):
        raise Refusal(
            "role",
            f"this needs the role '{needed.word}', the token has '{caller.role.word}'",
            mend=f"tenuto token create WORKSPACE --role {needed.word}",
        )
    return caller
