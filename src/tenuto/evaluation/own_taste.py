"""Do lists fit each listener's own taste: as popular, as repetitive, as good for the unusual?

``histories`` has one row per (user_id, item_id) that was heard before the cut-off. Popularity is
a Series by item_id over the whole catalogue: how many listeners had heard the item by then.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import rel_entr

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import Lists, check_pairs, shown
from tenuto.evaluation.exposure import by_popularity, checked_popularity

TIERS = ("head", "mid", "tail")
THIRDS = ("niche", "middle", "mainstream")
#: The head is what gets the first fifth of all listening, the tail what gets the last.
EDGES = (0.2, 0.8)

HIDES: dict[str, str] = {
    "popularity_deviation": "Popularity deviation is 0 for any songs of the right popularity, "
    "also for the wrong ones.",
    "repeat_share": "The repeat share says how much of a list was heard before, not whether the "
    "listener wants it again now.",
    "repeat_gap": "The repeat gap is 0 on average where half of the listeners get too many old "
    "songs and half too few.",
    **dict.fromkeys(
        (f"ndcg_{third}" for third in THIRDS),
        "Thirds by mainstream taste differ in how much they listen as well, so a gap between "
        "them is not the recommender's alone.",
    ),
}


def popularity_tiers(item_popularity: pd.Series) -> pd.Series:
    """ "head", "mid" or "tail" for each item, in the order of ``item_popularity``.

    The head is the fewest items that together get a fifth of all popularity, the tail the least
    popular ones that get the last fifth; an item across an edge is in the more popular tier.

    Examples
    --------
    >>> popularity_tiers(pd.Series({"a": 2, "b": 5, "c": 2, "d": 1})).tolist()
    ['mid', 'head', 'mid', 'tail']
    """
    popularity = checked_popularity(item_popularity).to_numpy(dtype=np.float64)
    order = by_popularity(item_popularity)
    ordered, total = popularity[order], max(popularity.sum(), 1)
    before = (np.cumsum(ordered) - ordered) / total
    tier = np.empty(len(order), dtype=np.int64)
    tier[order] = np.searchsorted(EDGES, before + 1e-12, side="right")
    return pd.Series(np.array(TIERS)[tier], index=item_popularity.index, name="tier")


def popularity_deviation_at_k(
    recommended: Lists, histories: pd.DataFrame, item_popularity: pd.Series, k: int = 10
) -> pd.Series:
    """How far each list's mix of head, mid and tail is from that of the user's own history.

    Returns
    -------
    Series by user in [0, 1]: 0 for the same shares, 1 where they have no tier in common. NaN for
    a user without history.

    Notes
    -----
    Jensen-Shannon divergence in bits, over items, each counted once. Abdollahpouri et al.,
    "User-centered evaluation of popularity bias in recommender systems", UMAP 2021.

    Raises
    ------
    ContractError : if an item of a list or of a history is not in ``item_popularity``

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> heard_by = pd.Series({"a": 2, "b": 5, "c": 2, "d": 1})
    >>> popularity_deviation_at_k(one_user(["b"]), one_user(["d"]), heard_by).item()
    1.0
    """
    lists = shown(recommended, k)
    tier = pd.Categorical(popularity_tiers(item_popularity), TIERS).codes
    rows = lists.rows_of_items(item_popularity.index, "item_popularity")
    of_list = _shares(lists.user, tier[rows][lists.item], len(lists.users))
    user = lists.users.get_indexer(pd.Index(histories["user_id"]))
    item = _rows_in(item_popularity.index, histories)
    of_user = _shares(user[user >= 0], tier[item[user >= 0]], len(lists.users))
    middle = (of_list + of_user) / 2
    divergence = (rel_entr(of_list, middle) + rel_entr(of_user, middle)).sum(axis=1) / 2
    return lists.per_user(np.clip(divergence / np.log(2), 0, 1), "popularity_deviation")


def repeat_share_at_k(recommended: Lists, histories: pd.DataFrame, k: int = 10) -> pd.Series:
    """Share of each user's filled places with an item that the user had heard before.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> repeat_share_at_k(one_user(["a", "b"]), one_user(["b", "c"]), k=2).item()
    0.5
    """
    lists = shown(recommended, k)
    check_pairs(histories, "histories")
    return lists.mean(lists.is_among(histories), "repeat_share")


def own_repeat_share(relevant: pd.DataFrame, histories: pd.DataFrame) -> pd.Series:
    """Share of what each user heard after the cut-off that the user had heard before it.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> own_repeat_share(one_user(["a", "b"]), one_user(["b", "c"])).item()
    0.5
    """
    ranks = relevant.groupby("user_id").cumcount() + 1
    everything = relevant.assign(rank=ranks)
    return repeat_share_at_k(everything, histories, max(int(ranks.max()), 1) if len(ranks) else 1)


def repeat_gap_at_k(
    recommended: Lists, histories: pd.DataFrame, relevant: pd.DataFrame, k: int = 10
) -> pd.Series:
    """Each list's repeat share minus the user's own; above 0 there is too much that is old.

    Series by user in [-1, 1]; NaN for a user with nothing relevant, whose own share is not known.
    """
    own = own_repeat_share(relevant, histories)
    lists = repeat_share_at_k(recommended, histories, k)
    return (lists - own.reindex(lists.index)).rename("repeat_gap")


def mainstream_thirds(histories: pd.DataFrame, item_popularity: pd.Series) -> pd.Series:
    """ "niche", "middle" or "mainstream" for each user: thirds by how popular their items are.

    Users in order of the mean popularity of what they heard, cut into three equal parts; a tie
    goes by user_id.

    Notes
    -----
    After Kowald, Schedl & Lex, "The unfairness of popularity bias in music recommendation",
    ECIR 2020, who take the 1,000 least, middle and most mainstream of LFM-1b.
    """
    check_pairs(histories, "histories")
    popularity = checked_popularity(item_popularity).to_numpy(dtype=np.float64)
    user, ids = pd.factorize(histories["user_id"], sort=True)
    sums = np.bincount(user, popularity[_rows_in(item_popularity.index, histories)], len(ids))
    mean = sums / np.bincount(user, minlength=len(ids))
    third = np.empty(len(ids), dtype=np.int64)
    third[np.argsort(mean, kind="stable")] = np.arange(len(ids)) * len(THIRDS) // max(len(ids), 1)
    index = pd.Index(ids, name="user_id")
    return pd.Series(np.array(THIRDS)[third], index=index, name="third")


def by_third(figures: pd.DataFrame, thirds: pd.Series) -> pd.DataFrame:
    """The means of `metrics_per_user` in each third: one row per third, figures and ``n_users``.

    A user without a third, having no history, is in none. NaN for a third that nobody is in.
    """
    third = thirds.reindex(figures.index)
    means = figures.groupby(third).mean().reindex(list(THIRDS))
    counts = third.value_counts().reindex(list(THIRDS), fill_value=0)
    return means.assign(n_users=counts).rename_axis("third")


def _shares(user: np.ndarray, tier: np.ndarray, n_users: int) -> np.ndarray:
    """Users x tiers: shares that add up to 1, or NaN for a user with nothing."""
    codes = user.astype(np.int64) * len(TIERS) + tier
    counts = np.bincount(codes, minlength=n_users * len(TIERS)).reshape(n_users, len(TIERS))
    totals = counts.sum(axis=1, keepdims=True)
    return counts / np.where(totals > 0, totals, np.nan)


def _rows_in(items: pd.Index, histories: pd.DataFrame) -> np.ndarray:
    rows = items.get_indexer(pd.Index(histories["item_id"]))
    if (rows < 0).any():
        absent = histories["item_id"].iloc[int(np.flatnonzero(rows < 0)[0])]
        raise ContractError(
            f"item {absent} of a history is not in item_popularity",
            mend="give the popularity of the whole catalogue, also of what is only in histories",
        )
    return rows
