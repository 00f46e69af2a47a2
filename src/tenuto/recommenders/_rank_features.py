"""What is known of a listener, an item and the two together, when candidates are put in order.

Nothing here depends on how long the log is or how many listeners there are: the order is learned
on an earlier state of it. Numbers that are unknown are NaN, which trees take as they are.

    listener   how many items, what share of plays repeats, days since the last play, how
               mainstream the items are
    item       share of all listeners, plays per listener, how fresh its listeners' plays are
    pair       plays, days since, activation and opinion, if it was heard; what each member's list
               says: place, worth and score
    artist     share of the listener's plays, days since, how many different items, if artists
               are known
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._contract import Ranked
from tenuto.recommenders._fusion import by_score
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._pool import Pool

Column = NDArray[np.float64]


@dataclass(frozen=True)
class ItemFacts:
    """One number per item each, of all listeners in ``histories``.

    share : of the listeners with any play, 0 to 1
    plays : per listener of the item
    freshness : mean of 1 / (1 + days since the listener's last play of it)
    artist : number of the artist, from 0; -1 where unknown
    """

    share: Column
    plays: Column
    freshness: Column
    artist: NDArray[np.int64]

    @classmethod
    def of(cls, histories: Histories, artist: NDArray[np.int64] | None = None) -> ItemFacts:
        """Of items nobody played: share 0, the others NaN."""
        played = histories.where(histories.n_plays > 0)
        n = _sums(played.item, np.ones(len(played.item)), histories.n_items)
        n_plays = _sums(played.item, played.n_plays, histories.n_items)
        fresh = _sums(played.item, 1 / (1 + played.last_played_age), histories.n_items)
        n_listeners = max(int(np.count_nonzero(played.lengths())), 1)
        unknown = np.full(histories.n_items, -1, dtype=np.int64)
        of_item = unknown if artist is None else artist
        return cls(n / n_listeners, _per(n_plays, n), _per(fresh, n), of_item)


def features(
    pool: Pool,
    lists: Sequence[Ranked],
    names: Sequence[str],
    histories: Histories,
    items: ItemFacts,
) -> tuple[NDArray[np.float32], list[str]]:
    """(candidates, features), and what each column is called."""
    columns = _of_listener(histories, items)
    row, item = pool.row_of_entry(), pool.item
    columns = {name: column[row] for name, column in columns.items()}
    columns["item_share"] = items.share[item]
    columns["item_plays"] = items.plays[item]
    columns["item_freshness"] = items.freshness[item]
    columns |= _of_pair(pool, histories)
    columns |= _of_artist(pool, histories, items.artist)
    columns |= _of_lists(pool, lists, names)
    table = np.empty((len(item), len(columns)), dtype=np.float32)
    for number, column in enumerate(columns.values()):
        table[:, number] = column
    return table, list(columns)


def _of_listener(histories: Histories, items: ItemFacts) -> dict[str, Column]:
    row, n_rows = histories.row_of_entry(), len(histories)
    n_items, n_plays = histories.lengths(), _sums(row, histories.n_plays, n_rows)
    is_played = histories.n_plays > 0
    last = np.full(n_rows, np.inf)
    np.minimum.at(last, row[is_played], histories.last_played_age[is_played])
    mainstream = _sums(row, np.log(np.maximum(items.share[histories.item], 1e-9)), n_rows)
    return {
        "listener_items": np.log1p(n_items),
        "listener_plays_per_item": _per(n_plays, n_items),
        "listener_silent_days": np.where(np.isfinite(last), last, np.nan),
        "listener_mainstream": _per(mainstream, n_items),
    }


def _of_pair(pool: Pool, histories: Histories) -> dict[str, Column]:
    width = histories.n_items
    heard = histories.row_of_entry() * width + histories.item
    asked = pool.row_of_entry() * width + pool.item
    at = np.searchsorted(heard, asked)
    is_heard = np.append(heard, -1)[at] == asked
    at = np.where(is_heard, at, 0)

    def of_entry(values: NDArray) -> Column:
        return np.where(is_heard, values[at], np.nan) if len(values) else np.full(len(at), np.nan)

    n_plays = of_entry(histories.n_plays)
    n_all = _sums(histories.row_of_entry(), histories.n_plays, len(histories))
    return {
        "pair_plays": n_plays,
        "pair_share": n_plays / np.maximum(n_all, 1)[pool.row_of_entry()],
        "pair_days": of_entry(histories.last_played_age),
        "pair_activation": np.log(np.maximum(of_entry(histories.activation), 1e-9)),
        "pair_preference": of_entry(histories.preference),
        "pair_opinion": of_entry(histories.opinion),
    }


def _of_artist(pool: Pool, histories: Histories, artist: NDArray[np.int64]) -> dict[str, Column]:
    n_artists = int(artist.max(initial=-1)) + 1
    if n_artists == 0:
        return {}
    row, of_entry = histories.row_of_entry(), artist[histories.item]
    known = of_entry >= 0
    key, place = np.unique(row[known] * n_artists + of_entry[known], return_inverse=True)
    n_plays = _sums(place, histories.n_plays[known], len(key))
    strength = _sums(place, histories.activation[known], len(key))
    n_items = np.bincount(place, minlength=len(key)).astype(np.float64)
    n_all = _sums(row, histories.n_plays, len(histories))
    asked_row, of_asked = pool.row_of_entry(), artist[pool.item]
    asked = np.where(of_asked >= 0, asked_row * n_artists + of_asked, -1)
    at = np.searchsorted(key, asked)
    found = np.append(key, -2)[at] == asked
    at = np.where(found, at, 0)

    def of_candidate(values: Column) -> Column:
        if len(key) == 0:
            return np.zeros(len(asked))
        return np.where(of_asked < 0, np.nan, np.where(found, values[at], 0.0))

    return {
        "artist_share": of_candidate(n_plays) / np.maximum(n_all, 1)[asked_row],
        "artist_activation": of_candidate(strength),
        "artist_items": of_candidate(n_items),
    }


def _of_lists(pool: Pool, lists: Sequence[Ranked], names: Sequence[str]) -> dict[str, Column]:
    score = pool.facts([of_list for _, of_list in lists], np.nan)
    worth = pool.facts([by_score(of_list) for _, of_list in lists], 0.0)
    columns: dict[str, Column] = {}
    for number, name in enumerate(names):
        place = pool.place[:, number]
        columns[f"{name}_place"] = np.where(place >= 0, place, np.nan)
        columns[f"{name}_worth"] = worth[:, number]
        columns[f"{name}_score"] = score[:, number]
    return columns


def _sums(number: NDArray, values: NDArray, n: int) -> Column:
    return np.bincount(number, values, minlength=n).astype(np.float64)


def _per(total: NDArray, n: NDArray) -> Column:
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
