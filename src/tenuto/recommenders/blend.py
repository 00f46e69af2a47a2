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
from numpy.typing import NDArray

from tenuto.errors import SettingsError
from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._ensemble import Ensemble, Specs
from tenuto.recommenders._exam import Exam
from tenuto.recommenders._histories import Histories
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
    """

    def __init__(
        self,
        members: Specs | None = None,
        recipe: str = "learned",
        fusion: str | None = None,
        depth: int = 300,
        random_state: int = 0,
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
        )
        if recipe == "seeds":
            self.settings["members"] = None

    def _fit(self, interactions: Interactions) -> None:
        if self.settings["recipe"] == "learned":
            return super()._fit(interactions)
        self.weighings = {ALL: SEEDS, NEW: SEEDS}
        self.ensemble = Ensemble.fit(self.specs, interactions)
        return None

    def _learn(self, exams: dict[str, Exam]) -> None:
        """Nothing but the weights."""

    def _score(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        return self._blended(pool, lists, target)

    def _used(self) -> Specs:
        weights = [weighing.weights for weighing in self.weighings.values()]
        is_used = {name: any(of.get(name, 0.0) > 0 for of in weights) for name in self.specs}
        return {name: settings for name, settings in self.specs.items() if is_used[name]}

    def _fusions(self) -> list[str]:
        fusion = self.settings["fusion"]
        return super()._fusions() if fusion is None else [fusion]
