"""Which tables are meant: by the name of a group, of an export, or of one of its tables."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from tenuto.errors import UnknownName
from tenuto.warehouse._catalogue import CATALOGUE
from tenuto.warehouse._contract import Exported, Table

USUAL = ("results",)


def groups() -> dict[str, list[str]]:
    """Each group with its exports."""
    found: dict[str, list[str]] = {}
    for name, member in CATALOGUE.all().items():
        found.setdefault(member.GROUP, []).append(name)
    return dict(sorted(found.items()))


def chosen(at: Exported, names: Sequence[str]) -> list[Table]:
    """The tables that ``names`` mean, each once, in the order of the exports.

    Raises
    ------
    UnknownName : if a name is no group, no export and no table of any
    """
    wanted = [part.strip() for name in names or USUAL for part in name.split(",") if part.strip()]
    known = groups()
    members = [name for word in wanted for name in known.get(word, [word])]
    tables: dict[str, Table] = {}
    for name in members:
        tables |= {table.name: table for table in _tables_called(at, name)}
    return list(tables.values())


def _tables_called(at: Exported, name: str) -> list[Table]:
    if name.replace("-", "_") in CATALOGUE.names():
        return CATALOGUE.get(name).tables(at)
    for member in CATALOGUE.all().values():
        if name in getattr(member, "names", tuple)():
            return [table for table in member.tables(at) if table.name == name]
    known = [*groups(), *CATALOGUE.names()]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UnknownName(
        f"no table '{name}' to export.{hint} There are the groups {', '.join(groups())}, and "
        f"{', '.join(CATALOGUE.names())}."
    )
