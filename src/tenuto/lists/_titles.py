"""Titles and artists beside ids, for people to read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import ContractError


def with_titles(lists: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """``lists`` with ``title`` and ``artist`` after ``item_id``; the order of rows is kept.

    Parameters
    ----------
    items : one row per ``item_id`` with ``title`` and ``artist``, of all days: names are for
        display, nothing is learned from them

    Returns
    -------
    DataFrame : an item that is not among ``items``, or has no name there, has None

    Raises
    ------
    ContractError : if an item is named twice
    """
    index = pd.Index(items["item_id"])
    if not index.is_unique:
        raise ContractError(
            f"item {index[index.duplicated()][0]} is there twice", mend="pass one row per item_id"
        )
    row = index.get_indexer(pd.Index(lists["item_id"]))
    named, after = lists.copy(), list(lists.columns).index("item_id") + 1
    for column in ("artist", "title"):
        # One place more than there are items: row -1, the last one, is None.
        names = np.full(len(items) + 1, None, dtype=object)
        is_named = items[column].notna().to_numpy()
        names[:-1][is_named] = items[column].to_numpy(dtype=object)[is_named]
        found = names[row]
        named.insert(after, column, pd.Series(found, index=lists.index, dtype=object))
    return named
