"""How much each member's list weighs, learned on an inner split or, where that is mute, given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._exam import Exam
from tenuto.recommenders._fusion import FUSIONS
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW
from tenuto.recommenders._weights import Arena, search

#: With fewer listeners nothing is learned.
TOO_FEW = 30
#: Weights for new items where nothing can be learned; another member gets `_OF_OTHERS`.
PRIOR = {"ials": 0.5, "ease": 0.2, "replay": 0.0}
_OF_OTHERS = 0.1
#: Where repeats cannot be learned, the listener's own songs beside all else together.
_OF_REPLAY = 2.0


@dataclass(frozen=True)
class Weighing:
    """Weights that add up to 1, of lists fused by ``fusion``.

    ndcg : NDCG@100 on the split they were learned on, over ``n_listeners``; NaN and 0 where
        they were not learned
    together : members whose word counts only where all of them offer the item
    """

    fusion: str
    weights: dict[str, float]
    ndcg: float = float("nan")
    n_listeners: int = 0
    together: tuple[str, ...] = ()

    def parts(self, names: Sequence[str], lists: Sequence[Ranked], pool: Pool) -> NDArray:
        """(entries, lists): what each list adds to the score of each entry of ``pool``."""
        worth = worth_of(self.fusion, lists, pool)
        both = [names.index(name) for name in self.together]
        worth[np.ix_((worth[:, both] == 0).any(axis=1), both)] = 0.0
        return worth * [self.weights.get(name, 0.0) for name in names]

    def score(self, names: Sequence[str], lists: Sequence[Ranked], pool: Pool) -> NDArray:
        """The sum of the parts of each entry."""
        return summed(self.parts(names, lists, pool))


def summed(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each entry, rounded: the order of additions decides no tie."""
    return np.round(parts.sum(axis=1), 9)


def worth_of(fusion: str, lists: Sequence[Ranked], pool: Pool) -> NDArray[np.float64]:
    """(entries, lists): what each list's word on each entry is worth, 0 to 1."""
    return pool.facts([FUSIONS[fusion](score) for _, score in lists], absent=0.0)


def pool_of(lists: Sequence[Ranked], n_items: int) -> Pool:
    """All that any of the lists holds."""
    return Pool.of_lists([item for item, _ in lists], n_items)


def learned(
    names: Sequence[str],
    exams: Mapping[str, Exam],
    fusions: Sequence[str],
    rng: np.random.Generator,
) -> dict[str, Weighing]:
    """For lists that may repeat and for those that do not, of whatever there is an exam of."""
    found = given(names, fusions[0])
    for target in (NEW, ALL):
        if target in exams and len(exams[target]) >= TOO_FEW:
            found[target] = _best(names, exams[target], fusions, rng)
        elif target == ALL:
            found[ALL] = _with_replay(found[NEW])
    return found


def given(names: Sequence[str], fusion: str) -> dict[str, Weighing]:
    """The weights of those that nothing was learned of."""
    new = Weighing(fusion, _whole({name: PRIOR.get(name, _OF_OTHERS) for name in names}))
    return {NEW: new, ALL: _with_replay(new)}


def _best(
    names: Sequence[str], exam: Exam, fusions: Sequence[str], rng: np.random.Generator
) -> Weighing:
    tried = []
    for fusion in fusions:
        found = search(Arena.of(exam, fusion), rng)
        weights = dict(zip(names, found.weights.tolist(), strict=True))
        tried.append(Weighing(fusion, weights, found.ndcg, len(exam)))
    return max(tried, key=lambda one: one.ndcg)


def _with_replay(new: Weighing) -> Weighing:
    weights = new.weights | ({"replay": _OF_REPLAY} if "replay" in new.weights else {})
    return Weighing(new.fusion, _whole(weights))


def _whole(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total if total else 1.0 for name, weight in sorted(weights.items())}


def tables_of(weighings: Mapping[str, Weighing]) -> dict[str, pa.Table]:
    """One row per target and member, for a saved recommender."""
    rows = [
        {
            "target": target,
            "fusion": weighing.fusion,
            "member": name,
            "weight": weight,
            "ndcg": weighing.ndcg,
            "n_listeners": weighing.n_listeners,
            "is_together": name in weighing.together,
        }
        for target, weighing in sorted(weighings.items())
        for name, weight in sorted(weighing.weights.items())
    ]
    return {"weights": pa.Table.from_pylist(rows)}


def weighings_of(tables: Mapping[str, pa.Table]) -> dict[str, Weighing]:
    """Undo `tables_of`."""
    found: dict[str, Weighing] = {}
    for row in tables["weights"].to_pylist():
        known = found.get(row["target"])
        weights = (known.weights if known else {}) | {row["member"]: row["weight"]}
        together = known.together if known else ()
        together += (row["member"],) if row["is_together"] else ()
        ndcg = float("nan") if row["ndcg"] is None else row["ndcg"]
        found[row["target"]] = Weighing(row["fusion"], weights, ndcg, row["n_listeners"], together)
    return found
