"""The whole server as one application: routes, guards, limits and headers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from tenuto import __version__
from tenuto.errors import ContractError
from tenuto.service import _monitoring, pages
from tenuto.service._guard import Guard, SignInFirst, belongs, guard_on, to_sign_in
from tenuto.service._headers import KnownHosts, SafeHeaders
from tenuto.service._ids import Ids
from tenuto.service._limits import BodyLimit, Limits
from tenuto.service._metrics import Figures, Measure
from tenuto.service._problems import Problem, Unexpected, answer_problems
from tenuto.service._sessions import Sessions
from tenuto.service._tokens import TokenBook
from tenuto.service.api import CATALOGUE
from tenuto.service.api._resource import PREFIX
from tenuto.serving import Answers
from tenuto.workspace import Workspace

#: What this machine calls itself; other names have to be allowed one by one.
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_ABOUT = """\
Who is about to leave, why, what to do about it, and what each listener should hear next.

Send `Authorization: Bearer TOKEN` with every request. The roles are `read`, `feedback`, `export`
and `admin`; each may do all that the ones before it may.
"""


def build_app(
    workspace: Workspace,
    desk: Answers,
    tokens: TokenBook | None,
    *,
    limits: Limits | None = None,
    hosts: Sequence[str] = LOOPBACK,
    session_key: bytes | None = None,
    with_pages: bool = True,
) -> FastAPI:
    """The server of one workspace.

    Parameters
    ----------
    tokens : None switches them off: whoever reaches the server may do all but administer
    hosts : names under which the server is reached, without ports
    session_key : of browser sessions; the workers of one server share it
    with_pages : also answer people, not programs alone

    Raises
    ------
    ContractError : if a route does not say which role it needs
    """
    limits = limits or Limits()
    figures = Figures()
    app = FastAPI(
        title="Tenuto",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=_middleware(figures, limits, hosts),
        lifespan=_closing(desk),
        redirect_slashes=False,
    )
    app.state.workspace, app.state.desk, app.state.figures = workspace, desk, figures
    app.state.ids = Ids(workspace)
    app.state.guard = Guard(tokens, Sessions(session_key), limits)
    answer_problems(app)
    app.add_exception_handler(SignInFirst, to_sign_in)
    routers = [member.router for member in CATALOGUE.all().values()]
    routers.append(_monitoring.router)
    if with_pages:
        routers.append(pages.router(desk, workspace))
    # The routes themselves, not `include_router`: so each is there to be looked at.
    routes = [route for router in routers for route in router.routes]
    app.router.routes.extend(sorted(routes, key=_greed))
    _refuse_unguarded(app)
    document = document_of(app)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def document_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the routes for programs."""
    routes = [route for route in app.routes if getattr(route, "include_in_schema", False)]
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=routes
    )
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    return document


def guarded_routes(app: FastAPI) -> list[tuple[APIRoute, list[Any]]]:
    """Every route, with the guards on it."""
    return [
        (route, guard_on(route.dependant)) for route in app.routes if isinstance(route, APIRoute)
    ]


def _middleware(figures: Figures, limits: Limits, hosts: Sequence[str]) -> list[Middleware]:
    """From the outside in."""
    return [
        Middleware(Measure, figures=figures, max_at_once=limits.max_at_once),
        Middleware(SafeHeaders),
        Middleware(Unexpected),
        Middleware(KnownHosts, hosts=hosts),
        Middleware(BodyLimit, max_bytes=limits.max_body_bytes, patience_s=limits.patience_s),
    ]


def _closing(desk: Answers) -> Any:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            desk.close()

    return life


def _greed(route: Any) -> int:
    """Routes that take what comes are asked last: ids with a slash, then pages that are not."""
    path: str = route.path
    if path.endswith((":path}", ":page}")):
        return 2 + path.endswith(":page}")
    # What is asked most is asked first: each route that is passed over takes its time.
    return 0 if path.startswith(f"{PREFIX}/listeners/") else 1


def _refuse_unguarded(app: FastAPI) -> None:
    """A route that nobody thought about is a mistake of ours, found before the first request."""
    for route in app.routes:
        guards = guard_on(route.dependant) if isinstance(route, APIRoute) else []
        path = getattr(route, "path", str(route))
        if len(guards) != 1 or not belongs(path, guards[0]):
            raise ContractError(
                f"the route {path} does not say who may use it",
                mend="give it one of needs(ROLE), visitor(ROLE) and open_to_all()",
            )
