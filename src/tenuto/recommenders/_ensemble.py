"""Several recommenders fitted on the same interactions, asked together and saved together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import SettingsError
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Ranked, Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import nothing

#: Member of the catalogue -> keywords for its ``Model``.
Specs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Ensemble:
    """Fitted recommenders by name, in the order of their names."""

    members: dict[str, Recommender]

    @classmethod
    def fit(cls, specs: Specs, interactions: Interactions) -> Self:
        """Each as it is by itself."""
        names = sorted(specs)
        return cls({name: _model(name, specs[name]).fit(interactions) for name in names})

    def only(self, names) -> Ensemble:
        """Without the others."""
        return Ensemble({name: model for name, model in self.members.items() if name in names})

    def lists(self, histories: Histories, depth: int, exclude_heard: bool) -> list[Ranked]:
        """The first ``depth`` items of each member; nothing for a listener without taste.

        So that a member that needs no taste, as popularity, does not speak alone.
        """
        has_taste = np.diff(histories.taste().indptr) > 0
        asked, rows = histories.take(np.flatnonzero(has_taste)), np.flatnonzero(has_taste)
        found = []
        for model in self.members.values():
            item, score = nothing(len(histories), depth)
            item[rows], score[rows] = model.rank(asked, depth, exclude_heard)
            found.append((item, score))
        return found

    def dump(self) -> dict[str, pa.Table]:
        """The members' tables, each with its member's name before it: ``ials.item_factors``."""
        return {
            f"{name}.{table}": content
            for name, model in self.members.items()
            for table, content in model._dump().items()
        }

    @classmethod
    def restore(cls, specs: Specs, tables: dict[str, pa.Table], whole: Recommender) -> Self:
        """Undo `dump` for members of ``whole``, who know what it knows of users and items."""
        members = {}
        for name in sorted(specs):
            own = {
                table.removeprefix(f"{name}."): content
                for table, content in tables.items()
                if table.startswith(f"{name}.")
            }
            members[name] = _model(name, specs[name])
            _share(whole, members[name])
            members[name]._restore(own)
        return cls(members)


def check_specs(specs: Specs) -> dict[str, dict[str, Any]]:
    """The same as plain dicts, if every name is in the catalogue and there is any.

    Raises
    ------
    SettingsError : if there is none
    UnknownName : if the catalogue has no such member
    """
    if not specs:
        raise SettingsError("there are no members", mend="name at least one recommender")
    for name in specs:
        if name not in CATALOGUE.names():
            CATALOGUE.get(name)
    return {name: dict(specs[name]) for name in sorted(specs)}


def rows_at_once(n_members: int, depth: int) -> int:
    """Listeners whose lists are pooled at a time: about 100 MB."""
    return max(1, 2_000_000 // max(1, n_members * depth))


def parts_of(n_rows: int, size: int) -> list[NDArray[np.int64]]:
    """Rows in parts of ``size``."""
    return [np.arange(first, min(first + size, n_rows)) for first in range(0, n_rows, size)]


def _model(name: str, settings: Mapping[str, Any]) -> Recommender:
    return CATALOGUE.get(name).Model(**settings)


#: What every recommender knows of the interactions that it was fitted on.
_COMMON = (
    "cutoff",
    "window_days",
    "preference",
    "user_ids",
    "item_ids",
    "n_listeners",
    "histories",
)


def _share(whole: Recommender, member: Recommender) -> None:
    for name in _COMMON:
        setattr(member, name, getattr(whole, name))
