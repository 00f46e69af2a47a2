"""Alternating least squares by Spark, for pairs that outgrow one machine.

The same model as ``als`` but for the penalty, which Spark scales by how many items a listener
likes, or listeners an item: ``regularization * n`` (Zhou, Wilkinson, Schreiber & Pan, AAIM 2008).

Source: S1-CL1, which could not run (K30); Hu, Koren & Volinsky, ICDM 2008.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Self

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from tenuto import engines
from tenuto.errors import ContractError
from tenuto.recommenders._bounds import check_settings
from tenuto.recommenders._fold_in import Evidence
from tenuto.recommenders._half_step import Alternating
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.recommenders._liked import liked_part
from tenuto.recommenders._spark_lists import OnSpark
from tenuto.recommenders._spark_pairs import Pairs, frame_of, item_factors, n_parts
from tenuto.recommenders._weighting import check_weighting, weighted, weights

LABEL = "Factors (Spark ALS)"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fit about a minute for 136 thousand pairs of 60,000 songs on one busy core, as much of it"
    " Spark's own; memory is the cluster's"
)
ON_REQUEST = True
NEEDS_SPARK = True
SPACE = {
    "embedding_size": [32, 64, 128],
    "regularization": (0.02, 1.0),
    "confidence_slope": (4.0, 40.0),
    "weighting": ["binary", "log"],
}
#: On Spark, as in `_weighting`.
_WEIGH: dict[str, Callable[[ir.Value], ir.Value]] = {
    "binary": lambda preference: preference * 0 + 1,
    "log": lambda preference: (preference + 1).ln(),
    "sqrt": lambda preference: preference.sqrt(),
    "linear": lambda preference: preference,
}


class Model(Alternating):
    """Items are placed by Spark; listeners, new and old, here and exactly, as Spark would.

    What S1-CL1 meant is ``embedding_size=40, epochs=10, regularization=0.1,
    confidence_slope=40, weighting="linear"``.

    Parameters
    ----------
    embedding_size : factors, at most as many as listeners or items
    regularization : pulls every point towards 0, times the length of its history
    confidence_slope : what a weight of 1 adds to the confidence of 1 that everything has
    weighting : "binary", "log", "sqrt" or "linear", see `_weighting`
    epochs : how often both sides are solved
    """

    on_spark: OnSpark | None = None

    def __init__(
        self,
        embedding_size: int = 64,
        regularization: float = 0.2,
        confidence_slope: float = 20.0,
        weighting: str = "binary",
        epochs: int = 10,
        random_state: int = 42,
    ):
        check_settings(
            embedding_size=(embedding_size, 1),
            regularization=(regularization, 0),
            confidence_slope=(confidence_slope, 0),
            epochs=(epochs, 1),
        )
        super().__init__(
            embedding_size=embedding_size,
            regularization=regularization,
            confidence_slope=confidence_slope,
            weighting=check_weighting(weighting),
            epochs=epochs,
            random_state=random_state,
        )

    def fit_table(
        self,
        engine: Any,
        table: ir.Table,
        *,
        cutoff: date,
        window_days: int = 30,
        preference: str = "counts",
    ) -> Self:
        """Learn from a table on Spark that is not brought here.

        What comes here: the items with their listeners counted, and a point for each item.
        Listeners stay on Spark, so that `recommend` knows none of them: ask `recommend_table` in
        the same session, or `recommend_new` with histories, now or after loading.

        Parameters
        ----------
        engine : the Spark engine that ``table`` is of
        table : one row per ``user_id`` and ``item_id`` with ``preference``, 0 or NULL for what is
            known and not liked; where known also ``opinion``, -1 for what is disliked

        Raises
        ------
        ContractError : if a column is missing
        NotEnoughData : if nobody likes anything
        """
        pairs = Pairs.of_table(engine, table)
        frame = engine.frame(pairs.liked(_WEIGH[self.settings["weighting"]]))
        model = self._als(engine, pairs.n_liked, len(pairs.item_ids)).fit(frame)
        self._take_over(_without_listeners(pairs.item_ids, cutoff, window_days, preference))
        self.n_listeners = pairs.n_listeners
        n_items = len(pairs.item_ids)
        self._place_items(item_factors(model), np.arange(n_items), n_items)
        self.on_spark = OnSpark(engine, model, pairs)
        return self

    def recommend_table(
        self, k: int, *, exclude_heard: bool, users: ir.Table | None = None
    ) -> ir.Table:
        """As `recommend`, of listeners of `fit_table`, made and kept on Spark, in any order.

        Never all listeners times all items (K30): Spark keeps the best of each listener.

        Parameters
        ----------
        users : who is asked for, by ``user_id``; everybody without it. Whoever likes nothing
            has no list

        Raises
        ------
        ContractError : if this model was not fitted by `fit_table` in this session
        """
        if self.on_spark is None:
            raise ContractError(
                "Spark holds nothing of this model", mend="use recommend, or fit_table first"
            )
        return self.on_spark.lists(users, k, exclude_heard)

    def _fit(self, interactions: Interactions) -> None:
        liked, items = liked_part(interactions.histories.taste())
        factors = np.empty((0, 1), dtype=np.float32)
        if len(items):
            weight = weighted(liked, self.settings["weighting"])
            with engines.CATALOGUE.get("spark").open() as engine:
                als = self._als(engine, len(weight.data), min(weight.shape))
                factors = item_factors(als.fit(frame_of(engine, weight)))
        self._place_items(factors, items, len(interactions.item_ids))

    def _als(self, engine: Any, n_pairs: int, most_factors: int) -> Any:
        chosen, blocks = self.settings, n_parts(n_pairs)
        return engine.ml.recommendation.ALS(
            userCol="user",
            itemCol="item",
            ratingCol="weight",
            implicitPrefs=True,
            rank=min(chosen["embedding_size"], most_factors),
            regParam=chosen["regularization"],
            alpha=chosen["confidence_slope"],
            maxIter=chosen["epochs"],
            seed=chosen["random_state"],
            numUserBlocks=blocks,
            numItemBlocks=blocks,
        )

    def _evidence(self, liked: csr_array) -> Evidence:
        sure = self.settings["confidence_slope"] * weights(liked.data, self.settings["weighting"])
        ridge = self.settings["regularization"] * np.diff(liked.indptr).astype(np.float64)
        return Evidence(sure, 1 + sure, ridge)


def _without_listeners(
    item_ids: pd.Index, cutoff: date, window_days: int, preference: str
) -> Interactions:
    nobody = Histories.of_pairs([], [], [], [], n_rows=0, n_items=len(item_ids))
    sums = pd.DataFrame(0, index=range(len(item_ids)), columns=list(ITEM_SUMS))
    return Interactions(cutoff, window_days, preference, pd.Index([]), item_ids, nobody, sums)
