"""The number behind each reason: the plainest of the columns that it rests on, beside the usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.reasons._grouping import grouped

#: Listener and reason -> column, value, and that of the typical active listener.
Told = dict[tuple[Any, str], tuple[str, float, float]]

#: What a reader understands at once, of whatever reason it is; the first one there is.
PLAIN = (
    "days_since_last_play",
    "days_since_last_event",
    "n_plays_14d",
    "n_active_days_14d",
    "n_songs_14d",
    "mean_share_played_14d",
    "n_sessions_14d",
    "n_downloads_14d",
    "n_adverts_14d",
    "n_errors_14d",
    "n_likes_14d",
    "days_since_registration",
    "days_since_first_event",
    "is_paid",
)


def telling(features: pd.DataFrame, scores: pd.DataFrame) -> Told:
    """What there is to tell of each listener of ``features`` and each reason.

    A reason with none of the `PLAIN` columns has the one that is most unusual: farthest from the
    median of active listeners, in widths of their middle half. A listener of whom it is not known
    has no number there.

    Parameters
    ----------
    features : ``user_id`` and the columns that the models saw
    scores : ``user_id`` and ``is_active_14d``
    """
    if features.empty or scores.empty:
        return {}
    active = scores.loc[scores["is_active_14d"].astype(bool), "user_id"]
    numbers = features.drop(columns="user_id").astype(np.float64)
    usual = numbers[features["user_id"].isin(active)]
    if usual.empty:
        usual = numbers
    middle, width = usual.median(), usual.quantile(0.75) - usual.quantile(0.25)
    users: list[Any] = features["user_id"].tolist()
    found: Told = {}
    for reason in grouped(numbers.columns):
        names = [name for name in PLAIN if name in reason.columns][:1] or reason.columns
        values = numbers[names].to_numpy()
        farthest = _farthest(values, middle[names].to_numpy(), width[names].to_numpy())
        for user, column, value in _of_each(users, values, farthest):
            name = names[column]
            found[user, reason.name] = (name, value, float(middle[name]))
    return found


def _farthest(
    values: NDArray[np.float64], middle: NDArray[np.float64], width: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The column of each row; a tie goes to the first one."""
    scale = np.where(width > 0, width, np.inf)
    away = np.abs(values - middle) / scale
    return np.argmax(np.where(np.isnan(away), -1.0, away), axis=1)


def _of_each(
    users: list[Any], values: NDArray[np.float64], column: NDArray[np.int64]
) -> Iterator[tuple[Any, int, float]]:
    told = values[np.arange(len(users)), column]
    for user, number, value in zip(users, column.tolist(), told.tolist(), strict=True):
        if np.isfinite(value):
            yield user, number, value
