"""Runs: which there are, what they were made from, and how they went."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from tenuto.service._guard import needs
from tenuto.service._tables import run_of, runs_of
from tenuto.service.api._resource import MISSING, answer, found, resource, workspace_of

router = resource("runs")


class Run(BaseModel):
    """One finished run in short."""

    day: date = Field(description="its cutoff")
    topics: list[str] = Field(description="tables that it has, such as cohorts")
    versions: dict[str, str]
    code: str | None = Field(description="SHA-256 of the modules that results come from")
    churn: dict[str, Any]
    recommend: dict[str, Any]
    retention: dict[str, Any]


class Runs(BaseModel):
    """The finished runs, the newest first."""

    runs: list[Run]


@router.get("/runs", dependencies=[needs("read")], response_model=Runs, summary="Finished runs")
def runs(request: Request) -> Response:
    return answer({"runs": runs_of(workspace_of(request))})


@router.get(
    "/runs/{day}",
    dependencies=[needs("read")],
    response_model=Run,
    responses=MISSING,
    summary="One run in short",
)
def run(request: Request, day: date) -> Response:
    record = workspace_of(request).run_folder(day) / "run.json"
    said = run_of(record) if record.is_file() else None
    return answer(found(said, "finished run", "GET /api/v1/runs names those that there are"))
