"""Rows of a table that are nobody: a logged-out visitor, a robot, everybody under one id.

Sparkify's export has one: no gender, 778,479 events and 158,115 sessions, where the busiest
listener has a fiftieth of that (K43).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

#: A count is absurd when it is so many times what the busiest real users have.
TIMES = 10.0
#: So many absurd counts are enough; one is, if the profile is blank where others have one.
N_ABSURD = 3
#: The busiest real users: the smallest of the top thousandth, but at least of the top 10.
_TOP, _TOP_ROWS = 1_000, 10
_MIN_ROWS = 100
_MOSTLY_KNOWN = 0.9


def pseudo_users(X: pd.DataFrame, profile: pd.DataFrame) -> np.ndarray:
    """Mask of rows that no listener can be.

    Parameters
    ----------
    X : features; only columns of whole numbers from 0 on are counts
    profile : bool per row and column of words: whether the cell is blank

    Returns
    -------
    All False below 100 rows: too few to say what is absurd.
    """
    if len(X) < _MIN_ROWS:
        return np.zeros(len(X), dtype=bool)
    n_absurd = np.zeros(len(X), dtype=np.int64)
    for column in X.columns:
        values = X[column].to_numpy(dtype=np.float64)
        if _is_count(values):
            n_absurd += values > TIMES * _busiest(values)
    usually_known = profile.loc[:, profile.mean() <= 1 - _MOSTLY_KNOWN]
    blank = usually_known.any(axis=1).to_numpy(dtype=bool)
    return (n_absurd >= N_ABSURD) | (blank & (n_absurd >= 1))


def _is_count(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and known.min() >= 0 and bool((known == np.floor(known)).all())


def _busiest(values: np.ndarray) -> float:
    """What the busiest users have; at least 1, so that a column of few ones has no absurdity."""
    place = max(_TOP_ROWS, len(values) // _TOP)
    known = np.sort(np.nan_to_num(values))
    return max(1.0, float(known[-place]))
