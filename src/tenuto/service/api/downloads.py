"""Downloads: the call list as a file; each is written to the audit log before it begins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import StreamingResponse

from tenuto.service._downloads import call_list_as_csv
from tenuto.service._guard import Caller, needs
from tenuto.service.api._resource import desk_of, resource, workspace_of
from tenuto.service.api.call_list import Narrowed

router = resource("downloads")

_CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "The list", "content": {"text/csv": {"schema": {"type": "string"}}}},
}


@router.get(
    "/call-list.csv",
    response_class=StreamingResponse,
    responses=_CSV,
    summary="The call list for a spreadsheet, with the same filters",
)
def download(
    request: Request,
    wanted: Annotated[Narrowed, Query()],
    caller: Annotated[Caller, needs("export")],
) -> StreamingResponse:
    parts = call_list_as_csv(
        workspace_of(request),
        desk_of(request),
        wanted.model_dump(),
        by=caller.name,
        to="GET /api/v1/call-list.csv",
    )
    headers = {"Content-Disposition": 'attachment; filename="call-list.csv"'}
    return StreamingResponse(parts, headers=headers, media_type="text/csv")
