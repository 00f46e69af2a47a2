"""One listener's own numbers, those of others like them, and those of the typical listener.

Others are active listeners with the same plan, of about the same tenure and with about the same
habit: the share of active days up to the last one, which the present silence does not change.
Who is silent is thereby compared with those who had the same habit and are still there.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tenuto.evaluation.folds import user_hash

#: Fewer than so many others make no median worth telling.
MIN_PEERS = 30
#: Medians of more active listeners than this come from a part chosen by hash.
MAX_COMPARED = 20_000
_TENURE = ("days_since_registration", "days_since_first_event")
_HABIT = ("share_active_days_until_last", "share_active_days")
_PLAN = ("is_paid",)
_BANDS = 3


class Listener:
    """What there is to tell of one row of a `Crowd`; None is what is not known."""

    __slots__ = ("_crowd", "_peers", "_row")

    def __init__(self, crowd: Crowd, row: int):
        self._crowd, self._row = crowd, row
        self._peers = crowd.medians.get(crowd.cell[row], {})

    def own(self, column: str) -> float | None:
        """The listener's value at the cutoff."""
        values = self._crowd.own.get(column)
        return None if values is None else _known(values[self._row])

    def peers(self, column: str) -> float | None:
        """Median of active others with the same plan, tenure and habit."""
        return _known(self._peers.get(column))

    def typical(self, column: str) -> float | None:
        """Median of all active listeners."""
        return _known(self._crowd.typical.get(column))

    def longest(self, column: str) -> float | None:
        """The largest value of any listener."""
        return _known(self._crowd.longest.get(column))


class Crowd:
    """All listeners of a cutoff, those to tell of first.

    Parameters
    ----------
    features : one row per listener, with ``user_id`` and columns of floats
    is_active : per row, whether it is among those who can still be kept
    told : positions of the rows to tell of, in their order
    """

    def __init__(self, features: pd.DataFrame, is_active: np.ndarray, told: np.ndarray):
        numbers = features.drop(columns="user_id")
        compared = _compared(features["user_id"], is_active)
        wide, narrow = _cells(numbers, compared)
        active = numbers.iloc[compared]
        self.medians = _medians(active, wide[compared]) | _medians(active, narrow[compared])
        has_wide = np.isin(wide, list(self.medians))
        self.cell = np.where(has_wide, wide, narrow)[told].tolist()
        self.own = {str(name): numbers[name].to_numpy()[told].tolist() for name in numbers}
        self.typical = active.median().to_dict() if len(active) >= MIN_PEERS else {}
        self.longest = numbers.max().to_dict()

    def __len__(self) -> int:
        return len(self.cell)

    def listener(self, row: int) -> Listener:
        """The one at position ``row`` of those told of."""
        return Listener(self, row)


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _compared(user_id: pd.Series, is_active: np.ndarray) -> np.ndarray:
    """Positions of the active listeners whose medians are told; chosen blind, in order."""
    rows = np.flatnonzero(is_active)
    if len(rows) <= MAX_COMPARED:
        return rows
    chosen = np.argsort(user_hash(user_id.iloc[rows], "peers"), kind="stable")[:MAX_COMPARED]
    return np.sort(rows[chosen])


def _cells(numbers: pd.DataFrame, compared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers for plan, tenure and habit together, and, where those are few, for habit alone."""
    habit = _band(numbers, _HABIT, compared)
    tenure = _band(numbers, _TENURE, compared)
    plan = _band(numbers, _PLAN, compared)
    base = _BANDS + 1
    return (plan * base + tenure) * base + habit, -1 - habit


def _band(numbers: pd.DataFrame, names: tuple[str, ...], compared: np.ndarray) -> np.ndarray:
    """A third of the active listeners, 0 to 2, by the first of ``names`` there is; 3 is unknown."""
    name = next((name for name in names if name in numbers), None)
    if name is None:
        return np.zeros(len(numbers), dtype=np.int64)
    values = numbers[name].to_numpy(dtype=np.float64)
    known = values[compared][~np.isnan(values[compared])]
    edges = np.unique(np.quantile(known, [1 / 3, 2 / 3])) if len(known) else np.empty(0)
    if set(known) <= {0.0, 1.0}:
        edges = np.array([0.0])
    return np.where(np.isnan(values), _BANDS, np.searchsorted(edges, values, side="left"))


def _medians(active: pd.DataFrame, cell: np.ndarray) -> dict[int, dict[str, float]]:
    """Cell -> column -> median, of cells with enough listeners."""
    cells, counts = np.unique(cell, return_counts=True)
    enough = cells[counts >= MIN_PEERS]
    rows = np.isin(cell, enough)
    if not rows.any():
        return {}
    found = active[rows].groupby(cell[rows]).median()
    columns = [str(name) for name in found]
    return {
        int(name): dict(zip(columns, row, strict=True))
        for name, row in zip(found.index.tolist(), found.to_numpy().tolist(), strict=True)
    }
