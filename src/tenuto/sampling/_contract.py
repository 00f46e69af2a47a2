"""What a member is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from tenuto.errors import ContractError, NotEnoughData


@dataclass(frozen=True)
class Rows:
    """Training rows after resampling.

    X : float64, NaN where something was not known
    y : 0 or 1 per row
    weight : how much each row counts, float64; None where all count the same
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None

    def share(self) -> float:
        """The share of positives that a model trained on these rows takes for the usual one."""
        return float(np.average(self.y, weights=self.weight))


def resampled(member: ModuleType, X: np.ndarray, y: np.ndarray, seed: int) -> Rows:
    """What ``member`` makes of the training rows, checked.

    Raises
    ------
    NotEnoughData : if one class is absent: there is nothing to balance
    ContractError : if the member loses a class, or its parts do not fit each other
    """
    if y.min() == y.max():
        raise NotEnoughData(
            f"{int(y.sum())} positives among {len(y)} training rows: nothing to balance",
            mend="bring more listeners, or ask for fewer folds",
        )
    rows = member.resample(X, y, seed)
    lengths = {len(rows.X), len(rows.y)} | (
        {len(rows.weight)} if rows.weight is not None else set()
    )
    if len(lengths) > 1 or rows.X.shape[1] != X.shape[1] or not 0 < rows.share() < 1:
        raise ContractError(
            f"{member.__name__} gives rows of lengths {sorted(lengths)} and a share of positives "
            f"of {rows.share()}",
            mend="return one label per row, the same columns, and some of either class",
        )
    return rows
