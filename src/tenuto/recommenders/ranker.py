"""Two stages: candidates from several members, then an order over them learned by trees.

The trees (LightGBM, LambdaRank) see what each member says of a candidate, and beside it the
listener, the item, what is between them and, if told, the artist. They learn on an inner split:
members that know only the earlier part make the candidates, right is what was played afterwards;
then the members are fitted on everything. Lists that repeat and lists that hide what was heard
have trees of their own. Where the trees are no better than the members' weighted sum, on listeners
they have not seen, or there are too few to learn from, that sum is the order (see `blend`), and
``order_of`` says so.

Give `Model.fit` an ``inner`` split that goes forward in time. Without it a random part of each
listener's items is asked for, which teaches what is new to the listener, not what comes back.

Source: Covington, Adams & Sargin, "Deep neural networks for YouTube recommendations", RecSys 2016
(two stages); Burges, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.recommenders._change import Change
from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._ensemble import Specs
from tenuto.recommenders._exam import Described, Exam, Table
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._inner import InnerSplit
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._of_members import OfMembers
from tenuto.recommenders._order import Order, booster_of, predicted, trained
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW, Question
from tenuto.recommenders._rank_features import ItemFacts, features

LABEL = "Ranked candidates of several recommenders"
NEEDS = ("user_item_days", "item_days")
COST = (
    "as the blend, and a minute for the trees: 4,000 listeners and 51,000 songs 2 minutes and "
    "3.2 GB; lists 5 ms a listener (one core)"
)

MEMBERS: Specs = {
    "ials": {},
    "ease": {},
    "item_knn": {},
    "next_item": {},
    "popularity": {},
    "replay": {},
    "rp3beta": {},
}
#: With fewer listeners to learn from, the blend is the order.
TOO_FEW = 100


class Model(OfMembers):
    """Candidates from ``members``, ordered by trees.

    Parameters
    ----------
    members : member of the catalogue -> keywords for its ``Model``
    depth : how many items of each member's list are candidates
    n_listeners : to learn from, at most
    n_trees : at most; fewer once the listeners kept aside gain nothing more

    After the fit, ``orders`` has the trees by target, "all" and "new", as far as there are any.
    """

    def __init__(
        self,
        members: Specs | None = None,
        depth: int = 100,
        n_listeners: int = 3_000,
        n_trees: int = 250,
        random_state: int = 0,
    ):
        super().__init__(
            MEMBERS if members is None else members,
            depth,
            random_state,
            n_listeners=n_listeners,
            n_trees=n_trees,
        )
        self.orders: dict[str, Order] = {}
        self.order_of = dict.fromkeys((ALL, NEW), "not learned")
        self._boosters: dict[str, lgb.Booster] = {}
        self._artist_of: pd.Series | None = None
        self._columns: list[str] = []
        self.n_examined = n_listeners

    def fit(
        self,
        interactions: Interactions,
        inner: InnerSplit | Sequence[InnerSplit] | None = None,
        artist_of: pd.Series | None = None,
    ) -> Self:
        """As every recommender.

        Parameters
        ----------
        inner : what to learn the order on, see ``_inner.py``; forward in time if it can be
        artist_of : the artist's name or number by item_id; NULL or absent where unknown
        """
        self._artist_of = artist_of
        return super().fit(interactions, inner)

    def _fit(self, interactions: Interactions) -> None:
        self.orders, self._boosters = {}, {}
        super()._fit(interactions)
        self._know_items(self._artists(interactions.item_ids))

    def _update(self, interactions: Interactions, change: Change) -> None:
        """Members are updated, the orders stay; the artist of a new item is not known yet."""
        super()._update(interactions, change)
        artist = np.full(len(change.was), -1, dtype=np.int64)
        artist[change.was >= 0] = self.items.artist[change.was[change.was >= 0]]
        self._know_items(artist)

    def _described(self, inner: InnerSplit) -> Described:
        items = ItemFacts.of(inner.train.histories, self._artists(inner.train.item_ids))

        def table(pool: Pool, lists: Sequence[Ranked], names: list[str], asked: Question) -> Table:
            told, self._columns = features(pool, lists, names, asked.histories, items)
            return told

        return table

    def _learn_from(self, taught: OfMembers) -> None:
        super()._learn_from(taught)
        if isinstance(taught, Model):
            self.order_of = dict(taught.order_of)
            for target, order in taught.orders.items():
                self._take(target, order)

    def _learn(self, exams: dict[str, Exam]) -> None:
        for target in (ALL, NEW):
            self.order_of[target] = self._learned(exams.get(target), target)

    def _learned(self, exam: Exam | None, target: str) -> str:
        """Learn the order for lists of one kind; what it is, in words."""
        n_listeners = 0 if exam is None else len(exam)
        if exam is None or n_listeners < TOO_FEW:
            return f"the blend: {n_listeners} listeners to learn from, not {TOO_FEW}"
        weighing = self.weighings[target]
        weights = [weighing.weights[name] for name in sorted(self.specs)]
        blended = (exam.worth[weighing.fusion].astype(np.float64) * weights).sum(axis=1)
        n_trees, seed = self.settings["n_trees"], self.settings["random_state"]
        order = trained(exam, self._columns, blended, n_trees, seed)
        figures = f"NDCG@100 {order.ndcg:.4f}, blend {order.of_blend:.4f}"
        if not order.is_better():
            return f"the blend: trees are not surely better ({figures}, {order.n_listeners} aside)"
        self._take(target, order)
        return f"trees ({figures}, {order.n_listeners} aside)"

    def _score(
        self, pool: Pool, lists: Sequence[Ranked], histories: Histories, target: str
    ) -> NDArray[np.float64]:
        if target not in self._boosters:
            return self._blended(pool, lists, histories, target)
        names = list(self.ensemble.members)
        blended = self.weighings[target].score(names, lists, pool)
        table, _ = features(pool, lists, names, histories, self.items)
        return predicted(self._boosters[target], table, blended)

    def _take(self, target: str, order: Order) -> None:
        self.orders[target] = order
        self._boosters[target] = booster_of(order.text)

    def _artists(self, item_ids: pd.Index) -> NDArray[np.int64] | None:
        """A number for each item's artist, the same for the same artist, -1 for unknown."""
        if self._artist_of is None:
            return None
        names = self._artist_of.reindex(item_ids)
        return pd.factorize(names.to_numpy(), sort=False)[0].astype(np.int64)

    def _know_items(self, artist: NDArray[np.int64] | None) -> None:
        self.items = ItemFacts.of(self._known(), artist)

    def _dump(self) -> dict[str, pa.Table]:
        rows = [_row(target, said, self.orders.get(target)) for target, said in self._said()]
        artists = pa.table({"artist": self.items.artist})
        return super()._dump() | {"orders": pa.Table.from_pylist(rows, _ORDERS), "artists": artists}

    def _said(self) -> list[tuple[str, str]]:
        return sorted(self.order_of.items())

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        super()._restore(tables)
        for row in tables["orders"].to_pylist():
            self.order_of[row["target"]] = row["order_of"]
            if row["text"] is not None:
                self._take(row["target"], Order(*(row[name] for name in _ORDERS.names[2:])))
        self._know_items(tables["artists"]["artist"].to_numpy())


_ORDERS = pa.schema(
    {
        "target": pa.string(),
        "order_of": pa.string(),
        "text": pa.string(),
        "ndcg": pa.float64(),
        "of_blend": pa.float64(),
        "error": pa.float64(),
        "n_listeners": pa.int64(),
    }
)


def _row(target: str, said: str, order: Order | None) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_ORDERS.names) | {"target": target, "order_of": said}
    return row if order is None else row | asdict(order)
