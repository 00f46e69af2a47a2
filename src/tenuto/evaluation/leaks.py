"""Alarms for figures too good to be true: the usual sign that the future got in.

Lifetime totals of a user who has cancelled give AUC 0.96 to 0.99 and are worth nothing
(churn.md §2.2, §4.3): such a run must stop before anyone believes it.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from tenuto.errors import LeakError
from tenuto.evaluation._ranked import Floats, plain_auc

FEATURE_LIMIT = 0.95
MODEL_LIMIT = 0.99
#: Fewer rows of either class reach any AUC by luck: no verdict.
MIN_OF_EACH_CLASS = 20


def single_feature_aucs(X: pd.DataFrame, y) -> pd.Series:
    """AUC of each column alone, best first, always in [0.5, 1]; NaN with one class.

    The direction is the better of the two, and NULLs are put at the better end:
    that a value is missing may be the leak. Nothing is fitted, so the figure is
    as good as held-out when the rows are.
    """
    found = {
        str(column): _best_auc(X[column].to_numpy(dtype=np.float64), y) for column in X.columns
    }
    table = pd.Series(found, name="auc", dtype=np.float64).sort_index()
    return table.sort_values(ascending=False, kind="stable")


def stop_on_leaking_feature(
    X: pd.DataFrame, y, *, limit: float = FEATURE_LIMIT, allow: Collection[str] = ()
) -> pd.Series:
    """The AUC of each feature alone, or an error if one alone knows the answer.

    Parameters
    ----------
    X, y : held-out rows
    allow : features that may pass the limit; say why in the model card

    Raises
    ------
    LeakError : naming every feature above ``limit`` with its figure. Never with fewer
        than 20 rows of either class.
    """
    aucs = single_feature_aucs(X, y)
    suspects = aucs[(aucs > limit) & ~aucs.index.isin(list(allow))]
    if len(suspects) and _enough(y):
        named = ", ".join(f"'{name}' (AUC {figure:.3f})" for name, figure in suspects.items())
        raise LeakError(
            f"a feature alone tells who leaves, better than {limit}: {named}",
            mend="look for days at or after the cutoff in it; if it is honest, "
            "name it in churn.allow_features in tenuto.toml",
        )
    return aucs


def stop_on_leaking_model(y, p, *, limit: float = MODEL_LIMIT, name: str = "the model") -> float:
    """The model's AUC on held-out rows, or an error if it is too good to be true.

    Raises
    ------
    LeakError : if AUC > ``limit``. Never with fewer than 20 rows of either class.
    """
    figure = plain_auc(y, p)
    if figure > limit and _enough(y):
        raise LeakError(
            f"{name} reaches AUC {figure:.4f} on rows it has not seen, above {limit}",
            mend="look for features that know the future, and for users on both sides of the split",
        )
    return figure


def _best_auc(values: Floats, y) -> float:
    # Codes in order of value: np.unique puts all NULLs last, under one code.
    _, codes = np.unique(values, return_inverse=True)
    is_null = np.isnan(values)
    orders = [codes, np.where(is_null, -1, codes)] if is_null.any() else [codes]
    figures = [plain_auc(y, order) for order in orders]
    return max(max(figure, 1 - figure) for figure in figures)


def _enough(y) -> bool:
    labels = np.asarray(y)
    return min((labels == 1).sum(), (labels == 0).sum()) >= MIN_OF_EACH_CLASS
