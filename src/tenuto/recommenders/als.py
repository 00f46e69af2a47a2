"""Alternating least squares on confidences, as in Hu, Koren & Volinsky.

Listeners and items are points; the score is their inner product. Every pair of a listener and an
item counts: what was liked with confidence ``1 + confidence_slope * weight`` that it is 1, all
else with confidence 1 that it is 0.

Source: S1-R1; Hu, Koren & Volinsky, "Collaborative Filtering for Implicit Feedback Datasets",
ICDM 2008; solved by implicit (conjugate gradients, Takács, Pilászy & Tikk, RecSys 2011).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_array, csr_matrix

from tenuto.recommenders._bounds import check_settings
from tenuto.recommenders._fold_in import Evidence
from tenuto.recommenders._half_step import Alternating
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._liked import liked_part
from tenuto.recommenders._weighting import check_weighting, weighted, weights
from tenuto.threads import one_blas_thread

LABEL = "Factors (ALS)"
NEEDS = ("user_item_days", "item_days")
COST = (
    "fit 31 s on one core, listeners placed in 3 s, 0.3 ms for one,"
    " for 2 million pairs of 60,000 listeners and 50,000 songs"
)
SPACE = {
    "embedding_size": [32, 64, 128],
    "regularization": (20.0, 120.0),
    "confidence_slope": (4.0, 15.0),
    "weighting": ["binary", "log"],
}


#: Of the confidences' largest singular value; at the whole of it every point falls to 0.
_MOST_BEARABLE = 0.25
_POWER_STEPS = 12


class Model(Alternating):
    """ALS by conjugate gradients, listeners and newcomers placed exactly.

    Parameters
    ----------
    embedding_size : factors, at most as many as listeners or items
    regularization : pulls every point towards 0. It is held against a whole history, so good
        values are far above 1. On a few dozen pairs less is used: what they can bear
    confidence_slope : what a weight of 1 adds to the confidence of 1 that everything has
    weighting : "binary", "log", "sqrt" or "linear", see `_weighting`
    epochs : how often both sides are solved
    cg_steps : steps of conjugate gradients at each solving
    n_threads : changes nothing but the time
    """

    def __init__(
        self,
        embedding_size: int = 128,
        regularization: float = 60.0,
        confidence_slope: float = 9.0,
        weighting: str = "binary",
        epochs: int = 15,
        cg_steps: int = 3,
        n_threads: int = 2,
        random_state: int = 42,
    ):
        check_settings(
            embedding_size=(embedding_size, 1),
            regularization=(regularization, 0),
            confidence_slope=(confidence_slope, 0),
            epochs=(epochs, 1),
            cg_steps=(cg_steps, 1),
            n_threads=(n_threads, 1),
        )
        super().__init__(
            embedding_size=embedding_size,
            regularization=regularization,
            confidence_slope=confidence_slope,
            weighting=check_weighting(weighting),
            epochs=epochs,
            cg_steps=cg_steps,
            n_threads=n_threads,
            random_state=random_state,
        )
        self.ridge = float(regularization)

    def _fit(self, interactions: Interactions) -> None:
        liked, items = liked_part(interactions.histories.taste())
        confidence = weighted(liked, self.settings["weighting"])
        confidence.data = 1 + self.settings["confidence_slope"] * confidence.data
        bearable = _MOST_BEARABLE * largest_singular_value(confidence)
        self.ridge = min(float(self.settings["regularization"]), bearable or np.inf)
        factors = self._factors(confidence) if len(items) else np.empty((0, 1))
        self._place_items(factors, items, len(interactions.item_ids))

    def _factors(self, confidence: csr_array) -> np.ndarray:
        chosen = self.settings
        with one_blas_thread():
            model = AlternatingLeastSquares(
                factors=min(chosen["embedding_size"], *confidence.shape),
                regularization=self.ridge,
                iterations=chosen["epochs"],
                num_threads=chosen["n_threads"],
                random_state=chosen["random_state"],
            )
            model.cg_steps = chosen["cg_steps"]
            model.fit(csr_matrix(confidence), show_progress=False)
        return model.item_factors

    def _evidence(self, liked: csr_array) -> Evidence:
        sure = self.settings["confidence_slope"] * weights(liked.data, self.settings["weighting"])
        return Evidence(sure, 1 + sure, np.full(liked.shape[0], self.ridge))

    def _dump(self) -> dict[str, pa.Table]:
        return super()._dump() | {"ridge": pa.table({"ridge": [self.ridge]})}

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        super()._restore(tables)
        self.ridge = float(tables["ridge"]["ridge"][0].as_py())


def largest_singular_value(matrix: csr_array) -> float:
    """By power iteration, from below; 0 for a matrix without entries. No value is negative."""
    value, x = 0.0, np.ones(matrix.shape[1])
    for _ in range(_POWER_STEPS):
        length = np.linalg.norm(x)
        if length == 0:
            return 0.0
        y = matrix @ (x / length)
        value, x = float(np.linalg.norm(y)), matrix.T @ y
    return value
