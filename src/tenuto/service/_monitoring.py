"""What machines ask of the server itself: Prometheus metrics, and the OpenAPI document."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from tenuto.service._guard import needs
from tenuto.service.api._resource import PREFIX, answer

router = APIRouter(include_in_schema=False)


@router.get("/metrics", dependencies=[needs("read")])
def metrics(request: Request) -> Response:
    return Response(request.app.state.figures.page(), media_type=CONTENT_TYPE_LATEST)


@router.get(f"{PREFIX}/openapi.json", dependencies=[needs("read")])
def document(request: Request) -> Response:
    return answer(request.app.openapi())
