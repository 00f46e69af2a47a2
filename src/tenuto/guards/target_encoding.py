"""No column is the mean label of a category, taken over the very rows that are judged.

"Share of leavers among listeners with this phone" computed over the whole table has each row's
own label in it. Each value then is, to the last digit, the mean label of the rows that have it;
computed on other rows, or on an earlier window, it is near that and never equal to it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import LeakError
from tenuto.guards._contract import Study, quoted

LABEL = "Is a column made of the labels it should foretell?"
_MIN_GROUPS, _MIN_GROUPS_SMOOTHED = 4, 6
_MIN_ROWS = 2
_MIN_SHARE = 0.5
# Equal up to rounding in a file: a twentieth of what chance does to a mean of so many labels.
_CLOSE = 0.05


def check(study: Study) -> str:
    """No column's values equal the mean label of their rows, with or without smoothing."""
    X, y = study.tested.X, study.tested.y
    if y is None or len(np.unique(y)) < 2:
        return "no labels are known here: nothing can be made of them"
    rows = {"the rows judged": (X, np.asarray(y, dtype=np.float64))}
    if study.training is not study.tested and study.training.y is not None:
        both = pd.concat([study.training.X, X], ignore_index=True)
        rows["all rows"] = (both, np.concatenate([study.training.y, y]).astype(np.float64))
    found: dict[str, str] = {}
    for where, (columns, labels) in rows.items():
        for name in study.open_columns(columns):
            if name not in found and _is_mean_label(columns[name].to_numpy(np.float64), labels):
                found[name] = where
    if found:
        name, where = next(iter(found.items()))
        raise LeakError(
            f"{quoted(found)} is the mean label of a category over {where}, own row included",
            mend=f"leave out {study.place(name)}, or take the mean over other listeners whose "
            "outcome was known before the cutoff",
        )
    return f"no column of {X.shape[1]} equals the mean label of the rows that share its value"


def _is_mean_label(values: np.ndarray, y: np.ndarray) -> bool:
    known = ~np.isnan(values)
    # No rate: nearly all columns end here, before they are sorted.
    if known.any() and (np.nanmin(values) < 0 or np.nanmax(values) > 1):
        return False
    levels, group = np.unique(values[known], return_inverse=True)
    n = np.bincount(group, minlength=len(levels)).astype(np.float64)
    large = n >= _MIN_ROWS
    if large.sum() < _MIN_GROUPS or n[large].sum() < _MIN_SHARE * len(values):
        return False
    if np.isin(levels, (0.0, 1.0)).all():
        return False
    positives = np.bincount(group, y[known], len(levels))
    levels, n, positives = levels[large], n[large], positives[large]
    if len(np.unique(positives / n)) < _MIN_GROUPS:
        return False
    if _equal(levels, positives / n, n):
        return True
    return len(levels) >= _MIN_GROUPS_SMOOTHED and _is_smoothed(levels, positives, n)


def _is_smoothed(levels: np.ndarray, positives: np.ndarray, n: np.ndarray) -> bool:
    """(positives + m prior) / (n + m) for some m > 0 and prior, found by least squares."""
    design = np.column_stack([levels, -np.ones_like(levels)])
    (m, m_prior), *_ = np.linalg.lstsq(design, positives - levels * n, rcond=None)
    if m <= 0 or not 0 <= m_prior <= m:
        return False
    return _equal(levels, (positives + m_prior) / (n + m), n)


def _equal(levels: np.ndarray, means: np.ndarray, n: np.ndarray) -> bool:
    chance = np.sqrt(np.clip(means * (1 - means), 1e-6, None) / n)
    return bool((np.abs(levels - means) <= _CLOSE * chance + 1e-9).all())
