"""The lists held against what listeners played next, and what is learned from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.lists import CATALOGUE, in_order
from tenuto.lists._asked import Asked
from tenuto.lists._curves import N_PLACES, Curves
from tenuto.lists._desk import Desk
from tenuto.lists._device_context import ContextSettings, tried
from tenuto.recommenders._baselines import Contestant
from tenuto.recommenders._contract import Ranked, Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._judge import Future, judge
from tenuto.reranking import Pairs
from tenuto.settings import RecommendSettings
from tenuto.timeline import Past

#: List -> the targets that it is for.
TARGETS_OF = {"keep": ("all", "repeat"), "discover": ("new",), "mix": ("all",)}


@dataclass(frozen=True)
class Judged:
    """What came of it: figures, and how likely each place of a list is to be played."""

    records: list[dict[str, Any]]
    curves: Curves
    context: ContextSettings
    model: Recommender


def judged_lists(
    past: Past,
    desk: Desk,
    future: pd.DataFrame,
    settings: RecommendSettings,
    rng: np.random.Generator,
    further: Iterable[Recommender] = (),
) -> Judged:
    """Lists, recommenders and baselines at the cutoff of ``desk``, which is that of ``past``.

    Judged are the recommenders of ``desk`` and ``further`` ones, fitted on the same.

    The curves that merge the Mix are learned from every second listener and tried on the
    others, so that the Mix is judged by listeners it did not learn from; what is handed on is
    learned from all.

    Raises
    ------
    NotEnoughData : if nobody with a history was heard from afterwards
    """
    came = Future.of(desk.interactions, future, rng)
    known = desk.asked(came.users)
    context = ContextSettings()
    if settings.context:
        candidates = desk.reranker.candidates(desk.model, known, settings.k)
        played = _played(desk, came)
        window = settings.window_days
        items = desk.interactions.item_ids
        context = tried(past, items, window, known.device, candidates, played, rng)
        desk = desk.with_prior(context.prior(past, items, window))
    hits = Hits.of(desk, known, came)
    contestants = contestants_of(desk, known, hits)
    for model in (*desk.models().values(), *further):
        contestants.setdefault(model.name(), model.rank)
    records = judge(desk.interactions, came, contestants, rng, k=settings.k, only=TARGETS_OF)
    return Judged(records, hits.curves(np.ones(len(came.users), dtype=bool)), context, desk.model)


def _played(desk: Desk, came: Future) -> Pairs:
    """What each played for the first time."""
    pairs = came.pairs["new"]
    item = desk.interactions.item_ids.get_indexer(pd.Index(pairs["item_id"]))
    row = came.users.get_indexer(pd.Index(pairs["user_id"]))
    order = np.lexsort((item, row))
    order = order[item[order] >= 0]
    start = np.searchsorted(row[order], np.arange(len(came.users) + 1))
    return Pairs(start, item[order].astype(np.int64))


def contestants_of(desk: Desk, known: Asked, hits: Hits) -> dict[str, Contestant]:
    """Every list as something that ranks those who are ``known``.

    Each of them gets a Mix that was merged by what the other half of them did.
    """
    number = np.arange(len(known)) % 2
    halves = [replace(desk, curves=hits.curves(number != half)) for half in (0, 1)]
    return {
        name: _of_list(halves if name == "mix" else [desk, desk], name, known)
        for name in in_order()
    }


def _of_list(desks: list[Desk], name: str, known: Asked) -> Contestant:
    """A list as something that ranks: every second listener by the other desk."""

    def rank(histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        member = CATALOGUE.get(name)
        made = member.make(desks[0], known, k)
        other = np.arange(1, len(known), 2)
        made.put(other, member.make(desks[1], known.take(other), k))
        return made.item, made.score

    return rank


@dataclass(frozen=True)
class Hits:
    """Whether each place of own and of new songs was played; one row per listener.

    What the Mix learns from.
    """

    own: NDArray[np.bool_]
    new: NDArray[np.bool_]

    @classmethod
    def of(cls, desk: Desk, known: Asked, came: Future) -> Hits:
        own, _ = desk.replay.rank(known.histories, N_PLACES, False)
        new = CATALOGUE.get("discover").make(desk, known, N_PLACES).item
        item_ids, users = desk.interactions.item_ids, came.users
        width, pairs = len(item_ids), came.pairs["all"]
        item = item_ids.get_indexer(pd.Index(pairs["item_id"]))
        of_pair = users.get_indexer(pd.Index(pairs["user_id"])).astype(np.int64)
        played = np.where(item >= 0, of_pair * width + item, -1)
        row = np.arange(len(users), dtype=np.int64)[:, None] * width
        return cls(np.isin(row + own, played) & (own >= 0), np.isin(row + new, played) & (new >= 0))

    def curves(self, rows: NDArray[np.bool_]) -> Curves:
        """Learned from some of the listeners; the usual ones where there are none."""
        if not rows.any():
            return Curves.usual()
        return Curves.learned(self.own[rows], self.new[rows])
