"""What contacting has done, measured by those held out."""

from __future__ import annotations

from fastapi import APIRouter

from tenuto.service.pages._house import House
from tenuto.service.pages._run_page import run_page

TITLE = "Campaigns"
GROUP = "Act"
ORDER = 50
PATH = "/campaigns"
SECTIONS = ("campaigns",)

_SAYS = "Did contacting help? Measured by the listeners who were held out by chance."
_NOTHING = (
    "No campaign has been measured yet. When the days that the list looks at are in the log: "
    "tenuto campaign measure WORKSPACE."
)


def routes(house: House) -> APIRouter:
    return run_page(house, PATH, TITLE, _SAYS, SECTIONS, _NOTHING)
