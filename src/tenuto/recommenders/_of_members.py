"""Recommenders made of others: candidates from each member, and one order over all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import SettingsError
from tenuto.recommenders._change import Change
from tenuto.recommenders._contract import Ranked, Recommender
from tenuto.recommenders._ensemble import Ensemble, Specs, check_specs, parts_of, rows_at_once
from tenuto.recommenders._exam import Described, Exam
from tenuto.recommenders._fusion import FUSIONS
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._inner import InnerSplit
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW, inner_of, question
from tenuto.recommenders._rectangles import NEVER, nothing
from tenuto.recommenders._strongest import explained_by_strongest
from tenuto.recommenders._weighing import (
    Weighing,
    learned,
    pool_of,
    summed,
    tables_of,
    weighings_of,
)
from tenuto.recommenders._why import Names


class OfMembers(Recommender):
    """A member writes `_learn` and `_score`, and `_used` if it can do without some members.

    members : member of the catalogue -> keywords for its ``Model``
    depth : how many items of each member's list are candidates

    After the fit, ``weighings`` has the weights of the members by target: "all" for lists that
    may repeat, "new" for those that hide what was heard.
    """

    #: Listeners that the order of candidates is learned on, at most.
    n_examined = 2_000

    def __init__(self, members: Specs, depth: int, random_state: int, **settings: Any):
        if depth < 1:
            raise SettingsError(f"depth is {depth}", mend="use at least 1, better some hundreds")
        self.specs, self.depth = check_specs(members), depth
        own = {"members": self.specs, "depth": depth, "random_state": random_state}
        super().__init__(**own, **settings)
        self.ensemble = Ensemble({})
        self.weighings: dict[str, Weighing] = {}
        self._inner: InnerSplit | Sequence[InnerSplit] | None = None
        self._taught: OfMembers | None = None

    def fit(
        self,
        interactions: Interactions,
        inner: InnerSplit | Sequence[InnerSplit] | None = None,
    ) -> Self:
        """As every recommender; learns how to order candidates on ``inner``, see ``_inner.py``.

        Several splits, of different moments, are more listeners to learn from, and the members
        are fitted once for each. Without any, a random part of each listener's items is hidden
        and asked for. That says nothing of what comes back: own songs then go first.
        """
        self._inner = inner
        try:
            return super().fit(interactions)
        finally:
            self._inner = None

    def fit_as(self, interactions: Interactions, taught: OfMembers) -> Self:
        """Members fitted on ``interactions``, in the order that ``taught`` has learned.

        For a later day, or more listeners, where learning it once is enough: without it every
        member is fitted once.
        """
        self._taught = taught
        try:
            return super().fit(interactions)
        finally:
            self._taught = None

    def _learn_from(self, taught: OfMembers) -> None:
        """Take over what another of this kind learned."""
        self.weighings = dict(taught.weighings)

    @abstractmethod
    def _learn(self, exams: dict[str, Exam]) -> None:
        """Learn from what members offered; ``weighings`` are there already."""

    @abstractmethod
    def _score(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        """One number per entry of the pool; `NEVER` for what is not recommended."""

    def _used(self) -> Specs:
        """The members that are fitted on everything and kept."""
        return self.specs

    def _fusions(self) -> list[str]:
        """Ways to fuse lists that are tried, the one to take without trying first."""
        return ["scores", "ranks"]

    def _fit(self, interactions: Interactions) -> None:
        if self._taught is not None:
            self._learn_from(self._taught)
        else:
            self._learn_anew(interactions)
        self.ensemble = Ensemble.fit(self._used(), interactions)

    def _learn_anew(self, interactions: Interactions) -> None:
        seed = self.settings["random_state"]
        inner = inner_of(interactions, self._inner, seed) if len(self.specs) > 1 else []
        exams = self._examined(inner)
        rng = np.random.default_rng([seed, 44])
        self.weighings = learned(sorted(self.specs), exams, self._fusions(), rng)
        self._learn(exams)

    def _examined(self, inner: Sequence[InnerSplit]) -> dict[str, Exam]:
        """By target, what members fitted on each split offer those whom it asks for."""
        parts: dict[str, list[Exam]] = {ALL: [], NEW: []}
        rng = np.random.default_rng([self.settings["random_state"], 45])
        for one in inner:
            trial, described = Ensemble.fit(self.specs, one.train), self._described(one)
            for target, exams in parts.items():
                asked = question(one, target, self.n_examined // len(inner), rng)
                if asked is not None:
                    exams.append(
                        Exam.of(trial, asked, target, self.depth, self._fusions(), described)
                    )
        return {target: Exam.joined(exams) for target, exams in parts.items() if exams}

    def _described(self, inner: InnerSplit) -> Described | None:
        """What else is noted of each candidate; nothing unless a member needs it."""
        return None

    def _update(self, interactions: Interactions, change: Change) -> None:
        """Each member is updated; whom to trust is learned by the next fit."""
        for model in self.ensemble.members.values():
            model._take_over(interactions)
            model._update(interactions, change)

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        item, score = nothing(len(histories), k)
        size = rows_at_once(len(self.ensemble.members), self.depth)
        for rows in parts_of(len(histories), size):
            pool, scores = self._judged(histories.take(rows), exclude_heard)
            item[rows], score[rows] = pool.best(scores, k)
        return item, score

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        """Of lists that may repeat; `NEVER` for what no member offers."""
        pool, scores = self._judged(histories, exclude_heard=False)
        return pool.spread(scores, histories.n_items)

    def _judged(self, histories: Histories, exclude_heard: bool) -> tuple[Pool, NDArray]:
        lists = self.ensemble.lists(histories, self.depth, exclude_heard)
        pool = pool_of(lists, histories.n_items)
        return pool, self._score(pool, lists, histories, NEW if exclude_heard else ALL)

    def _parts(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        """(entries, lists): what each list adds to the weighted sum of each candidate."""
        return self.weighings[target].parts(list(self.ensemble.members), lists, pool)

    def _blended(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        """The weighted sum of what each list says of each candidate; `NEVER` where that is 0."""
        fused = summed(self._parts(pool, lists, histories, target))
        return np.where(fused > 0, fused, NEVER)

    def _explained(
        self, histories: Histories, item: NDArray[np.int64], names: Names
    ) -> pd.DataFrame:
        """By the member that speaks loudest for the item: what that one says is exact."""
        return explained_by_strongest(
            self, self.ensemble, self._parts, self.depth, histories, item, names
        )

    def _dump(self) -> dict[str, pa.Table]:
        return tables_of(self.weighings) | self.ensemble.dump()

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        self.weighings = weighings_of(tables)
        self.ensemble = Ensemble.restore(self._used(), tables, self)


def check_fusion(fusion: str | None) -> str | None:
    """``fusion``, if there is such a one; None stands for whichever is better.

    Raises
    ------
    SettingsError : if there is not
    """
    if fusion is not None and fusion not in FUSIONS:
        raise SettingsError(
            f"there is no fusion '{fusion}'", mend=f"use {', '.join(FUSIONS)} or None"
        )
    return fusion
