"""What a model leans on: drop in AUC when a group of columns is shuffled, on held-out data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation._ranked import plain_auc
from tenuto.threads import side_by_side

N_REPEATS = 10
COLUMNS = ["group", "mean_drop", "low", "high", "n_columns"]


def permutation_importance(
    predict: Callable[[pd.DataFrame], np.ndarray],
    X: pd.DataFrame,
    y,
    groups: Mapping[str, Sequence[str]],
    *,
    rng: np.random.Generator,
    n_repeats: int = N_REPEATS,
    n_threads: int = 1,
) -> pd.DataFrame:
    """Mean drop in AUC when the columns of each group are shuffled together.

    Parameters
    ----------
    predict : score per row of a table like ``X``
    X, y : rows that the model was **not** trained on; training rows flatter (K13)
    groups : group name -> columns. Overlapping windows of one thing belong in one group:
        shuffled alone, each looks useless because its neighbours still tell.
    n_threads : so many tables are scored side by side; the same bytes whatever their number

    Returns
    -------
    DataFrame, largest drop first: ``group``, ``mean_drop``, ``low``, ``high`` (2.5th and
    97.5th percentile over the repeats: noise of the shuffling, not of the sample),
    ``n_columns``. A drop near or below 0 means the model does not need the group. All
    NaN when ``y`` has one class.

    Raises
    ------
    ContractError : if a group is empty or names a column that is not there
    """
    _check_groups(groups, X)
    before = plain_auc(y, predict(X))

    def drop(table: pd.DataFrame) -> float:
        return before - plain_auc(y, predict(table))

    rows = []
    for group in sorted(groups):
        columns = list(groups[group])
        shuffled = (_shuffled(X, columns, rng) for _ in range(n_repeats))
        drops = np.array(list(side_by_side(drop, shuffled, n_threads)))
        low, high = np.quantile(drops, [0.025, 0.975])
        rows.append((group, float(drops.mean()), float(low), float(high), len(columns)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(["mean_drop", "group"], ascending=[False, True], ignore_index=True)


def _shuffled(X: pd.DataFrame, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """A copy of ``X`` in which the columns move together to other rows."""
    table, moved = X.copy(), rng.permutation(len(X))
    table[columns] = X[columns].to_numpy()[moved]
    return table


def _check_groups(groups: Mapping[str, Sequence[str]], X: pd.DataFrame) -> None:
    for group, columns in groups.items():
        unknown = [column for column in columns if column not in X.columns]
        if unknown or not columns:
            raise ContractError(
                f"group '{group}' names {', '.join(unknown) or 'no column'}, not in the table",
                mend="group only columns of the features handed over",
            )
