"""What recommenders learn from and what they are judged on, from a plain frame of plays or pairs.

Every split gives all rows back: each is in ``train`` or in ``test``, with its index and in its
order. Only `forward` is what a service does; the others are for data without a clock, and for
comparison with published figures.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import check_columns, check_pairs

#: `numpy.random.RandomState` is taken as well: published splits were drawn with it.
Draws = np.random.Generator | np.random.RandomState

HIDES: dict[str, str] = {
    "forward": "A forward split judges one stretch of time: what was new in it is in no other.",
    "by_sequence": "The last part of each listener's own order mixes calendar days, so a "
    "recommender may learn from others what came only later.",
    "by_listener": "A random hold-out lets a recommender learn from the future, and asks for songs "
    "that fit, not for those that come next.",
    "by_item": "A split by song leaves some listeners nothing to be judged on, and lets a "
    "recommender learn from the future.",
    "by_cell": "A random mask lets a recommender learn from the future, and judges heavy listeners "
    "on far more songs than others.",
}


class Split(NamedTuple):
    """The rows to learn from and the rows held out; together all rows."""

    train: pd.DataFrame
    test: pd.DataFrame


def forward(plays: pd.DataFrame, cut, time: str = "timestamp") -> Split:
    """One wall for everybody: before ``cut`` is known, from ``cut`` on is to be foretold.

    Raises
    ------
    ContractError : if the column ``time`` is missing or NULL somewhere

    Examples
    --------
    >>> plays = pd.DataFrame({"user_id": 1, "item_id": ["a", "b"], "day": [27, 28]})
    >>> forward(plays, cut=28, time="day").test["item_id"].tolist()
    ['b']
    """
    check_columns(plays, "plays", ("user_id", "item_id", time))
    if plays[time].isna().any():
        row = int(np.flatnonzero(plays[time].isna())[0])
        raise ContractError(
            f"plays has no {time} in row {row}", mend=f"leave out plays without a {time}"
        )
    return _split(plays, (plays[time] >= cut).to_numpy(dtype=bool))


def by_sequence(plays: pd.DataFrame, share: float = 0.2, order: str | None = None) -> Split:
    """The last ``share`` of each listener's plays, rounded down, is held out.

    Parameters
    ----------
    order : column to order each listener's plays by, ties as they stand; without it the rows are
        taken as they stand, oldest first

    A listener with fewer than 1 / share plays has nothing held out.

    Examples
    --------
    >>> plays = pd.DataFrame({"user_id": 1, "item_id": list("abcde")})
    >>> by_sequence(plays).test["item_id"].tolist()
    ['e']
    """
    check_columns(plays, "plays", ("user_id", "item_id", *([order] if order else [])))
    _check_share(share)
    moment = np.arange(len(plays)) if order is None else plays[order].rank(method="first")
    place, n = _places(plays["user_id"], np.asarray(moment, dtype=np.float64))
    return _split(plays, place >= n - _rounded_down(share * n))


def by_listener(pairs: pd.DataFrame, rng: Draws, share: float = 0.2) -> Split:
    """A random ``share`` of each listener's items is held out.

    Rounded to whole items, at least one of two or more; whoever has one item keeps it. On HetRec
    Last.fm with a share of 0.2: 74,265 pairs of 1,892 listeners kept, 18,569 of 1,884 held out.

    Raises
    ------
    ContractError : if an item is twice there for one listener: it would be on both sides
    """
    check_pairs(pairs, "pairs")
    _check_share(share)
    place, n = _places(pairs["user_id"], rng.random(len(pairs)))
    n_test = np.clip(np.round(share * n), np.minimum(1, n - 1), n - 1)
    return _split(pairs, place < n_test)


def by_item(pairs: pd.DataFrame, rng: Draws, share: float = 0.25) -> Split:
    """A random ``share`` of each item's listeners is held out, rounded up: the rule for ML-100K.

    An item with one listener is held out, and no recommender can find it. Published tables of
    MovieLens 100K (recommenders.md §5.4) hold out a quarter this way; they draw one number for
    each row of ``u.data`` as it stands with ``numpy.random.RandomState(42)``, and so does this
    with it for ``rng``.

    Raises
    ------
    ContractError : if a listener has an item twice
    """
    check_pairs(pairs, "pairs")
    _check_share(share)
    place, n = _places(pairs["item_id"], rng.random(len(pairs)))
    return _split(pairs, place >= _rounded_down((1 - share) * n))


def by_cell(pairs: pd.DataFrame, rng: Draws, share: float = 0.1) -> Split:
    """A random ``share`` of all pairs is held out, whoever's they are, as S1-V2 masked cells.

    Rounded down. A listener may have everything held out, or nothing.
    """
    check_pairs(pairs, "pairs")
    _check_share(share)
    place, n = _places(pd.Series(0, index=pairs.index), rng.random(len(pairs)))
    return _split(pairs, place < _rounded_down(share * n))


def _places(groups: pd.Series, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per row: its place from 0 in its group, by ``order``, and how many rows the group has."""
    codes, names = pd.factorize(groups)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        raise ContractError(f"{groups.name} is NULL in row {row}", mend="leave out rows without it")
    sizes = np.bincount(codes, minlength=len(names))
    in_order = np.lexsort((order, codes))
    place = np.empty(len(codes), dtype=np.int64)
    place[in_order] = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return place, sizes[codes]


def _rounded_down(count: np.ndarray) -> np.ndarray:
    # 0.29 * 100 is 28.999999999999996: a whole number but for rounding stays one.
    return np.floor(count + 1e-9)


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise ContractError(f"a share of {share} to hold out", mend="give one between 0 and 1")


def _split(table: pd.DataFrame, is_test: np.ndarray) -> Split:
    return Split(table[~is_test], table[is_test])
