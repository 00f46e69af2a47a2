"""How good the models are, what they lean on, and what a campaign earns by other assumptions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto.service.pages._assumptions import Assumptions, sliders
from tenuto.service.pages._house import House, Reader
from tenuto.service.pages._what_if import what_if

TITLE = "Models"
GROUP = "Trust"
ORDER = 210
PATH = "/models"
SECTIONS = ("models", "calibration", "profit", "leaning", "slices")


def routes(house: House) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def models(request: Request, caller: Reader) -> HTMLResponse:
        return house.page(
            request,
            "models.html.j2",
            TITLE,
            visitor=caller,
            says="How good the models are beside the trivial rule, and what acting on them earns.",
            sections=house.sections(SECTIONS),
            nothing="There is no model in this run.",
        )

    @router.get(f"{PATH}/profit")
    def profit(request: Request, caller: Reader) -> HTMLResponse:
        results = house.results()
        usual = Assumptions.of_run(results)
        assumed = usual.changed_by(request.query_params)
        return house.page(
            request,
            "what_if.html.j2",
            "What if",
            visitor=caller,
            assumed=assumed,
            sliders=sliders(usual),
            html=house.drawn(("what if", assumed), lambda: what_if(results, assumed)),
        )

    return router
