"""The rooms that have members, and their members, each with its line of description."""

from __future__ import annotations

import importlib
import pkgutil

import tenuto
from tenuto.catalogue import Catalogue, did_you_mean
from tenuto.errors import UnknownName


def describe_rooms() -> dict[str, str]:
    """Each room that has members, with the first line of its door-plate."""
    house = Catalogue("tenuto")
    return {room: house.describe(room) for room in _rooms()}


def describe_members(room: str) -> dict[str, str]:
    """Each member of ``room``, with the first line of its docstring.

    Raises
    ------
    UnknownName : if there is no such room, or it has no members
    """
    known = _rooms()
    if room not in known:
        hint = did_you_mean(room, known)
        raise UnknownName(f"no members in a room '{room}'.{hint} There are: {', '.join(known)}.")
    catalogue = known[room]
    return {name: catalogue.describe(name) for name in catalogue}


def _rooms() -> dict[str, Catalogue]:
    packages = sorted(part.name for part in pkgutil.iter_modules(tenuto.__path__) if part.ispkg)
    plates = {name: importlib.import_module(f"tenuto.{name}") for name in packages}
    return {name: plate.CATALOGUE for name, plate in plates.items() if hasattr(plate, "CATALOGUE")}
