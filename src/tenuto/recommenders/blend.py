"""The lists of several members fused into one, by weights learned on an inner split.

Each member offers its first ``depth`` items; what a place or a score in its list is worth (see
``_fusion.py``) is weighed and added up. Lists that may repeat and lists that hide what was heard
have weights of their own, since the members that know what comes back are not those that find
what is new. The weights are those that put first what listeners really played next: forward in
time with `Model.fit(interactions, inner)`, else what was hidden of each listener's items at
random, which asks for nothing that comes back: then the listener's own songs go first.

``recipe="seeds"`` is S2-R5, which was proposed and never built: 0.2 popularity, 0.2 item-item and
0.6 for what NMF and SVD both offer.

Source: Cormack, Clarke & Buettcher, SIGIR 2009 (fusion of ranks); Fox & Shaw, TREC-2 1994 (fusion
of scores); recommenders.md §5.1; S2-R5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import NotEnoughData, SettingsError
from tenuto.recommenders._by_cluster import ByCluster
from tenuto.recommenders._change import Change
from tenuto.recommenders._clusters import ListenerClusters
from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._ensemble import Ensemble, Specs
from tenuto.recommenders._exam import Described, Exam
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._inner import InnerSplit
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._of_members import OfMembers, check_fusion
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW
from tenuto.recommenders._weighing import Weighing

LABEL = "Blend of several recommenders"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fits its members twice: 1,900 listeners and 17,600 artists 28 s, 4,000 and 51,000 songs "
    "60 s and 2.3 GB; lists 5 ms a listener (one core)"
)

SEEDS = Weighing(
    "scores",
    {"popularity": 0.2, "item_knn": 0.2, "nmf": 0.3, "svd": 0.3},
    together=("nmf", "svd"),
)
RECIPES: dict[str, Specs] = {
    "learned": {
        name: {} for name in ("ials", "ease", "item_knn", "next_item", "replay", "rp3beta")
    },
    "seeds": {name: {} for name in SEEDS.weights},
}


class Model(OfMembers):
    """Weighted fusion of lists.

    Parameters
    ----------
    members : member of the catalogue -> keywords for its ``Model``; None for those of the
        recipe. One that comes to weigh nothing, on lists of either kind, is not kept
    recipe : "learned" or "seeds", which has members and weights of its own
    fusion : "ranks" or "scores"; None for whichever is better on the inner split
    depth : how many items of each member's list count
    by_cluster : whether clusters of listeners of like taste get weights of their own, where
        that is surely better on listeners that they were not learned from

    After the fit, ``by_cluster`` has the clusters and their weights; None without.
    """

    def __init__(
        self,
        members: Specs | None = None,
        recipe: str = "learned",
        fusion: str | None = None,
        depth: int = 300,
        random_state: int = 0,
        by_cluster: bool = False,
    ):
        if recipe not in RECIPES:
            raise SettingsError(f"there is no recipe '{recipe}'", mend="use learned or seeds")
        if recipe == "seeds" and members is not None:
            raise SettingsError("the seeds' recipe has its own members", mend="leave members out")
        super().__init__(
            RECIPES[recipe] if members is None else members,
            depth,
            random_state,
            recipe=recipe,
            fusion=check_fusion(fusion),
            by_cluster=by_cluster,
        )
        self.by_cluster: ByCluster | None = None
        self._clustered: pd.Index = pd.Index([])
        if recipe == "seeds":
            self.settings["members"] = None

    def _fit(self, interactions: Interactions) -> None:
        if self.settings["recipe"] == "learned":
            return super()._fit(interactions)
        self.weighings = {ALL: SEEDS, NEW: SEEDS}
        self.ensemble = Ensemble.fit(self.specs, interactions)
        return None

    def _learn_anew(self, interactions: Interactions) -> None:
        self.by_cluster = None
        super()._learn_anew(interactions)

    def _described(self, inner: InnerSplit) -> Described | None:
        """The cluster of each listener, of clusters as they are in the first split."""
        if not self.settings["by_cluster"]:
            return None
        items = inner.train.item_ids
        if self.by_cluster is None:
            seed = self.settings["random_state"]
            try:
                found = ListenerClusters.fit(inner.train.histories, random_state=seed)
            except NotEnoughData:
                return lambda pool, *_: np.full((len(pool.item), 1), -1, dtype=np.float32)
            self.by_cluster, self._clustered = ByCluster(found), items
        here = self.by_cluster.of_items(self._clustered, items)
        return lambda pool, lists, names, asked: here.column(pool, asked.histories)

    def _learn(self, exams: dict[str, Exam]) -> None:
        if self.by_cluster is None:
            return
        rng = np.random.default_rng([self.settings["random_state"], 46])
        found = self.by_cluster.learned(sorted(self.specs), exams, self.weighings, rng)
        has_helped = bool(found.weighings)
        self.by_cluster = found.of_items(self._clustered, self.item_ids) if has_helped else None

    def _learn_from(self, taught: OfMembers) -> None:
        super()._learn_from(taught)
        if isinstance(taught, Model) and taught.by_cluster is not None:
            self.by_cluster = taught.by_cluster.of_items(taught.item_ids, self.item_ids)

    def _update(self, interactions: Interactions, change: Change) -> None:
        super()._update(interactions, change)
        if self.by_cluster is not None:
            was, now = pd.RangeIndex(change.n_before), pd.Index(change.was)
            self.by_cluster = self.by_cluster.of_items(was, now)

    def _parts(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        own, usual = self.by_cluster, self.weighings[target]
        if own is None or target not in own.weighings:
            return super()._parts(pool, lists, histories, target)
        return own.parts(list(self.ensemble.members), lists, pool, histories, target, usual)

    def _score(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        return self._blended(pool, lists, histories, target)

    def _dump(self) -> dict[str, pa.Table]:
        own = {} if self.by_cluster is None else self.by_cluster.to_tables()
        return super()._dump() | own

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        if "cluster_weights" in tables:
            self.by_cluster = ByCluster.of_tables(tables)
        super()._restore(tables)

    def _used(self) -> Specs:
        own = {} if self.by_cluster is None else self.by_cluster.weighings
        everybody = [*self.weighings.values(), *(one for of in own.values() for one in of)]
        weights = [weighing.weights for weighing in everybody]
        is_used = {name: any(of.get(name, 0.0) > 0 for of in weights) for name in self.specs}
        return {name: settings for name, settings in self.specs.items() if is_used[name]}

    def _fusions(self) -> list[str]:
        fusion = self.settings["fusion"]
        return super()._fusions() if fusion is None else [fusion]
