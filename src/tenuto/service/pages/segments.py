"""Kinds of listeners, and what the loyal share."""

from __future__ import annotations

from fastapi import APIRouter

from tenuto.service.pages._house import House
from tenuto.service.pages._run_page import run_page

TITLE = "Segments"
GROUP = "Understand"
ORDER = 120
PATH = "/segments"
SECTIONS = ("segments", "loyal")

_SAYS = "Kinds of listeners by how they listen, and what the loyal ones have in common."
_NOTHING = "This run has too few listeners for segments, or was not asked for them."


def routes(house: House) -> APIRouter:
    return run_page(house, PATH, TITLE, _SAYS, SECTIONS, _NOTHING)
