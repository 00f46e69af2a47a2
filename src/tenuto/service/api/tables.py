"""Tables of a run: cohorts, segments, figures of models, and more; sums, never one listener."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from tenuto.service._guard import needs
from tenuto.service._tables import TOPICS, tables_of
from tenuto.service.api._resource import MISSING, answer, desk_of, found, resource, workspace_of

router = resource("tables")

_MEND = "GET /api/v1/runs names the runs that there are, and their tables"


class Table(BaseModel):
    """Rows under the names of their columns; docs/reference/files.md explains each column."""

    columns: list[str]
    rows: list[dict[str, Any]]


class Tables(BaseModel):
    """The tables of one topic of one run; ``day`` is its cutoff."""

    day: date
    tables: dict[str, Table] = Field(description="by their names")


def _answering(topic: str) -> Callable[..., Response]:
    def tables(request: Request, day: date | None = None) -> Response:
        which = day or desk_of(request).about().day
        run = workspace_of(request).run_folder(which)
        return answer(
            {"day": which, "tables": found(tables_of(run, topic), "run with such tables", _MEND)}
        )

    return tables


for _topic, _words in TOPICS.items():
    router.add_api_route(
        f"/{_topic}",
        _answering(_topic),
        name=_topic,
        dependencies=[needs("read")],
        response_model=Tables,
        responses=MISSING,
        summary=f"{_words.question} By default of the published run",
    )
