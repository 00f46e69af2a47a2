"""What the model is, what it was trained on, and how the run can be made again."""

from __future__ import annotations

from fastapi import APIRouter

from tenuto.service.pages._house import House
from tenuto.service.pages._run_page import run_page

TITLE = "Model card"
GROUP = "Trust"
ORDER = 240
PATH = "/model-card"
SECTIONS = ("model_card", "provenance")

_SAYS = "What the model is for, what it was trained on, and how to make the run again."
_NOTHING = "There is no model in this run."


def routes(house: House) -> APIRouter:
    return run_page(house, PATH, TITLE, _SAYS, SECTIONS, _NOTHING)
