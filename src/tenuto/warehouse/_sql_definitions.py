"""What there is to print: rollups from the lake; listeners, features and labels from rollups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from tenuto import features, labels, rollups
from tenuto.errors import UnknownName
from tenuto.features import build_features
from tenuto.features._contract import features_of
from tenuto.rollups._build import items, members_for, read_day, users
from tenuto.timeline import Future, OwnFuture, OwnPast, Past, listeners
from tenuto.warehouse._sql_tables import NamedTables, lake_schemas, unbound

#: The log is taken to be whole from here on, where nobody says when it began.
LONG_AGO = date(1970, 1, 1)


@dataclass(frozen=True)
class Asked:
    """What definitions depend on beside the tables.

    Parameters
    ----------
    known : a source, or `Knowledge`: which actions and facts there are
    cutoff : rollups are those of the day before it, features of the days before it, labels of
        the ``horizon_days`` from it on
    first_day : of the log; bins on own clocks that begin earlier are not whole
    database : the schema, or dataset, that the tables are in
    """

    known: Any
    cutoff: date
    horizon_days: int = 14
    bin_days: int = 14
    first_day: date = LONG_AGO
    database: str | None = None

    @cached_property
    def lake(self) -> NamedTables:
        return NamedTables(schemas=lake_schemas(self.known), has_days=True)

    @cached_property
    def sums(self) -> NamedTables:
        """The rollups that the source knows enough for."""
        made = {name: make(self) for name, make in _rollups(self.known).items()}
        return NamedTables(schemas={name: table.schema() for name, table in made.items()})

    @cached_property
    def past(self) -> Past:
        return Past(unbound(self.sums, self.database), self.sums, self.first_day, self.cutoff)

    @cached_property
    def own_past(self) -> OwnPast:
        engine = unbound(self.sums, self.database)
        return OwnPast(engine, self.sums, self.first_day, self.cutoff, self.bin_days)


@dataclass(frozen=True)
class Definition:
    """A table by its definition; ``make`` is None where the source does not know enough."""

    name: str
    description: str
    make: Callable[[Asked], ir.Table] | None
    lacking: str = ""


def definitions(what: str, asked: Asked) -> list[Definition]:
    """Everything of the kind ``what``.

    Raises
    ------
    UnknownName : if there is no such kind
    """
    if what not in KINDS:
        raise UnknownName(f"no definitions of '{what}'. There are: {', '.join(KINDS)}.")
    return list(KINDS[what](asked))


def _rollups(known: Any) -> dict[str, Callable[[Asked], ir.Table]]:
    return {name: _rollup(member) for name, member in members_for(known).items()}


def _rollup(member: Any) -> Callable[[Asked], ir.Table]:
    def make(asked: Asked) -> ir.Table:
        engine = unbound(asked.lake, asked.database)
        yesterday = asked.cutoff - timedelta(days=1)
        return member.build(read_day(engine, asked.lake, yesterday, asked.known))

    return make


def _rollup_definitions(asked: Asked) -> Iterator[Definition]:
    known = _rollups(asked.known)
    for name, member in rollups.CATALOGUE.all().items():
        lacking = ", ".join(sorted(set(getattr(member, "NEEDS", ())) - set(asked.known.KNOWS)))
        described = rollups.CATALOGUE.describe(name)
        yield Definition(name, described, known.get(name), lacking)
    for name, table, build, described in (
        ("items", "titles", items, "One row per item: its usual title, artist and length"),
        ("users", "profiles", users, "One row per user: what the service knew of it last"),
    ):
        yield Definition(
            name, f"{described}; of the whole log, so replace all.", _whole(table, build)
        )


def _whole(table: str, build: Callable[[ir.Table], ir.Table]) -> Callable[[Asked], ir.Table]:
    def make(asked: Asked) -> ir.Table:
        engine = unbound(asked.lake, asked.database)
        return build(engine.read_parquet(asked.lake.files(table, before=asked.cutoff)))

    return make


def _feature_definitions(asked: Asked) -> Iterator[Definition]:
    described = "One row per user seen before the cutoff: who is there, and who is a robot."
    yield Definition("listeners", described, lambda asked: listeners(asked.past))
    for family, member in features.CATALOGUE.all().items():
        lacking = [name for name in getattr(member, "TABLES", ()) if not asked.past.has(name)]
        if not lacking:
            columns = set(member.rows(asked.past).columns)
            needs = [set(item.needs) - columns for item in features_of(family, member)]
            if all(needs):
                lacking = sorted(set.union(*needs))
        make = None if lacking else _family(family)
        described = features.CATALOGUE.describe(family)
        yield Definition(family, described, make, ", ".join(lacking))


def _family(family: str) -> Callable[[Asked], ir.Table]:
    return lambda asked: build_features(asked.past, listeners(asked.past), families=[family]).table


def _label_definitions(asked: Asked) -> Iterator[Definition]:
    columns = set(asked.past.table("user_days").columns)
    for name, member in labels.CATALOGUE.all().items():
        lacking = ", ".join(sorted(set(member.NEEDS) - columns))
        make = None if lacking else _label(member)
        yield Definition(name, labels.CATALOGUE.describe(name), make, lacking)


def _label(member: Any) -> Callable[[Asked], ir.Table]:
    def make(asked: Asked) -> ir.Table:
        if hasattr(member, "BINS"):
            past: Past = asked.own_past
            future: Any = OwnFuture(asked.own_past, member.BINS)
        else:
            past = asked.past
            future = Future(past.engine, asked.sums, asked.cutoff, asked.horizon_days)
        who = listeners(past)
        if hasattr(member, "at_risk"):
            who = who.filter(member.at_risk(who))
        return member.label(who, future)

    return make


KINDS: dict[str, Callable[[Asked], Iterator[Definition]]] = {
    "rollups": _rollup_definitions,
    "features": _feature_definitions,
    "labels": _label_definitions,
}
