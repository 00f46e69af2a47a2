"""Alternating least squares with regularisation scaled by frequency.

Listeners and items are points; what a listener has not touched weighs ``unobserved_weight``, and
whoever has more items is held back more: ``regularization * (n + unobserved_weight * N) **
frequency_scaling``, n the items of a listener out of N, or the listeners of an item.

Source: Rendle, Krichene, Zhang & Koren, "Revisiting the Performance of iALS on Item
Recommendation Benchmarks", RecSys 2022; solved by irspack (conjugate gradients, Takács, Pilászy &
Tikk, RecSys 2011). The best single model on HetRec (recommenders.md §5.1).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix

from tenuto.recommenders._bounds import check_settings
from tenuto.recommenders._fold_in import Evidence
from tenuto.recommenders._half_step import Alternating
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._liked import liked_part
from tenuto.recommenders._weighting import check_weighting, weighted, weights

LABEL = "Factors (iALS)"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fit 23 s, listeners placed in 3 s, 0.3 ms for one,"
    " for 2 million pairs of 60,000 listeners and 50,000 songs (one core)"
)
SPACE = {
    "embedding_size": [64, 128],
    "regularization": (0.03, 0.12),
    "unobserved_weight": (0.01, 0.3),
}


class Model(Alternating):
    """iALS by conjugate gradients, listeners and newcomers placed exactly.

    Parameters
    ----------
    embedding_size : factors, at most as many as listeners or items
    regularization, frequency_scaling, unobserved_weight : see above
    weighting : "binary", "log", "sqrt" or "linear", see `_weighting`
    epochs : how often both sides are solved
    cg_steps : steps of conjugate gradients at each solving
    n_threads : with 1 the same fit gives the same bytes. With more it is faster and the last
        digits differ from fit to fit: irspack adds up what its threads found in any order.
    """

    def __init__(
        self,
        embedding_size: int = 128,
        regularization: float = 0.06,
        frequency_scaling: float = 0.75,
        unobserved_weight: float = 0.03,
        weighting: str = "binary",
        epochs: int = 16,
        cg_steps: int = 3,
        n_threads: int = 1,
        random_state: int = 42,
    ):
        check_settings(
            embedding_size=(embedding_size, 1),
            regularization=(regularization, 0),
            unobserved_weight=(unobserved_weight, 0),
            epochs=(epochs, 1),
            cg_steps=(cg_steps, 1),
            n_threads=(n_threads, 1),
        )
        super().__init__(
            embedding_size=embedding_size,
            regularization=regularization,
            frequency_scaling=frequency_scaling,
            unobserved_weight=unobserved_weight,
            weighting=check_weighting(weighting),
            epochs=epochs,
            cg_steps=cg_steps,
            n_threads=n_threads,
            random_state=random_state,
        )
        self.unobserved = unobserved_weight

    def _fit(self, interactions: Interactions) -> None:
        liked, items = liked_part(interactions.histories.taste())
        if len(items) == 0:
            return self._place_items(np.empty((0, 1)), items, len(interactions.item_ids))
        trainer, solver = self._trainer(weighted(liked, self.settings["weighting"]))
        for _ in range(self.settings["epochs"]):
            trainer.step(solver)
        return self._place_items(trainer.item, items, len(interactions.item_ids))

    def _evidence(self, liked: csr_array) -> Evidence:
        return self._scaled(liked, len(self.offered))

    def _evidence_of_items(self, liked_by: csr_array) -> Evidence:
        return self._scaled(liked_by, liked_by.shape[1])

    def _scaled(self, liked: csr_array, n_others: int) -> Evidence:
        weight = weights(liked.data, self.settings["weighting"])
        reach = np.diff(liked.indptr) + self.unobserved * n_others
        scale = reach ** self.settings["frequency_scaling"]
        return Evidence(weight, weight, self.settings["regularization"] * scale)

    def _trainer(self, liked: csr_array) -> tuple[Any, Any]:
        core = _irspack()
        chosen = self.settings
        model = (
            core.IALSModelConfigBuilder()
            .set_K(min(chosen["embedding_size"], *liked.shape))
            .set_alpha0(self.unobserved)
            .set_reg(chosen["regularization"])
            .set_nu(chosen["frequency_scaling"])
            .set_init_stdev(0.1)
            .set_random_seed(chosen["random_state"])
            .set_loss_type(core.LossType.IALSPP)
        )
        solver = (
            core.IALSSolverConfigBuilder()
            .set_n_threads(chosen["n_threads"])
            .set_solver_type(core.SolverType.CG)
            .set_max_cg_steps(chosen["cg_steps"])
        )
        return core.IALSTrainer(model.build(), csr_matrix(liked)), solver.build()


def _irspack() -> Any:
    """Imported when it is needed, for it takes a second."""
    with warnings.catch_warnings():
        # irspack 0.5.2 describes its settings in a way that pydantic 2 calls old.
        warnings.simplefilter("ignore", DeprecationWarning)
        from irspack.recommenders import _ials_core
    return _ials_core
