"""Who asks for lists, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.recommenders._histories import Histories


@dataclass(frozen=True)
class Asked:
    """Listeners, one row each.

    users : their ids
    histories : memory of all days
    n_recent : int64, how many items of the window: the rung of the ladder
    device : the one each uses most, None where it is not known
    risk : 0 to 1, how likely each is to leave, as a share of all who are less likely; 0 where
        it is not known
    """

    users: pd.Index
    histories: Histories
    n_recent: NDArray[np.int64]
    device: NDArray[np.object_]
    risk: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        users: pd.Index,
        histories: Histories,
        window_days: float,
        device: pd.Series | None = None,
        risk: pd.Series | None = None,
    ) -> Asked:
        """``device`` and ``risk`` by user_id, for those of whom they are known."""
        recent = histories.where(histories.within(window_days))
        known = pd.Series(dtype=object) if device is None else device
        risks = pd.Series(dtype=np.float64) if risk is None else risk
        return cls(
            users,
            histories,
            recent.lengths(),
            known.reindex(users).astype(object).where(lambda names: names.notna(), None).to_numpy(),
            risks.reindex(users).fillna(0.0).to_numpy(dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: NDArray[np.int64]) -> Asked:
        """Some of them, in the order of ``rows``."""
        return Asked(
            self.users[rows],
            self.histories.take(rows),
            self.n_recent[rows],
            self.device[rows],
            self.risk[rows],
        )
