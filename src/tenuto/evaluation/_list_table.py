"""The two plain tables that lists are judged on: what they must be, and the top of each as numbers.

``recommended`` has one row per (user_id, item_id) with ``rank`` from 1; a table of pairs has one
row per (user_id, item_id). Other columns are ignored, and the order of rows never matters.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.errors import ContractError

Numbers = NDArray[np.int64]


class Shown:
    """The top ``k`` of every list as numbers; what is below ``k`` is never seen.

    users : everybody with a list, in ascending order
    item_ids : every item in anybody's top ``k``, in no order to rely on
    user, item : per filled place, numbers into the two; sorted by user, then by rank
    length : filled places per user, 1 to ``k``
    """

    def __init__(self, recommended: pd.DataFrame, k: int):
        check_lists(recommended)
        check_k(k)
        self.k = k
        top = recommended[recommended["rank"] <= k]
        self.users = pd.Index(top["user_id"].unique(), name="user_id").sort_values()
        user = self.users.get_indexer(pd.Index(top["user_id"])).astype(np.int64)
        order = np.lexsort((top["rank"].to_numpy(), user))
        item, item_ids = pd.factorize(top["item_id"])
        self.user, self.item = user[order], item[order].astype(np.int64)
        self.item_ids = pd.Index(item_ids)
        self.length = np.bincount(self.user, minlength=len(self.users))

    def mean(self, per_place: np.ndarray, name: str) -> pd.Series:
        """Each user's mean over the filled places; an empty place takes no part."""
        return self.per_user(self.total(per_place) / self.length, name)

    def total(self, per_place: np.ndarray) -> np.ndarray:
        """Each user's sum over the filled places."""
        return np.bincount(self.user, per_place, minlength=len(self.users))

    def per_user(self, values: np.ndarray, name: str) -> pd.Series:
        """``values`` as a Series by user."""
        return pd.Series(values, index=self.users, name=name, dtype=np.float64)

    def rows_of_items(self, item_ids: pd.Index, name: str) -> Numbers:
        """For each of ``self.item_ids`` its place in ``item_ids``.

        Raises
        ------
        ContractError : if an item of a list is not there, or ``item_ids`` has one twice
        """
        if not item_ids.is_unique:
            twice = item_ids[item_ids.duplicated()][0]
            raise ContractError(f"{name} has item {twice} twice", mend="give each item once")
        rows = item_ids.get_indexer(self.item_ids).astype(np.int64)
        if (rows < 0).any():
            absent = self.item_ids[rows < 0][0]
            raise ContractError(
                f"recommended item {absent} is not in {name}",
                mend="give the whole catalogue, with 0 for what nobody heard",
            )
        return rows

    def is_among(self, pairs: pd.DataFrame) -> np.ndarray:
        """Per filled place: whether its (user, item) is among ``pairs``."""
        codes = pair_codes(pairs, self.users, self.item_ids)
        # Far faster than numpy's, which sorts: hashes.
        mine = pd.Series(self.user * len(self.item_ids) + self.item)
        return mine.isin(codes[codes >= 0]).to_numpy()


#: Lists as a table, or already as `Shown`, which is built once for many figures.
Lists = pd.DataFrame | Shown


def shown(recommended: Lists, k: int) -> Shown:
    """The top ``k`` of ``recommended`` as numbers; what is `Shown` already stays as it is."""
    return recommended if isinstance(recommended, Shown) else Shown(recommended, k)


def pair_codes(pairs: pd.DataFrame, users: pd.Index, items: pd.Index) -> Numbers:
    """One number per (user, item); negative where either is not in ``users`` or ``items``."""
    user = users.get_indexer(pd.Index(pairs["user_id"])).astype(np.int64)
    item = items.get_indexer(pd.Index(pairs["item_id"])).astype(np.int64)
    return np.where((user < 0) | (item < 0), -1, user * len(items) + item)


def check_k(k: int) -> None:
    """Raise ContractError if ``k`` is below 1."""
    if k < 1:
        raise ContractError(f"k is {k}", mend="ask for at least one item per list")


def check_lists(recommended: pd.DataFrame) -> None:
    """Raise ContractError if ranks are not 1, 2, 3 … or an item is twice in one list."""
    check_pairs(recommended, "recommended")
    if "rank" not in recommended:
        raise ContractError("recommended has no column 'rank'", mend="number each list from 1")
    user, users = pd.factorize(recommended["user_id"])
    rank = recommended["rank"].to_numpy()
    lengths = np.bincount(user, minlength=len(users))
    bad = (rank != np.floor(rank)) | (rank < 1) | (rank > lengths[user])
    if not bad.any():
        # Each rank owns one place of all places: one taken twice is a rank given twice.
        place = (np.cumsum(lengths) - lengths)[user] + rank.astype(np.int64) - 1
        bad = np.bincount(place, minlength=len(place))[place] > 1
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ContractError(
            f"the ranks of user {users[user[row]]} are not 1, 2, 3 …: "
            f"there is a {rank[row]} among {lengths[user[row]]}",
            mend="number each user's list from 1, without gaps or ties",
        )


def check_pairs(table: pd.DataFrame, name: str) -> None:
    """Raise ContractError if a column is missing, or an item is twice there for one user."""
    check_columns(table, name, ("user_id", "item_id"))
    twice = table.duplicated(["user_id", "item_id"]).to_numpy()
    if twice.any():
        row = table.iloc[int(np.flatnonzero(twice)[0])]
        raise ContractError(
            f"{name} has item {row['item_id']} twice for user {row['user_id']}",
            mend="pass one row per user_id and item_id",
        )


def check_columns(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> None:
    """Raise ContractError if ``table`` lacks one of ``columns``."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise ContractError(
            f"{name} has no column {', '.join(missing)}",
            mend=f"pass one row per user_id and item_id, with {', '.join(columns)}",
        )
