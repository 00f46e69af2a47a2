"""Which tables are meant: by the name of a group, of an export, or of one of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from tenuto.catalogue import did_you_mean
from tenuto.errors import UnknownName
from tenuto.warehouse._catalogue import CATALOGUE
from tenuto.warehouse._contract import Exported, Table

USUAL = ("results",)
#: Every table of an export.
ALL = "*"


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
    UnknownName : if a name is no group, no export and no table of any, or there is none
    """
    tables: dict[str, Table] = {}
    for name, member in meant(names):
        called = [table for table in member.tables(at) if name in (ALL, table.name)]
        tables |= {table.name: table for table in called}
    return list(tables.values())


def meant(names: Sequence[str]) -> list[tuple[str, ModuleType]]:
    """Each export that ``names`` ask for, with the one table that is wanted of it, or `ALL`.

    Raises
    ------
    UnknownName : as `chosen` does
    """
    wanted = [part.strip() for name in names or USUAL for part in name.split(",") if part.strip()]
    if not wanted:
        raise UnknownName(
            "no table is named; leave the names out for the results",
            mend="is a variable not set? `tenuto list warehouse` names what there is",
        )
    known = groups()
    return [_member_called(name) for word in wanted for name in known.get(word, [word])]


def _member_called(name: str) -> tuple[str, ModuleType]:
    if name.replace("-", "_") in CATALOGUE.names():
        return ALL, CATALOGUE.get(name)
    for member in CATALOGUE.all().values():
        if name in getattr(member, "names", tuple)():
            return name, member
    hint = did_you_mean(name, [*groups(), *CATALOGUE.names()])
    raise UnknownName(
        f"no table '{name}' to export.{hint} There are the groups {', '.join(groups())}, and "
        f"{', '.join(CATALOGUE.names())}."
    )
