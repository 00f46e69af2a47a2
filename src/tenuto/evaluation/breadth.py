"""What accuracy does not show of lists, in one call; see `exposure`, `diversity`, `own_taste`.

``coverage`` and ``gini`` are of all lists together; every other figure is each user's, and its
mean is told. The most accurate recommender is often the one that shows everybody the same few
songs (recommenders.md §3.3).
"""

from __future__ import annotations

import pandas as pd

from tenuto.evaluation import diversity, exposure, own_taste, ranking
from tenuto.evaluation._list_table import Lists, shown

#: What each figure does not show, in one sentence for tables and pages.
HIDES: dict[str, str] = {
    "coverage": ranking.HIDES["coverage"],
    **exposure.HIDES,
    **diversity.HIDES,
    **own_taste.HIDES,
}


def breadth(
    recommended: pd.DataFrame,
    histories: pd.DataFrame,
    item_popularity: pd.Series,
    k: int = 10,
    *,
    artists: pd.Series | None = None,
    vectors=None,
    relevant: pd.DataFrame | None = None,
    n_listeners: int | None = None,
) -> pd.DataFrame:
    """Every figure of breadth of each user's top ``k``, one row per figure.

    Parameters
    ----------
    histories : one row per (user_id, item_id) heard before the cut-off
    item_popularity : by item_id, the number of listeners; its index is the catalogue
    artists : by item_id; adds ``artist_share``
    vectors : one row per item in the order of ``item_popularity``, e.g. from
        `diversity.listener_vectors`; adds ``diversity``, which takes the most time
    relevant : one row per (user_id, item_id) heard after the cut-off; adds ``repeat_gap``, and
        ``ndcg_niche``, ``ndcg_middle`` and ``ndcg_mainstream`` by `own_taste.mainstream_thirds`
    n_listeners : of how many listeners popularity was counted; without it those of ``histories``

    Returns
    -------
    DataFrame with columns ``metric``, ``value`` and ``n_users``, the users that have the figure.
    A figure that nobody has is NaN with 0 users.

    Raises
    ------
    ContractError : for what is not a list, and for an item that ``item_popularity`` lacks

    Examples
    --------
    >>> heard_by = pd.Series({"a": 2, "b": 1, "c": 1, "d": 0})
    >>> table = breadth(ranking.one_user("ab"), ranking.one_user("ac"), heard_by, n_listeners=2)
    >>> table.set_index("metric")["value"].head(4).to_dict()
    {'coverage': 0.5, 'gini': 0.5, 'popularity_share': 0.5, 'novelty': 0.5}
    """
    lists = shown(recommended, k)
    per_user = breadth_per_user(
        lists,
        histories,
        item_popularity,
        k,
        artists=artists,
        vectors=vectors,
        relevant=relevant,
        n_listeners=n_listeners,
    )
    n_users, catalogue = len(lists.users), item_popularity.index
    gini = exposure.gini_at_k(lists, catalogue, k)
    coverage = len(lists.item_ids) / len(catalogue) if len(catalogue) else float("nan")
    rows = [("coverage", coverage, n_users), ("gini", gini, n_users)]
    for name in map(str, per_user.columns):
        rows.append((name, float(per_user[name].mean()), int(per_user[name].count())))
    if relevant is not None:
        rows += _accuracy_by_third(recommended, relevant, histories, item_popularity, k)
    return pd.DataFrame(rows, columns=["metric", "value", "n_users"])


def breadth_per_user(
    recommended: Lists,
    histories: pd.DataFrame,
    item_popularity: pd.Series,
    k: int = 10,
    *,
    artists: pd.Series | None = None,
    vectors=None,
    relevant: pd.DataFrame | None = None,
    n_listeners: int | None = None,
) -> pd.DataFrame:
    """The figures of `breadth` that are each user's, one row per user; hand two to a paired test.

    Parameters as `breadth`. NaN where a user lacks what a figure needs: a history, two items in
    the list, something relevant.
    """
    lists = shown(recommended, k)
    known = histories["user_id"].nunique() if n_listeners is None else n_listeners
    figures = [
        exposure.popularity_share_at_k(lists, item_popularity, k),
        exposure.novelty_at_k(lists, item_popularity, known, k),
        own_taste.popularity_deviation_at_k(lists, histories, item_popularity, k),
        own_taste.repeat_share_at_k(lists, histories, k),
    ]
    if relevant is not None:
        figures.append(own_taste.repeat_gap_at_k(lists, histories, relevant, k))
    if artists is not None:
        figures.append(diversity.artist_share_at_k(lists, artists, k))
    if vectors is not None:
        figures.append(diversity.diversity_at_k(lists, vectors, item_popularity.index, k))
    return pd.concat(figures, axis=1)


def _accuracy_by_third(
    recommended: pd.DataFrame,
    relevant: pd.DataFrame,
    histories: pd.DataFrame,
    item_popularity: pd.Series,
    k: int,
) -> list[tuple[str, float, int]]:
    ndcg = ranking.ndcg_at_k(recommended, relevant, k).to_frame()
    table = own_taste.by_third(ndcg, own_taste.mainstream_thirds(histories, item_popularity))
    rows = zip(table.index, table["ndcg"], table["n_users"], strict=True)
    return [(f"ndcg_{third}", float(value), int(n_users)) for third, value, n_users in rows]
