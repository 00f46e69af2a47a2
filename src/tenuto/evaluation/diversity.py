"""How different the items of one list are from each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import sparse

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import Lists, Shown, check_pairs, shown

HIDES: dict[str, str] = {
    "diversity": "Diversity is highest for songs with nothing in common, which is what a list "
    "drawn at random has, and takes rarely heard songs for different ones.",
    "artist_share": "The share of artists takes two singers of one genre for variety, and one "
    "artist's varied work for sameness.",
}

#: Cells of the table of cosines held at a time: 16 MB.
_CELLS_AT_ONCE = 2**21


def diversity_at_k(recommended: Lists, vectors, item_ids, k: int = 10) -> pd.Series:
    """Mean distance (1 - cosine) over all pairs of items in each user's top ``k``.

    Parameters
    ----------
    vectors : sparse or dense, one row per item, e.g. items x listeners from `listener_vectors`
    item_ids : of the rows, in their order

    Returns
    -------
    Series by user; with vectors that are nowhere negative in [0, 1]. A list of one item has no
    pair: NaN. An item whose vector is empty is at distance 1 from every other.

    Raises
    ------
    ContractError : if a recommended item has no row, or rows and ``item_ids`` differ in number

    Notes
    -----
    Ziegler et al., "Improving recommendation lists through topic diversification", WWW 2005
    (there as similarity). Exact, a block of cosines at a time: 60,000 lists of 50 that show all
    of 50,000 items, with vectors of 2.6 million listener-item pairs, take 8 seconds on a busy
    core; lists that show 5,000 items take 2.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> heard_by = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    >>> diversity_at_k(one_user(["a", "b", "c"]), heard_by, ["a", "b", "c"], k=3).round(3).item()
    0.667
    """
    lists, catalogue = shown(recommended, k), pd.Index(item_ids)
    rows = lists.rows_of_items(catalogue, "item_ids")
    matrix = sparse.csr_array(vectors, dtype=np.float64)
    if matrix.shape[0] != len(catalogue):
        raise ContractError(
            f"{matrix.shape[0]} vectors for {len(catalogue)} items", mend="pass one row per item"
        )
    length = lists.length.astype(np.float64)
    similarity = _similarity_to_the_list(lists, _unit_rows(matrix[rows]))
    n_pairs = np.where(length > 1, length * (length - 1), np.nan)
    return lists.per_user(1 - lists.total(similarity) / n_pairs, "diversity")


def listener_vectors(histories: pd.DataFrame, item_ids) -> sparse.csr_array:
    """Items x listeners, 1 where the listener heard the item: alike is what the same people hear.

    ``histories`` has one row per (user_id, item_id); an item outside ``item_ids`` is ignored.
    """
    check_pairs(histories, "histories")
    catalogue = pd.Index(item_ids)
    user, users = pd.factorize(histories["user_id"])
    item = catalogue.get_indexer(pd.Index(histories["item_id"]))
    is_known = item >= 0
    ones = np.ones(int(is_known.sum()), dtype=np.float64)
    where = (item[is_known], user[is_known])
    return sparse.coo_array((ones, where), shape=(len(catalogue), len(users))).tocsr()


def artist_share_at_k(recommended: Lists, artists: pd.Series, k: int = 10) -> pd.Series:
    """Distinct artists of each user's top ``k``, as a share of its filled places.

    ``artists`` is indexed by item_id. An item without one, or with NULL, is an artist of its own.

    Examples
    --------
    >>> from tenuto.evaluation.ranking import one_user
    >>> sung_by = pd.Series({"a": "Abba", "b": "Abba", "c": None})
    >>> artist_share_at_k(one_user(["a", "b", "c", "d"]), sung_by, k=4).item()
    0.75
    """
    lists = shown(recommended, k)
    if not artists.index.is_unique:
        twice = artists.index[artists.index.duplicated()][0]
        raise ContractError(f"artists has item {twice} twice", mend="give each item one artist")
    artist, known = pd.factorize(artists.reindex(lists.item_ids))
    own = len(known) + np.arange(len(artist))
    artist = np.where(artist < 0, own, artist).astype(np.int64)
    in_list = pd.Series(lists.user * (len(known) + len(own)) + artist[lists.item])
    return lists.mean(~in_list.duplicated().to_numpy(), "artist_share")


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    norms = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return sparse.csr_array(matrix.multiply(scale[:, None]))


def _similarity_to_the_list(lists: Shown, unit: sparse.csr_array) -> np.ndarray:
    """Per place: the sum of its item's cosines with the other items of the same list."""
    n_items = unit.shape[0]
    # One row per list; an empty place is an item that resembles nothing.
    padded = np.full((len(lists.users), lists.k), n_items, dtype=np.int64)
    first = np.cumsum(lists.length) - lists.length
    padded[lists.user, np.arange(len(lists.user)) - first[lists.user]] = lists.item
    by_item = np.argsort(lists.item, kind="stable")
    start = np.searchsorted(lists.item[by_item], np.arange(n_items + 1))
    found, columns = np.zeros(len(lists.user)), unit.T.tocsr()
    for low, cosines in _cosines(unit, columns):
        places = by_item[start[low] : start[low + len(cosines)]]
        for some in np.array_split(places, len(places) * lists.k // _CELLS_AT_ONCE + 1):
            found[some] = cosines[lists.item[some, None] - low, padded[lists.user[some]]].sum(1)
    return found


def _cosines(unit: sparse.csr_array, columns: sparse.csr_array) -> Iterator[tuple[int, np.ndarray]]:
    """Some rows of the table of cosines at a time, 0 with itself and with an empty place (last)."""
    n_items = unit.shape[0]
    at_once = max(_CELLS_AT_ONCE // (n_items + 1), 1)
    for low in range(0, n_items, at_once):
        product = (unit[low : low + at_once] @ columns).tocoo()
        cosines = np.zeros((product.shape[0], n_items + 1))
        other = product.coords[0] + low != product.coords[1]
        cosines[product.coords[0][other], product.coords[1][other]] = product.data[other]
        yield low, cosines
