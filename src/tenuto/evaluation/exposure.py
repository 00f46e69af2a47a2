"""What the lists show of the catalogue: how evenly, and how much of it everybody knows anyway.

Popularity is a Series indexed by item_id: how many listeners had heard the item before the
cut-off, 0 where nobody had. It holds the whole catalogue, not only what was recommended.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import Lists, shown

#: The part of the catalogue that counts as its top.
TOP = 0.01

HIDES: dict[str, str] = {
    "gini": "Gini says how unevenly places are given out, not to whom: it is the same whether "
    "hits or unknown songs get them.",
    "popularity_share": "The share of the top 1 % says nothing about listeners who want the hits, "
    "and jumps where a song crosses the 1 %.",
    "novelty": "Novelty is high for any obscure song, also for one that the listener knows well "
    "or nobody would want.",
}


def gini_at_k(recommended: Lists, item_ids, k: int = 10) -> float:
    """Gini index of how often each item of the catalogue is in a top ``k``.

    0 where all are shown equally often, towards 1 where one has every place; NaN without
    items or lists.

    Notes
    -----
    With the exposures x in ascending order, sum of (2 i - n - 1) x_i over n sum of x_i.
    Fleder & Hosanagar, "Blockbuster culture's next rise or fall", Management Science 2009.

    Raises
    ------
    ContractError : if a recommended item is not in ``item_ids``, or one is there twice

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> gini_at_k(one_user(["a", "b"]), ["a", "b", "c", "d"], k=2)
    0.5
    """
    lists, catalogue = shown(recommended, k), pd.Index(item_ids)
    rows = lists.rows_of_items(catalogue, "item_ids")
    exposure = np.sort(np.bincount(rows[lists.item], minlength=len(catalogue)))
    n, total = len(exposure), int(exposure.sum())
    if total == 0:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ exposure / (n * total))


def popularity_share_at_k(
    recommended: Lists, item_popularity: pd.Series, k: int = 10, *, top: float = TOP
) -> pd.Series:
    """Share of each user's places that the most popular ``top`` of the catalogue takes.

    The top is a hundredth of the items, rounded up. Arbitrary: a tie on its edge goes to the
    lower item_id, so that runs repeat.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> heard_by = pd.Series({"a": 90, "b": 5, "c": 1})
    >>> popularity_share_at_k(one_user(["a", "b"]), heard_by, k=2).item()
    0.5
    """
    lists, popularity = shown(recommended, k), checked_popularity(item_popularity)
    is_top = np.zeros(len(popularity), dtype=bool)
    is_top[by_popularity(popularity)[: int(np.ceil(top * len(popularity)))]] = True
    rows = lists.rows_of_items(popularity.index, "item_popularity")
    return lists.mean(is_top[rows][lists.item], "popularity_share")


def novelty_at_k(
    recommended: Lists, item_popularity: pd.Series, n_listeners: int, k: int = 10
) -> pd.Series:
    """How surprising each user's top ``k`` is, in bits: the mean of -log2(share who heard it).

    Parameters
    ----------
    n_listeners : of how many listeners ``item_popularity`` was counted

    Returns
    -------
    Series by user, from 0 (everybody knows all of it) to log2(n_listeners). An item that nobody
    heard counts like one heard by one: it would be infinitely surprising.

    Notes
    -----
    Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems",
    PNAS 2010.

    Raises
    ------
    ContractError : if an item was heard by more than ``n_listeners``, as where plays were counted

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> novelty_at_k(one_user(["a", "b"]), pd.Series({"a": 8, "b": 1}), 8, k=2).item()
    1.5
    """
    lists, popularity = shown(recommended, k), checked_popularity(item_popularity)
    if popularity.max() > n_listeners:
        raise ContractError(
            f"item {popularity.idxmax()} has a popularity of {popularity.max()} "
            f"among {n_listeners} listeners",
            mend="count listeners, not plays, and give the number of all of them as n_listeners",
        )
    rows = lists.rows_of_items(popularity.index, "item_popularity")
    share = np.maximum(popularity.to_numpy(dtype=np.float64), 1) / max(n_listeners, 1)
    return lists.mean(-np.log2(share)[rows][lists.item], "novelty")


def by_popularity(popularity: pd.Series) -> np.ndarray:
    """Row numbers from the most popular item to the least; a tie goes to the lower item_id."""
    ids = popularity.index.argsort()
    return ids[np.argsort(-popularity.to_numpy(dtype=np.float64)[ids], kind="stable")]


def checked_popularity(item_popularity: pd.Series) -> pd.Series:
    """``item_popularity`` as it is, if it has no NULL and nothing below 0; else ContractError."""
    bad = ~(item_popularity >= 0)
    if bad.any():
        item = item_popularity.index[bad][0]
        raise ContractError(
            f"item_popularity of item {item} is {item_popularity[bad].iloc[0]}",
            mend="give the number of listeners, 0 where nobody heard it",
        )
    return item_popularity
