"""Alarm for counts that give the outcome away together: the outcome itself was counted.

Where "all pages" counts the page on which people cancel, and the other pages have a column
each, the total minus the parts *is* the label, although no column tells much alone. A linear
model finds that, trees hardly do. Nothing honest explains a yes or no to nine tenths
by a straight sum: that much is arithmetic, not foresight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenuto.evaluation._ranked import Floats
from tenuto.evaluation.leaks import MIN_OF_EACH_CLASS

#: Share of the outcome's variance that a sum explains. Honest models of churn reach 0.3.
LIMIT = 0.9
#: Rows looked at, spread evenly: arithmetic shows in any of them.
MAX_ROWS = 50_000
_ROWS_PER_COLUMN = 5


@dataclass(frozen=True)
class TellingSum:
    """Columns that only together give the outcome away.

    columns : the fewest that still do, by name
    total : the one of them with the widest spread, which is the one to leave out
    explained : share of the outcome's variance that a weighted sum of them explains
    """

    columns: tuple[str, ...]
    total: str
    explained: float


def telling_sums(X: pd.DataFrame, y) -> list[TellingSum]:
    """Every sum that gives the outcome away; leaving out each ``total`` ends all of them.

    NULLs count as the median. Nothing is found with fewer than 20 rows of either class or
    5 rows per column, where a straight line may pass through all points by chance.
    """
    labels = np.asarray(y, dtype=np.float64)
    few = min((labels == 1).sum(), (labels == 0).sum()) < MIN_OF_EACH_CLASS
    if few or len(labels) < _ROWS_PER_COLUMN * X.shape[1]:
        return []
    # Narrowest first: totals are tried last, so that sums are short and few columns go.
    spreads = X.std().fillna(0.0).sort_index().sort_values(kind="stable")
    names = [str(name) for name in spreads.index]
    triangle = _triangle(X[spreads.index], labels)
    remaining, found = list(range(len(names))), []
    while remaining and _explained(triangle, remaining) > LIMIT:
        fewest = _fewest(triangle, remaining)
        columns = tuple(sorted(names[at] for at in fewest))
        found.append(TellingSum(columns, names[fewest[-1]], _explained(triangle, fewest)))
        remaining.remove(fewest[-1])
    return found


def _triangle(X: pd.DataFrame, y: Floats) -> Floats:
    """Columns and outcome, centred and scaled, as a small triangle with the same angles (QR)."""
    rows = np.unique(np.linspace(0, len(y) - 1, min(len(y), MAX_ROWS)).astype(np.int64))
    table = X.iloc[rows]
    values = table.fillna(table.median()).fillna(0.0).to_numpy(dtype=np.float64)
    both = np.column_stack([values, y[rows]])
    both = both - both.mean(axis=0)
    spread = both.std(axis=0)
    both = both / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.linalg.qr(both, mode="r"))


def _explained(triangle: Floats, columns: Sequence[int]) -> float:
    target = triangle[:, -1]
    weights, *_ = np.linalg.lstsq(triangle[:, list(columns)], target, rcond=None)
    rest = target - triangle[:, list(columns)] @ weights
    return float(1 - (rest @ rest) / (target @ target))


def _fewest(triangle: Floats, columns: Sequence[int]) -> list[int]:
    """Columns without which nothing is given away, found by leaving out one after the other."""
    kept = list(columns)
    for column in columns:
        without = [other for other in kept if other != column]
        if without and _explained(triangle, without) > LIMIT:
            kept = without
    return kept
