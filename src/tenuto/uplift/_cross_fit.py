"""Every listener's uplift by models that did not know the listener."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tenuto.evaluation.folds import stratified_fold
from tenuto.uplift._contract import Array, UpliftModel

N_FOLDS = 5


def cross_fitted(
    make: Callable[[], UpliftModel],
    X: pd.DataFrame,
    y,
    is_treated,
    user_ids,
    *,
    treat_share=None,
    n_folds: int = N_FOLDS,
    random_state: int = 0,
) -> Array:
    """Out-of-fold predictions, one per row; the order of rows changes none of them.

    Folds are by user and hold the same share of each group and outcome.

    Raises
    ------
    NotEnoughData : if the campaign is too small to learn from
    """
    labels, treated = np.asarray(y), np.asarray(is_treated, dtype=bool)
    shares = treated.mean() if treat_share is None else treat_share
    chance = np.broadcast_to(np.asarray(shares, dtype=np.float64), labels.shape)
    # Models see rows in the order of the ids, so that a shuffled table gives the same trees.
    order = np.argsort(np.asarray(user_ids), kind="stable")
    folds = folds_of(user_ids, labels, treated, n_folds)
    found = np.empty(len(labels))
    for fold in range(n_folds):
        learn, score = order[folds[order] != fold], np.flatnonzero(folds == fold)
        model = make().fit(
            X.iloc[learn],
            labels[learn],
            treated[learn],
            treat_share=chance[learn],
            share_of_campaign=1 - 1 / n_folds,
            random_state=random_state,
        )
        found[score] = model.predict(X.iloc[score])
    return found


def folds_of(user_ids, y, is_treated, n_folds: int = N_FOLDS) -> Array:
    """The fold of each user, 0 to ``n_folds - 1``."""
    kinds = 2 * np.asarray(is_treated, dtype=int) + np.asarray(y, dtype=int)
    return stratified_fold(user_ids, kinds, n_folds, salt="uplift")
