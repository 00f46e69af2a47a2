"""Definitions as SQL, one statement each, with what a dialect or a source cannot tell said so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tenuto.catalogue import did_you_mean
from tenuto.errors import UnknownName
from tenuto.warehouse._sql_definitions import Asked, Definition, definitions
from tenuto.warehouse._sql_dialects import NotExpressible, check, in_dialect


@dataclass(frozen=True)
class Statement:
    """One definition.

    Parameters
    ----------
    sql : the query; None where there is none
    why : what stands in the way of one: the dialect (``is_inexpressible``), or the source
    """

    name: str
    description: str
    sql: str | None
    why: str = ""
    is_inexpressible: bool = False

    def as_text(self) -> str:
        """The statement with its name as a comment above, and a semicolon."""
        heading = f"-- {self.name}: {self.description}"
        return f"{heading}\n-- {self.why}\n" if self.sql is None else f"{heading}\n{self.sql};\n"


def statements(
    what: str, dialect: str, asked: Asked, name: str | None = None
) -> Iterator[Statement]:
    """The definitions of the kind ``what`` in ``dialect``, one after the other.

    Parameters
    ----------
    what : "rollups" (from the tables of the lake), "features" or "labels" (from the rollups)
    name : only this one

    Raises
    ------
    UnknownName : if there is no such kind, definition or dialect
    EngineError : if the dialect needs a package that is not installed
    """
    check(dialect)
    known = definitions(what, asked)
    names = [each.name for each in known]
    if name is not None and name not in names:
        hint = did_you_mean(name, names)
        raise UnknownName(f"no '{name}' in {what}.{hint} There are: {', '.join(names)}.")
    return (_statement(each, dialect, asked) for each in known if name in (None, each.name))


def _statement(found: Definition, dialect: str, asked: Asked) -> Statement:
    if found.make is None:
        why = f"not for this source: it does not tell {found.lacking}"
        return Statement(found.name, found.description, None, why)
    try:
        return Statement(found.name, found.description, in_dialect(found.make(asked), dialect))
    except NotExpressible as failure:
        why = f"not in {dialect}: {failure}"
        return Statement(found.name, found.description, None, why, is_inexpressible=True)
