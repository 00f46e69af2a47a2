"""Some training users held back, to know when to stop."""

from __future__ import annotations

import numpy as np

from tenuto.evaluation.folds import user_fold

N_FOLDS = 5
MIN_USERS = 1_000
MIN_OF_EACH_CLASS = 50


def validation_rows(user_id: np.ndarray, y: np.ndarray, salt: str) -> np.ndarray | None:
    """Mask of about a fifth of the users, whole users; None when there are too few.

    Below 1,000 users, or 50 rows of either class held back, stopping early follows
    noise more than it prevents.
    """
    if len(np.unique(user_id)) < MIN_USERS:
        return None
    held_out = user_fold(user_id, N_FOLDS, f"inner/{salt}") == 0
    n_churned = int(y[held_out].sum())
    few = min(n_churned, int(held_out.sum()) - n_churned) < MIN_OF_EACH_CLASS
    return None if few else held_out
