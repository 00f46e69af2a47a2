"""Errors of predicted ratings on rated cells, as S2 judged its models (S2-R3, S2-R4).

They are here so that the earlier figures can be compared, not to choose by. S2 measured on the
cells that the models were fitted to (K31): hand over ratings that were held out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import check_columns, check_pairs

_RATED_ONLY = (
    "judges only songs that the listener chose to play, never the ones a list would offer: on "
    "MovieLens 100K the model with the best RMSE (0.939) has an NDCG@10 of 0.096, the best list "
    "0.475."
)
HIDES: dict[str, str] = {"rmse": f"RMSE {_RATED_ONLY}", "mae": f"MAE {_RATED_ONLY}"}


class RatedErrors(NamedTuple):
    """``rmse`` and ``mae`` over ``n_cells``; ``n_unpredicted`` rated cells had no prediction."""

    rmse: float
    mae: float
    n_cells: int
    n_unpredicted: int


def rated_errors(rated: pd.DataFrame, predicted: pd.DataFrame) -> RatedErrors:
    """Root mean squared and mean absolute error over all rated cells that were predicted.

    Parameters
    ----------
    rated : one row per (user_id, item_id) with ``rating``
    predicted : one row per (user_id, item_id) with ``prediction`` on the same scale; cells that
        nobody rated are ignored, NULL counts as not predicted

    Returns
    -------
    RatedErrors. Both errors are NaN without a cell. Look at ``n_unpredicted`` before comparing
    two models: one that predicts only what is easy has a smaller error.

    Raises
    ------
    ContractError : if a column is missing, a cell is there twice, or a rating is NULL

    Examples
    --------
    >>> cells = pd.DataFrame({"user_id": [1, 1], "item_id": ["a", "b"], "rating": [5, 2]})
    >>> rated_errors(cells, cells.assign(prediction=[4, 4])).mae
    1.5
    """
    errors = _errors(rated, predicted)
    missing = errors.isna()
    found = errors[~missing].to_numpy()
    n_cells = len(found)
    rmse = float(np.sqrt(np.mean(found**2))) if n_cells else float("nan")
    mae = float(np.abs(found).mean()) if n_cells else float("nan")
    return RatedErrors(rmse, mae, n_cells, int(missing.sum()))


def rated_errors_per_user(rated: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """One row per user with a predicted cell: ``rmse``, ``mae`` and ``n_cells``, by user_id.

    S2 quoted the MAE of one user (K34). The mean of users' RMSE is not `rated_errors`' RMSE, in
    which a user counts by his cells.
    """
    errors = _errors(rated, predicted).dropna()
    by_user = errors.groupby(level="user_id")
    squares = (errors**2).groupby(level="user_id").mean()
    columns = {"rmse": np.sqrt(squares), "mae": errors.abs().groupby(level="user_id").mean()}
    return pd.DataFrame(columns).assign(n_cells=by_user.size())


def _errors(rated: pd.DataFrame, predicted: pd.DataFrame) -> pd.Series:
    """Prediction minus rating, by user and item in the order of ``rated``; NaN unpredicted."""
    check_columns(rated, "rated", ("user_id", "item_id", "rating"))
    check_columns(predicted, "predicted", ("user_id", "item_id", "prediction"))
    check_pairs(rated, "rated")
    check_pairs(predicted, "predicted")
    if rated["rating"].isna().any():
        row = rated[rated["rating"].isna()].iloc[0]
        raise ContractError(
            f"the rating of item {row['item_id']} by user {row['user_id']} is NULL",
            mend="leave out what was not rated",
        )
    key = ["user_id", "item_id"]
    both = rated[[*key, "rating"]].merge(predicted[[*key, "prediction"]], on=key, how="left")
    both = both.set_index(key).astype(np.float64)
    return (both["prediction"] - both["rating"]).rename("error")
