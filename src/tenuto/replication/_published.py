"""The metrics of the earlier projects, each beside the score of the one who says "nobody leaves".

Class-weighted F1 counts mostly those who stay: with 12.5 % leaving, naming nobody scores 0.8167
(K40). What matters is the churn class: its F1, and the area under its precision-recall curve,
whose floor is the base rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.evaluation.folds import user_fold

#: As the earlier projects did: called is who has a probability above one half (K12).
THRESHOLD = 0.5
_FOLDS = 5


def published_metrics(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """The figures of one test set; NaN where a class is missing."""
    called, nobody = (p > THRESHOLD).astype(int), np.zeros(len(y), dtype=int)
    has_both = 0 < y.sum() < len(y)
    return {
        "n_test": len(y),
        "n_churned": int(y.sum()),
        "base_rate": float(y.mean()),
        "weighted_f1": _f1(y, called, "weighted"),
        "weighted_f1_of_nobody": _f1(y, nobody, "weighted"),
        "churn_f1": _f1(y, called, "binary"),
        "average_precision": float(average_precision_score(y, p)) if has_both else np.nan,
        "auc": float(roc_auc_score(y, p)) if has_both else np.nan,
    }


def out_of_fold(fit: Callable[[Examples], ChurnModel], examples: Examples) -> dict[str, float]:
    """The figures on all rows, each scored by a model that never saw its user."""
    fold = user_fold(examples.user_id, _FOLDS, "replication")
    p = np.empty(len(examples))
    for number in range(_FOLDS):
        p[fold == number] = fit(examples.take(fold != number)).predict(examples.X[fold == number])
    assert examples.y is not None
    return published_metrics(examples.y, p)


def over_splits(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means over repeated splits, and how far weighted F1 and average precision spread.

    ``…_low`` and ``…_high`` hold 95 % of the splits: what one unseeded split could have shown.
    """
    table = pd.DataFrame(found)
    row = {str(name): float(value) for name, value in table.mean().items()}
    for name in ("weighted_f1", "average_precision"):
        low, high = table[name].quantile([0.025, 0.975])
        row |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return row | {"n_splits": len(table)}


def _f1(y: np.ndarray, called: np.ndarray, average: str) -> float:
    return float(f1_score(y, called, average=average, zero_division=0))
