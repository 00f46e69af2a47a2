"""Lists from one recommender that knows a plain table: new items, and a mix with own ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.lists._reasons import Named, ago, times
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import NEVER_PLAYED, Histories
from tenuto.recommenders._one_list import best_first, top_unheard
from tenuto.recommenders._plays import NO_DATE

DISCOVER, MIX = "discover", "mix"
#: Reason code -> what it means; the score is the model's, or the number of listeners.
REASONS = {
    "for_you": "new to the listener, and fits what the listener likes",
    "own": "known to the listener, and fits",
    "popular": "the model knows too little of the listener: most listeners of all",
}
#: Places of a list whose reason is said in words.
N_EXPLAINED = 10
CHUNK_USERS = 5_000


def lists_of_all(
    model: Recommender, k: int, which: Sequence[str], names: Named | None = None
) -> Iterator[pd.DataFrame]:
    """`lists_of` for everybody of the fit, so many listeners at a time."""
    for first in range(0, len(model.user_ids), CHUNK_USERS):
        users = model.user_ids[first : first + CHUNK_USERS]
        yield lists_of(model, users, model.histories_of(users), k, which, names)


def lists_of(
    model: Recommender,
    users: pd.Index,
    histories: Histories,
    k: int,
    which: Sequence[str],
    names: Named | None = None,
) -> pd.DataFrame:
    """The lists of ``users``, whose ``histories`` these are, in order.

    Returns
    -------
    DataFrame : ``user_id``, ``list``, ``rank`` from 1, ``item_id``, ``score`` (of one list and one
        reason code), ``reason_code`` (see `REASONS`), ``reason`` (None beyond `N_EXPLAINED`),
        ``because_1`` and ``because_2`` (items that lifted it, None without)
    """
    parts = [_one_list(model, users, histories, k, name, names) for name in which]
    table = pd.concat(parts, ignore_index=True)
    order = np.lexsort((table["rank"], table.pop("_list_number"), table.pop("_row")))
    return table.iloc[order].reset_index(drop=True)


def _one_list(
    model: Recommender,
    users: pd.Index,
    histories: Histories,
    k: int,
    name: str,
    names: Named | None,
) -> pd.DataFrame:
    item, score = model.rank(histories, k, name == DISCOVER)
    is_popular = item[:, 0] < 0
    item[is_popular], score[is_popular] = _popular(
        model, histories.take(np.flatnonzero(is_popular)), k, name
    )
    row, place = np.nonzero(item >= 0)
    item, score = item[row, place], score[row, place]
    own = _entry_of(histories, row, item)
    code = np.where(is_popular[row], "popular", np.where(own >= 0, "own", "for_you"))
    table = pd.DataFrame(
        {
            "_row": row,
            "_list_number": int(name != DISCOVER),
            "user_id": users.take(row),
            "list": name,
            "rank": (place + 1).astype(np.int32),
            "item_id": model.item_ids.take(item),
            "score": score,
            "reason_code": code,
        }
    )
    why = pd.DataFrame(None, index=table.index, columns=_WHY, dtype=object)
    near = np.flatnonzero(place < N_EXPLAINED)
    if len(near):
        said = _reasons(model, histories, row[near], item[near], own[near], code[near], names or {})
        why.iloc[near] = said.to_numpy(dtype=object)
    return pd.concat([table, why], axis=1)


_WHY = ["reason", "because_1", "because_2"]


def _popular(model: Recommender, histories: Histories, k: int, name: str):
    """What most listeners heard, for those of whom the model has nothing to say."""
    heard_by = np.where(model.n_listeners > 0, model.n_listeners, np.nan)
    item = top_unheard(best_first(heard_by), histories.hidden(name == DISCOVER), k)
    return item, np.where(item >= 0, heard_by[item], np.nan)


def _entry_of(histories: Histories, row: NDArray, item: NDArray) -> NDArray[np.int64]:
    """The entry of each pair, -1 where it is not in the history."""
    width = max(histories.n_items, 1)
    key = histories.row_of_entry() * width + histories.item
    wanted = row.astype(np.int64) * width + item
    entry = np.searchsorted(key, wanted)
    is_there = np.append(key, -1)[entry] == wanted
    return np.where(is_there, entry, -1)


def _reasons(
    model: Recommender,
    histories: Histories,
    row: NDArray,
    item: NDArray,
    own: NDArray,
    code: NDArray,
    names: Named,
) -> pd.DataFrame:
    said = pd.DataFrame(None, index=range(len(row)), columns=_WHY, dtype=object)
    new = np.flatnonzero(code == "for_you")
    if len(new):
        found = model._explained(histories.take(row[new]), item[new], names)
        said.iloc[new] = found[_WHY].to_numpy(dtype=object)
    for number in np.flatnonzero(code == "own").tolist():
        said.iloc[number, 0] = _of_own(model, histories, int(own[number]))
    for number in np.flatnonzero(code == "popular").tolist():
        people = int(model.n_listeners[item[number]])
        said.iloc[number, 0] = f"heard by {people:,} listener{'' if people == 1 else 's'}"
    return said.where(said.notna(), None)


def _of_own(model: Recommender, histories: Histories, entry: int) -> str:
    """How often the listener had it, and when last, where days are known."""
    n_plays, age = int(histories.n_plays[entry]), float(histories.last_played_age[entry])
    if age == NEVER_PLAYED or n_plays == 0:
        return "you saved it"
    often = f"you played it {times(n_plays)}"
    return often if model.cutoff == NO_DATE else f"{often}, last {ago(int(np.ceil(age)))}"
