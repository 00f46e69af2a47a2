"""One or more re-rankings, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenuto.catalogue import did_you_mean
from tenuto.errors import ContractError, SettingsError
from tenuto.reranking import CATALOGUE
from tenuto.reranking._candidates import Candidates
from tenuto.reranking._facts import Facts

Settings = Mapping[str, Mapping[str, Any]]
#: Places of lists worked on at once: what members hold beside them is some 100 MB.
_CELLS_AT_ONCE = 2**20


def reranked(candidates: Candidates, facts: Facts, k: int, settings: Settings) -> Candidates:
    """The candidates in the order that the members named in ``settings`` give them.

    Parameters
    ----------
    candidates : more than the ``k`` to be shown, so that there is something to choose from: a
        hundred for a list of ten
    k : how many are shown
    settings : name of a member -> its settings, those left out at their defaults. Members take
        their turns as `in_turn` says, whatever the order here; without any, nothing changes

    Returns
    -------
    Candidates : as wide as given; ``first(k)`` is what is shown. Never an item that was not there

    Raises
    ------
    UnknownName : if there is no such member
    SettingsError : if a member has no such setting, or cannot take its value
    ContractError : if a fact is missing that a member needs, the facts are of other listeners
        or items, or a row has an item after its end
    """
    if k < 1:
        raise ContractError(f"k is {k}", mend="ask for at least one item per list")
    _check(candidates, facts)
    turns = [_turn(member, settings) for member in in_turn(settings)]
    for member, name, chosen in turns:
        _check_settings(member, name, chosen)
        facts.check(member.NEEDS, len(candidates), name)
    item, score = candidates.item.copy(), candidates.score.copy()
    for rows in _blocks(*item.shape):
        part, known = candidates.take(rows), facts.take(rows)
        for member, _, chosen in turns:
            if part.is_there().any():
                part = member.rerank(part, known, k, **chosen)
        item[rows], score[rows] = part.item, part.score
    return Candidates(item, score)


def in_turn(names) -> list[ModuleType]:
    """The members of these names by ``TURN``: what must not be shown leaves first, then come
    those that lean the whole list, then those that choose what is in the first k, and last the
    limit that must hold in the end.
    """
    return sorted((CATALOGUE.get(name) for name in names), key=lambda member: member.TURN)


def promises_of(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """Those of ``settings`` that must hold whatever a list is filled from."""
    return {
        name: chosen
        for name, chosen in settings.items()
        if getattr(CATALOGUE.get(name), "IS_PROMISE", False)
    }


def _turn(member: ModuleType, settings: Settings) -> tuple[ModuleType, str, Mapping[str, Any]]:
    name = member.__name__.rpartition(".")[2]
    return member, name, settings[name] if name in settings else settings[name.replace("_", "-")]


def _blocks(n_rows: int, n_places: int) -> list[NDArray[np.int64]]:
    """Listeners in parts, which members do not notice: a list depends on nobody else."""
    size = max(1, _CELLS_AT_ONCE // max(n_places, 1))
    return [np.arange(first, min(first + size, n_rows)) for first in range(0, n_rows, size)]


def _check(candidates: Candidates, facts: Facts) -> None:
    item, is_there = candidates.item, candidates.is_there()
    if (is_there[:, 1:] & ~is_there[:, :-1]).any():
        raise ContractError("a list goes on after its end", mend="fill lists up with -1 at the end")
    highest = int(item.max(initial=-1))
    for name in ("popularity", "artist", "vectors", "n_shown"):
        values = getattr(facts, name)
        if values is not None and values.shape[0] <= highest:
            raise ContractError(
                f"'{name}' is of {values.shape[0]} items, but item {highest} is a candidate",
                mend="pass one value per item, by its number",
            )


def _check_settings(member: ModuleType, name: str, chosen: Mapping[str, Any]) -> None:
    for setting in chosen:
        if setting not in member.SETTINGS:
            raise SettingsError(
                f"'{name}' has no setting '{setting}'.{did_you_mean(setting, member.SETTINGS)}",
                mend=f"it has: {', '.join(member.SETTINGS)}",
            )
