"""What every uplift model promises: rows of a random experiment in, expected help out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.uplift._size import refuse_if_few

Array = np.ndarray[Any, Any]


class UpliftModel(ABC):
    """Learns from who was contacted at random how much contact helps whom.

    A member defines ``_fit`` and ``_predict``; shapes, sizes and columns are checked here.
    """

    columns: list[str]

    def fit(
        self,
        X: pd.DataFrame,
        y,
        is_treated,
        *,
        treat_share=None,
        share_of_campaign: float = 1.0,
        random_state: int = 0,
    ) -> UpliftModel:
        """Train, and return the model itself.

        Parameters
        ----------
        X : one row per listener, numbers that were known before the contact; NaN is unknown
        y : 1 for who left, else 0
        is_treated : whether contacted, drawn at random
        treat_share : the chance of contact (one number, or one per row); by default the share
            that there is

        Raises
        ------
        ContractError : if shapes differ, an outcome is neither 0 nor 1 or a column is no number
        NotEnoughData : below the sizes of `refuse_if_few`
        """
        labels, treated = np.asarray(y, dtype=np.float64), np.asarray(is_treated, dtype=bool)
        if not len(X) == len(labels) == len(treated):
            raise ContractError(
                f"{len(X)} rows, {len(labels)} outcomes and {len(treated)} groups",
                mend="pass one of each per row",
            )
        if not np.isin(labels, (0.0, 1.0)).all():
            raise ContractError("an outcome is neither 0 nor 1", mend="drop rows without one")
        refuse_if_few(labels, treated, share_of_campaign)
        self.columns = list(X.columns)
        share = treated.mean() if treat_share is None else treat_share
        shares = np.broadcast_to(np.asarray(share, dtype=np.float64), labels.shape)
        self._fit(self._matrix(X), labels, treated, shares, random_state)
        return self

    def predict(self, X: pd.DataFrame) -> Array:
        """By how much contact lowers each row's chance of leaving; negative: it raises it.

        Raises
        ------
        ContractError : if a column of the training is missing; the order does not matter
        """
        missing = [name for name in self.columns if name not in X.columns]
        if missing:
            raise ContractError(f"columns of the training are missing: {', '.join(missing)}")
        return self._predict(self._matrix(X))

    @abstractmethod
    def _fit(self, X: Array, y: Array, is_treated: Array, treat_share: Array, seed: int) -> None:
        """Learn from a float matrix."""

    @abstractmethod
    def _predict(self, X: Array) -> Array:
        """One figure per row."""

    def _matrix(self, X: pd.DataFrame) -> Array:
        try:
            return X[self.columns].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as problem:
            raise ContractError(
                f"a column is not of numbers: {problem}", mend="encode words as 0 and 1 first"
            ) from problem


def treat_shares(stratum, is_treated) -> Array:
    """The share of the contacted in the stratum of each row, kept inside [0.01, 0.99]."""
    table = pd.DataFrame({"stratum": np.asarray(stratum), "treated": np.asarray(is_treated)})
    share = table.groupby("stratum")["treated"].transform("mean")
    return share.to_numpy(dtype=np.float64).clip(0.01, 0.99)
