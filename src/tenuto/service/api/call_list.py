"""The call list: whom to contact, in order; whoever is held out is not on it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tenuto.service._guard import needs
from tenuto.service.api._resource import answer, desk_of, resource
from tenuto.serving import Listener

router = resource("call list")


class Narrowed(BaseModel):
    """Whom of the list; what is left out does not narrow it."""

    model_config = ConfigDict(extra="forbid")

    action: str | None = Field(None, max_length=100, description="a planned action, by its name")
    plan: Literal["free", "paid"] | None = None
    reason: str | None = Field(
        None, max_length=100, description="the code of one of the first three that raise the risk"
    )
    search: str | None = Field(
        None, max_length=200, description="words to be found in id, reasons, action or songs"
    )
    min_probability: float | None = Field(None, ge=0, le=1)
    sort: Literal["rank", "probability", "value", "expected_value", "silence", "user_id"] = "rank"


class Wanted(Narrowed):
    """Which page of it."""

    page: int = Field(1, ge=1, le=1_000_000)
    page_size: int = Field(50, ge=1, le=500)


class CallList(BaseModel):
    """One page of the list; ``total`` counts listeners, ``pages`` pages."""

    rows: list[Listener]
    total: int
    page: int
    pages: int
    page_size: int


@router.get(
    "/call-list",
    dependencies=[needs("read")],
    response_model=CallList,
    summary="One page of the call list, filtered and sorted",
)
def call_list(request: Request, wanted: Annotated[Wanted, Query()]) -> Response:
    return answer(desk_of(request).call_list(**wanted.model_dump()))
