"""How much recommenders agree: which songs of their lists are the same (S2-V1).

The earlier project looked at one user's four lists (K34); here every figure is a mean over the
users who have a list from each recommender that is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import Shown

_AGREEING = (
    "Two lists that agree can both be wrong, and two with nothing in common both right: overlap "
    "says nothing about what was heard afterwards."
)
HIDES: dict[str, str] = {"shared": _AGREEING, "jaccard": _AGREEING, "n_items": _AGREEING}


def overlap_at_k(lists: Mapping[str, pd.DataFrame], k: int = 10) -> pd.DataFrame:
    """Songs in common for each pair of recommenders, whatever their order in the list.

    Parameters
    ----------
    lists : recommender -> its lists, one row per (user_id, item_id) with ``rank`` from 1

    Returns
    -------
    DataFrame with one row per pair, in the order given: ``first``, ``second``, ``k``, ``shared``
    (items in both top ``k`` over the filled places of the longer one), ``jaccard`` (over the items
    in either) and ``n_users`` with a list from both; NaN where there is nobody.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> table = overlap_at_k({"nmf": one_user("abcd"), "svd": one_user("bcdx")}, k=4)
    >>> table[["shared", "jaccard"]].iloc[0].tolist()
    [0.75, 0.6]
    """
    tables = _incidence(lists, k)
    rows = []
    for (first, ours), (second, theirs) in combinations(tables.items(), 2):
        n_ours, n_theirs = ours.sum(axis=1), theirs.sum(axis=1)
        has_both = (n_ours > 0) & (n_theirs > 0)
        common = ours.multiply(theirs).sum(axis=1)[has_both]
        n_ours, n_theirs = n_ours[has_both], n_theirs[has_both]
        shared = _mean(common / np.maximum(n_ours, n_theirs))
        jaccard = _mean(common / (n_ours + n_theirs - common))
        rows.append((first, second, k, shared, jaccard, int(has_both.sum())))
    names = ["first", "second", "k", "shared", "jaccard", "n_users"]
    return pd.DataFrame(rows, columns=names)


def regions_at_k(lists: Mapping[str, pd.DataFrame], k: int = 10) -> pd.DataFrame:
    """Items that exactly these recommenders share: the regions of a Venn diagram, as S2-V1 drew.

    Returns
    -------
    DataFrame with ``recommenders`` (names joined by " & "), ``k``, ``n_items`` (mean per user) and
    ``n_users``: those who have a list from every recommender. A region without items is left out;
    regions with one name hold what nobody else recommends. The smallest regions come first.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> found = regions_at_k({"nmf": one_user("abc"), "svd": one_user("cbx")}, k=3)
    >>> dict(zip(found["recommenders"], found["n_items"]))
    {'nmf': 1.0, 'svd': 1.0, 'nmf & svd': 2.0}
    """
    tables = _incidence(lists, k)
    masks = [table * 2.0**at for at, table in enumerate(tables.values())]
    has_all = np.logical_and.reduce([table.sum(axis=1) > 0 for table in tables.values()])
    n_users = int(has_all.sum())
    mask, counts = np.unique(sum(masks)[has_all].data.astype(np.int64), return_counts=True)
    names = list(tables)
    sets = [[name for at, name in enumerate(names) if one >> at & 1] for one in mask.tolist()]
    order = sorted(range(len(sets)), key=lambda at: (len(sets[at]), mask[at]))
    rows = [(" & ".join(sets[at]), k, counts[at] / n_users, n_users) for at in order]
    return pd.DataFrame(rows, columns=["recommenders", "k", "n_items", "n_users"])


def _incidence(lists: Mapping[str, pd.DataFrame], k: int) -> dict[str, sparse.csr_array]:
    """Users x items of each recommender, 1 where the item is in the user's top ``k``."""
    if len(lists) < 2:
        raise ContractError(
            f"lists of {len(lists)} recommender(s)", mend="give two or more, as name -> lists"
        )
    tops = {name: Shown(recommended, k) for name, recommended in lists.items()}
    users = pd.Index(np.concatenate([top.users for top in tops.values()])).unique()
    items = pd.Index(np.concatenate([top.item_ids for top in tops.values()])).unique()
    shape = (len(users), len(items))
    tables = {}
    for name, top in tops.items():
        where = (users.get_indexer(top.users)[top.user], items.get_indexer(top.item_ids)[top.item])
        tables[name] = sparse.coo_array((np.ones(len(top.user)), where), shape=shape).tocsr()
    return tables


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
