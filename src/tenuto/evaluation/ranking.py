"""Figures for lists: did what the user heard afterwards stand on the list, and how high?

Two tables go in. ``recommended`` has one row per (user_id, item_id) with ``rank`` from 1;
``relevant`` has one row per (user_id, item_id) heard after the cut-off. Every figure but
coverage is a Series indexed by user_id, in ascending order, with values in [0, 1]. A user with
nothing relevant is left out, not scored 0: there was no right answer to give. A user with
something relevant and no list scores 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.evaluation._list_table import check_k, check_lists, check_pairs, pair_codes

#: What each figure does not show, in one sentence for tables and pages.
HIDES: dict[str, str] = {
    "recall": "Recall counts a hit at the last place like one at the first, and cannot reach 1 "
    "where more is relevant than the list has places.",
    "precision": "Precision cannot reach 1 for a listener with fewer relevant songs than places, "
    "and does not look at their order.",
    "ndcg": "NDCG is ruled by the first places, and tells nothing about whether the songs were "
    "new, varied or popular.",
    "map": "MAP is harsh on a listener with many relevant songs and few hits, and tells "
    "nothing about whether the songs were new, varied or popular.",
    "mrr": "MRR stops at the first hit: all further songs of the list can be wrong.",
    "hit_rate": "Hit rate is the same for one right song as for ten, and rises with every "
    "further place.",
    "coverage": "Coverage counts a song shown to one listener like one shown to all, and is "
    "highest for lists drawn at random.",
}


class Hits:
    """Which relevant items are in each user's top ``k``, and at which rank.

    Raises
    ------
    ContractError : if a column is missing, a user's ranks are not 1, 2, 3 … in some order,
        an item is twice in one list or twice relevant, or ``k`` is below 1
    """

    def __init__(self, recommended: pd.DataFrame, relevant: pd.DataFrame, k: int):
        check_lists(recommended)
        check_pairs(relevant, "relevant")
        check_k(k)
        self.k = k
        self.users = pd.Index(relevant["user_id"].unique(), name="user_id").sort_values()
        items = pd.Index(relevant["item_id"].unique())
        right = pair_codes(relevant, self.users, items)
        self.n_relevant = np.bincount(right // max(len(items), 1), minlength=len(self.users))
        top = recommended[recommended["rank"] <= k]
        codes = pair_codes(top, self.users, items)
        # pandas' own, which hashes: numpy's sorts, and is far slower here.
        is_hit = pd.Series(codes).isin(right).to_numpy() & (codes >= 0)
        self._user = codes[is_hit] // max(len(items), 1)
        self._rank = top["rank"].to_numpy()[is_hit].astype(np.int64)

    def total(self, gain: Callable[[NDArray[np.int64]], np.ndarray]) -> np.ndarray:
        """The sum of ``gain(rank)`` over each user's hits."""
        return np.bincount(self._user, gain(self._rank), minlength=len(self.users))

    def ranks_in_order(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Per hit: user number, rank, and how many hits the user has down to it."""
        order = np.lexsort((self._rank, self._user))
        user, rank = self._user[order], self._rank[order]
        first = np.searchsorted(user, user, side="left")
        return user, rank, np.arange(len(user)) - first + 1

    def per_user(self, values: np.ndarray, name: str) -> pd.Series:
        """``values`` as a Series by user."""
        return pd.Series(values, index=self.users, name=name, dtype=np.float64)


def recall_at_k(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.Series:
    """Share of the user's relevant items that are in the top ``k``; below 1 if there are more.

    Examples
    --------
    >>> recall_at_k(one_user(["a", "b"]), one_user(["b", "c"]), k=2).item()
    0.5
    """
    return _recall(Hits(recommended, relevant, k))


def precision_at_k(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.Series:
    """Share of the ``k`` places taken by relevant items; an empty place is a wrong one.

    Examples
    --------
    >>> precision_at_k(one_user(["a", "b"]), one_user(["b"]), k=4).item()
    0.25
    """
    return _precision(Hits(recommended, relevant, k))


def ndcg_at_k(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.Series:
    """Normalised discounted cumulative gain of each user's top ``k``.

    Notes
    -----
    Gain 1/log2(rank + 1), ideal over min(k, n_relevant).
    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.

    Examples
    --------
    >>> ndcg_at_k(one_user(["a", "b"]), one_user(["b"]), k=2).round(3).item()
    0.631
    """
    return _ndcg(Hits(recommended, relevant, k))


def map_at_k(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.Series:
    """Average precision of each user's top ``k``; its mean over users is MAP.

    Notes
    -----
    The sum of precision at the rank of each hit over min(k, n_relevant), so that the best
    list scores 1 whatever ``k`` is.

    Examples
    --------
    >>> map_at_k(one_user(["a", "b", "c"]), one_user(["a", "c"]), k=3).round(3).item()
    0.833
    """
    return _average_precision(Hits(recommended, relevant, k))


def mrr_at_k(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.Series:
    """One over the rank of the first hit, 0 without one; its mean over users is MRR.

    Examples
    --------
    >>> mrr_at_k(one_user(["a", "b"]), one_user(["b"])).item()
    0.5
    """
    return _reciprocal_rank(Hits(recommended, relevant, k))


def hit_rate_at_k(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.Series:
    """1 if anything relevant is in the top ``k``, else 0.

    Examples
    --------
    >>> hit_rate_at_k(one_user(["a", "b"]), one_user(["b", "c"]), k=1).item()
    0.0
    """
    return _hit(Hits(recommended, relevant, k))


def coverage_at_k(recommended: pd.DataFrame, item_ids, k: int = 10) -> float:
    """Share of the catalogue ``item_ids`` that is in anybody's top ``k``; NaN without items.

    Examples
    --------
    >>> coverage_at_k(one_user(["a", "b"]), ["a", "b", "c", "d"], k=1)
    0.25
    """
    check_lists(recommended)
    catalogue = pd.Index(item_ids).unique()
    shown = recommended.loc[recommended["rank"] <= k, "item_id"].unique()
    return float(catalogue.isin(shown).mean()) if len(catalogue) else float("nan")


def metrics_per_user(
    recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10
) -> pd.DataFrame:
    """Every figure at once: one row per user with something relevant, one column per figure."""
    hits = Hits(recommended, relevant, k)
    figures = (_recall, _precision, _ndcg, _average_precision, _reciprocal_rank, _hit)
    return pd.concat([figure(hits) for figure in figures], axis=1)


def one_user(item_ids, user_id="ann") -> pd.DataFrame:
    """One user's list of ``item_ids``, best first; good as ``relevant`` too."""
    items = list(item_ids)
    ranks = np.arange(1, len(items) + 1)
    return pd.DataFrame({"user_id": user_id, "rank": ranks, "item_id": items})


# Each figure, from hits.


def _recall(hits: Hits) -> pd.Series:
    return hits.per_user(hits.total(np.ones_like) / hits.n_relevant, "recall")


def _precision(hits: Hits) -> pd.Series:
    return hits.per_user(hits.total(np.ones_like) / hits.k, "precision")


def _ndcg(hits: Hits) -> pd.Series:
    best = np.concatenate([[0.0], np.cumsum(_discount(np.arange(1, hits.k + 1)))])
    ideal = best[np.minimum(hits.n_relevant, hits.k)]
    return hits.per_user(hits.total(_discount) / ideal, "ndcg")


def _average_precision(hits: Hits) -> pd.Series:
    user, rank, n_hits = hits.ranks_in_order()
    total = np.bincount(user, n_hits / rank, minlength=len(hits.users))
    return hits.per_user(total / np.minimum(hits.n_relevant, hits.k), "map")


def _reciprocal_rank(hits: Hits) -> pd.Series:
    user, rank, n_hits = hits.ranks_in_order()
    first = n_hits == 1
    values = np.bincount(user[first], 1 / rank[first], minlength=len(hits.users))
    return hits.per_user(values, "mrr")


def _hit(hits: Hits) -> pd.Series:
    return hits.per_user(hits.total(np.ones_like) > 0, "hit_rate")


def _discount(rank: np.ndarray) -> np.ndarray:
    return 1 / np.log2(rank + 1)
