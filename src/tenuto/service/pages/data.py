"""What became of the log: lines kept and set aside, files that are missing, what means what."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.service.pages._house import House, Reader

TITLE = "Data"
GROUP = "Trust"
ORDER = 230
PATH = "/data"
SECTIONS = ("data_audit", "completeness", "windows")

_SAYS = "What was read, kept and set aside, what is missing, and which days the models saw."


def routes(house: House) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def data(request: Request, caller: Reader) -> HTMLResponse:
        results = house.results()
        return house.page(
            request,
            "sections.html.j2",
            TITLE,
            visitor=caller,
            says=_SAYS,
            sections=[
                *house.sections(SECTIONS),
                house.piece("mapping", "Mapping", lambda: _mapping(results)),
            ],
            nothing="",
        )

    return router


def _mapping(results: Results) -> list[Part]:
    """Which column of the log is what: of a source that a file of settings describes."""
    source = results.settings["source"]
    name = source if isinstance(source, str) else source["name"]
    rows = _rows({} if isinstance(source, str) else source.get("mapping") or {})
    if not rows:
        return [
            Paragraph(
                f"The logs are read by the source {name}, which knows their columns. "
                f"What it mends and sets aside is in the audit above; tenuto list sources "
                f"describes it."
            )
        ]
    columns = [Column("Setting", wraps=True), Column("Is", wraps=True, is_wide=True)]
    note = "From the section [source.mapping] of tenuto.toml, as it was when the run was made."
    return [Table("Which column is what", columns, rows, note)]


def _rows(mapping: dict[str, Any], prefix: str = "") -> list[list[str]]:
    rows: list[list[str]] = []
    for name, value in mapping.items():
        if isinstance(value, dict):
            rows += _rows(value, f"{prefix}{name}.")
        else:
            rows.append([f"{prefix}{name}", str(value)])
    return rows
