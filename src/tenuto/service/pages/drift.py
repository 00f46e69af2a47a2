"""Whether listeners are still those the model knows, and what became of earlier predictions."""

from __future__ import annotations

from fastapi import APIRouter

from tenuto.service.pages._house import House
from tenuto.service.pages._run_page import run_page

TITLE = "Drift and earlier predictions"
GROUP = "Trust"
ORDER = 220
PATH = "/drift"
SECTIONS = ("drift", "matured")

_SAYS = "Are listeners still those that the model knows, and did earlier predictions come true?"
_NOTHING = "This run was not monitored."


def routes(house: House) -> APIRouter:
    return run_page(house, PATH, TITLE, _SAYS, SECTIONS, _NOTHING)
