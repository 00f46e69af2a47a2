"""Catalogues of members by file name: ``sources/musicbox.py`` answers to ``musicbox``.

A room is a package. Each of its modules without a leading underscore is a member;
the first line of the module's docstring is its description. Listing and describing
import nothing, so ``--help`` stays fast; a member is imported when it is asked for.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from tenuto.errors import ContractError, UnknownName


class Catalogue:
    """The members of one room.

    Parameters
    ----------
    room : full name of the package, for example ``"tenuto.sources"``
    must_provide : names that every member has to define
    """

    def __init__(self, room: str, must_provide: tuple[str, ...] = ()):
        self.room = room
        self.must_provide = must_provide
        self._found: dict[str, ModuleType] = {}

    def names(self) -> list[str]:
        """The members' names in alphabetical order."""
        return sorted(name for name in self._files() if not name.startswith("_"))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def get(self, name: str) -> ModuleType:
        """The member called ``name``; dashes may stand for underscores.

        Raises
        ------
        UnknownName : if there is none, with the nearest name and the whole list
        ContractError : if the member lacks something that the room asks for
        """
        wanted = name.replace("-", "_")
        # Asked for once per list that is made: looking into the folder takes longer than the list.
        known_as = sys.modules.get(f"{self.room}.{wanted}")
        if known_as is not None and self._found.get(wanted) is known_as:
            return known_as
        known = self.names()
        if wanted not in known:
            raise UnknownName(self._no_such(name, known))
        member = importlib.import_module(f"{self.room}.{wanted}")
        missing = [part for part in self.must_provide if not hasattr(member, part)]
        if missing:
            raise ContractError(
                f"{self._folder()}/{wanted}.py does not define {', '.join(missing)}",
                mend=f"see the door-plate of the room, {self._folder()}/__init__.py",
            )
        self._found[wanted] = member
        return member

    def all(self) -> dict[str, ModuleType]:
        """Every member, by name."""
        return {name: self.get(name) for name in self.names()}

    def describe(self, name: str) -> str:
        """The first line of the member's docstring, read without importing it."""
        documentation = ast.get_docstring(ast.parse(self._files()[name].read_text("utf-8"))) or ""
        return documentation.partition("\n")[0].strip()

    def _folder(self) -> str:
        return self.room.replace(".", "/")

    def _files(self) -> dict[str, Path]:
        spec = importlib.util.find_spec(self.room)
        folders = list(spec.submodule_search_locations or ()) if spec else []
        return {
            module.name: _file_of(Path(folder), module.name)
            for folder in folders
            for module in pkgutil.iter_modules([folder])
        }

    def _no_such(self, name: str, known: list[str]) -> str:
        hint = did_you_mean(name, known)
        return f"no '{name}' in {self._folder()}/.{hint} There are: {', '.join(known)}."


def _file_of(folder: Path, name: str) -> Path:
    package = folder / name / "__init__.py"
    return package if package.exists() else folder / f"{name}.py"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` with the nearest of the ``known`` names, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
