"""Titles and artists beside ids, for people to read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.errors import ContractError


@dataclass(frozen=True)
class Titles:
    """What items are called: made once, and then put beside many lists.

    names : column -> one name per item of ``index``, and at the end None for all others
    """

    index: pd.Index
    names: dict[str, NDArray[np.object_]]

    @classmethod
    def of(cls, items: pd.DataFrame) -> Titles:
        """Of one row per ``item_id`` with ``title`` and ``artist``, of all days.

        Names are for display: nothing is learned from them.

        Raises
        ------
        ContractError : if an item is named twice
        """
        index = pd.Index(items["item_id"])
        if not index.is_unique:
            raise ContractError(
                f"item {index[index.duplicated()][0]} is there twice",
                mend="pass one row per item_id",
            )
        return cls(index, {name: _or_none(items[name]) for name in ("artist", "title")})

    def beside(self, lists: pd.DataFrame) -> pd.DataFrame:
        """``lists`` with ``title`` and ``artist`` after ``item_id``; the order of rows is kept.

        An item that is not known here, or has no name, has None.
        """
        row = self.index.get_indexer(pd.Index(lists["item_id"]))
        named, after = lists.copy(), list(lists.columns).index("item_id") + 1
        for column, names in self.names.items():
            # Row -1, of an item that is not known, is the last one.
            named.insert(after, column, pd.Series(names[row], index=lists.index, dtype=object))
        return named


def _or_none(column: pd.Series) -> NDArray[np.object_]:
    names = np.full(len(column) + 1, None, dtype=object)
    is_named = column.notna().to_numpy()
    names[:-1][is_named] = column.to_numpy(dtype=object)[is_named]
    return names
