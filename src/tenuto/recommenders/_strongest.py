"""Why an item is on a list that several recommenders made: because of the one most in favour.

Fused ranks are no sum over the listener's items, but the scores of most members are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.recommenders._contract import Ranked, Recommender
from tenuto.recommenders._ensemble import Ensemble
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._pool import Pool
from tenuto.recommenders._questions import ALL, NEW
from tenuto.recommenders._weighing import pool_of
from tenuto.recommenders._why import Names, explained

#: (pool, lists, histories, target) -> what each list adds to the score of each candidate.
PartsOf = Callable[[Pool, Sequence[Ranked], Histories, str], NDArray[np.float64]]


def explained_by_strongest(
    whole: Recommender,
    ensemble: Ensemble,
    parts_of: PartsOf,
    depth: int,
    histories: Histories,
    item: NDArray[np.int64],
    names: Names,
) -> pd.DataFrame:
    """As `explained`, each row by the member that adds most to the score of its item.

    ``whole`` speaks for items that no member offers the listener.
    """
    strongest = strongest_member(ensemble, parts_of, depth, histories, item)
    said = []
    for number, model in enumerate([*ensemble.members.values(), whole]):
        which = number if number < len(ensemble.members) else -1
        rows = np.flatnonzero(strongest == which)
        if len(rows):
            one = explained(model, histories.take(rows), item[rows], names)
            said.append(one.set_axis(pd.Index(rows)))
    return pd.concat(said).sort_index() if said else explained(whole, histories, item, names)


def strongest_member(
    ensemble: Ensemble,
    parts_of: PartsOf,
    depth: int,
    histories: Histories,
    item: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Number of the member for each row's item, -1 where none offers it.

    An item that the listener has heard is looked for on lists that repeat, another on lists
    that do not.
    """
    is_own = histories.item == item[histories.row_of_entry()]
    is_heard = np.bincount(histories.row_of_entry()[is_own], minlength=len(histories)) > 0
    strongest = np.full(len(histories), -1, dtype=np.int64)
    # Lists are made once for a listener who is asked about many items in a row.
    listener, first = histories.alike()
    width = histories.n_items
    for target, rows in ((ALL, np.flatnonzero(is_heard)), (NEW, np.flatnonzero(~is_heard))):
        asked, which = np.unique(listener[rows], return_inverse=True)
        once = histories.take(first[asked])
        lists = ensemble.lists(once, depth, exclude_heard=target == NEW)
        pool = pool_of(lists, width)
        parts = parts_of(pool, lists, once, target)
        entries = pd.Index(pool.row_of_entry().astype(np.int64) * width + pool.item)
        entry = entries.get_indexer(which.astype(np.int64) * width + item[rows])
        found = np.flatnonzero(entry >= 0)
        loudest = parts[entry[found]]
        found, loudest = found[loudest.max(axis=1) > 0], loudest[loudest.max(axis=1) > 0]
        strongest[rows[found]] = loudest.argmax(axis=1)
    return strongest
