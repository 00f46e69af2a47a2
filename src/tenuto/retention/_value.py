"""What everybody on the list is expected to bring, and whom a limited capacity reaches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.actions._choice import LEAVE_ALONE
from tenuto.retention._groups import TREAT, key_of, shares_by_hash
from tenuto.settings import RetentionSettings

_ORDER = {
    "is_active_14d": False,
    "is_contact": False,
    "expected_value": False,
    "probability": False,
    "user_id": True,
}


def in_order(people: pd.DataFrame) -> pd.DataFrame:
    """The list: who is still active, then the silent; in each those worth a contact first.

    Within them by falling expected value, then by probability; a tie goes to the smaller id.
    Adds ``rank``, from 1.
    """
    found = people.assign(is_contact=people["action"] != LEAVE_ALONE)
    found = found.sort_values(list(_ORDER), ascending=list(_ORDER.values()), ignore_index=True)
    found.insert(0, "rank", np.arange(1, len(found) + 1))
    return found.drop(columns="is_contact")


def is_planned(listed: pd.DataFrame, settings: RetentionSettings) -> pd.Series:
    """Whether contact is planned, rows as ``listed``, which is in order and has its groups.

    Without a capacity, for everybody whom some action is worth it. With one, from the top until
    so many are contacted, a part of them (``explore_share``) further down by chance. Those held
    out are planned for as if they were not, and take no capacity.
    """
    worth = (listed["action"] != LEAVE_ALONE).to_numpy()
    if not settings.capacity:
        return pd.Series(worth, index=listed.index)
    explored = int(settings.capacity * settings.explore_share)
    first = _reached(listed, worth, np.arange(len(listed)), settings.capacity - explored)
    chance = shares_by_hash(key_of(settings), f"{settings.campaign} explores", listed["user_id"])
    further = _reached(listed, worth & ~first, chance, explored)
    return pd.Series(first | further, index=listed.index)


def _reached(
    listed: pd.DataFrame, may_be: np.ndarray, order: np.ndarray, capacity: int
) -> np.ndarray:
    """Those of ``may_be`` that come, by rising ``order``, before the capacity is used up."""
    rows = np.flatnonzero(may_be)
    rows = rows[np.argsort(order[rows], kind="stable")]
    is_treated = (listed["group"] == TREAT).to_numpy()[rows]
    used_before: np.ndarray = np.cumsum(is_treated) - is_treated
    found = np.zeros(len(listed), dtype=bool)
    found[rows[used_before < capacity]] = True
    return found
