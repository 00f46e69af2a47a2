"""A page that is sections of the report and nothing else."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto.service.pages._house import House, Reader


def run_page(
    house: House, path: str, title: str, says: str, sections: tuple[str, ...], nothing: str
) -> APIRouter:
    """Routes of one page.

    Parameters
    ----------
    says : the sentence below the title
    nothing : what is said where the run has none of the sections
    """
    router = APIRouter(include_in_schema=False)

    @router.get(path)
    def page(request: Request, caller: Reader) -> HTMLResponse:
        return house.page(
            request,
            "sections.html.j2",
            title,
            visitor=caller,
            says=says,
            sections=house.sections(sections),
            nothing=nothing,
        )

    return router
