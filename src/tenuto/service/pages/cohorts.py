"""Who comes and stays, where listeners stand, and how they come and go."""

from __future__ import annotations

from fastapi import APIRouter

from tenuto.service.pages._house import House
from tenuto.service.pages._run_page import run_page

TITLE = "Cohorts and lifecycle"
GROUP = "Understand"
ORDER = 110
PATH = "/cohorts"
SECTIONS = ("cohorts", "lifecycle", "outlook", "activity", "cancellations")

_SAYS = "Do those who come stay, where do listeners stand, and what will the next weeks bring?"
_NOTHING = "This run was not asked for cohorts."


def routes(house: House) -> APIRouter:
    return run_page(house, PATH, TITLE, _SAYS, SECTIONS, _NOTHING)
