"""A small neural network on logged, scaled columns."""

from __future__ import annotations

import copy

import numpy as np
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from tenuto.churn import _estimators
from tenuto.churn._contract import ChurnModel
from tenuto.churn._inner_split import validation_rows
from tenuto.churn._preprocessing import scaler, signed_log1p
from tenuto.sampling import Rows

LABEL = "Neural network"
NEEDS: tuple[str, ...] = ()
#: Epochs are left alone: users held out say when to stop.
SPACE = {
    "hidden": [[8], [16], [32], [32, 16], [64, 32]],
    "alpha": (1e-5, 1.0),
}
_CLASSES = np.array([0, 1], dtype=np.int8)


class Model(ChurnModel):
    """S1-M4 with the scaling it lacked (K15), stopped early on users it did not train on.

    scikit-learn's own early stopping splits rows, so a user with several cutoffs would
    stand on both sides (K47); here the passes over the data are counted by hand.

    Parameters
    ----------
    hidden : units of each hidden layer
    alpha : L2 penalty
    epochs : passes over the data, at most
    patience : passes without a gain in held-out log loss before stopping
    """

    needs = NEEDS

    def __init__(self, hidden=(32, 16), alpha: float = 1e-3, epochs: int = 20, patience: int = 2):
        super().__init__(hidden=list(hidden), alpha=alpha, epochs=epochs, patience=patience)

    def _fit(self, X, y, user_id, seed):
        self.scaler = scaler().fit(signed_log1p(X))
        network = MLPClassifier(
            tuple(self.settings["hidden"]),
            alpha=self.settings["alpha"],
            batch_size=min(256, len(y)),
            random_state=seed,
        )
        held_out = validation_rows(user_id, y, "neural")
        if held_out is None:
            rows = self.training_rows(X, y, seed)
            self.network = _bare(self._train_all(network, rows))
        else:
            rows = self.training_rows(X[~held_out], y[~held_out], seed)
            best = self._train_until_best(network, rows, X[held_out], y[held_out])
            self.network = _bare(best)

    def _train_all(self, network: MLPClassifier, rows: Rows) -> MLPClassifier:
        scaled = self._scaled(rows.X)
        for _ in range(self.settings["epochs"]):
            network.partial_fit(scaled, rows.y, rows.weight, _CLASSES)
        return network

    def _train_until_best(self, network: MLPClassifier, rows: Rows, X_out, y_out) -> MLPClassifier:
        scaled, scaled_out = self._scaled(rows.X), self._scaled(X_out)
        weight = self.held_out_weights(y_out, rows)
        best, best_loss, since = network, np.inf, 0
        for _ in range(self.settings["epochs"]):
            network.partial_fit(scaled, rows.y, rows.weight, _CLASSES)
            p = network.predict_proba(scaled_out)
            loss = log_loss(y_out, p, labels=_CLASSES, sample_weight=weight)
            since = 0 if loss < best_loss else since + 1
            if loss < best_loss:
                best, best_loss = copy.deepcopy(network), loss
            if since >= self.settings["patience"]:
                break
        return best

    def _predict(self, X):
        return self.network.predict_proba(self._scaled(X))[:, 1]

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        return self.scaler.transform(signed_log1p(X))

    def _dump(self):
        return {
            "network.skops": _estimators.to_bytes(self.network),
            "scaler.skops": _estimators.to_bytes(self.scaler),
        }

    def _restore(self, files):
        self.network = _estimators.from_bytes(files["network.skops"])
        self.scaler = _estimators.from_bytes(files["scaler.skops"])


def _bare(network: MLPClassifier) -> MLPClassifier:
    """Without what only further training needs: the optimiser's state and the generator."""
    for part in ("_optimizer", "_random_state"):
        vars(network).pop(part, None)
    return network
