"""Publications: what is served, what was served before, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tenuto import serving
from tenuto.errors import WorkspaceError
from tenuto.service._guard import needs
from tenuto.service._problems import Refusal
from tenuto.service.api._resource import BODY, answer, desk_of, problems, resource, workspace_of
from tenuto.serving import About, Publication

router = resource("publications")


class Publications(BaseModel):
    """What is on the shelf, the newest first."""

    publications: list[Publication]


class Wanted(BaseModel):
    """Which run to publish."""

    model_config = ConfigDict(extra="forbid")

    day: date | None = Field(None, description="its cutoff; by default the latest finished run")


@router.get(
    "/about",
    dependencies=[needs("read")],
    response_model=About,
    summary="What is served, and the words that go with its numbers",
)
def about(request: Request) -> Response:
    return answer(desk_of(request).about())


@router.get(
    "/publications",
    dependencies=[needs("read")],
    response_model=Publications,
    summary="What is on the shelf",
)
def publications(request: Request) -> Response:
    return answer({"publications": serving.publications(workspace_of(request))})


@router.post(
    "/publications",
    dependencies=[needs("admin")],
    response_model=Publication,
    responses=BODY | problems("conflict"),
    status_code=201,
    summary="Publish a run: readers see the old answers, then the new, never a mixture",
)
def publish(request: Request, wanted: Wanted) -> Response:
    with _as_conflict():
        published = serving.publish(workspace_of(request), wanted.day)
    desk_of(request).refresh()
    return answer(published, 201)


@router.post(
    "/publications/back",
    dependencies=[needs("admin")],
    response_model=Publication,
    responses=problems("conflict"),
    summary="Serve again what was served before",
)
def go_back(request: Request) -> Response:
    with _as_conflict():
        published = serving.go_back(workspace_of(request))
    desk_of(request).refresh()
    return answer(published)


@contextmanager
def _as_conflict() -> Iterator[None]:
    """What the workspace lacks is no fault of the server, which goes on answering."""
    try:
        yield
    except WorkspaceError as failure:
        raise Refusal("conflict", failure.message, mend=failure.mend) from failure
