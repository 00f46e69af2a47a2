"""Why each song is on a list, in a sentence about facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import CODES
from tenuto.recommenders._histories import NEVER_PLAYED, Histories

#: item_id -> what people call it.
Named = dict[Any, str]
_COLUMNS = ["reason", "because_1", "because_2"]


def reasons(
    desk: Desk,
    asked: Asked,
    row: NDArray[np.int64],
    item: NDArray[np.int64],
    code: NDArray[np.int8],
    names: Named | None = None,
) -> dict[str, NDArray[np.object_]]:
    """``reason``, ``because_1``, ``because_2`` of each pair of a listener's ``row`` and ``item``.

    Parameters
    ----------
    row : ascending, so that a model looks at each listener once
    code : numbers of `CODES`
    names : what songs are called; without a name a song is called by its id
    """
    said = {name: np.full(len(row), None, dtype=object) for name in _COLUMNS}
    for reason, model in (("for_you", desk.model), ("near", desk.near_model)):
        some = np.flatnonzero(code == CODES[reason])
        if len(some):
            histories = asked.histories.take(row[some])
            found = model._explained(histories, item[some], names or {})
            for name in _COLUMNS:
                said[name][some] = found[name].to_numpy(dtype=object)
    for reason, tell in (("favourite", _favourite), ("forgotten", _forgotten)):
        some = np.flatnonzero(code == CODES[reason])
        said["reason"][some] = _of_own(asked.histories, row[some], item[some], tell)
    for reason in ("popular", "popular_on_device"):
        some = np.flatnonzero(code == CODES[reason])
        said["reason"][some] = _of_chart(desk, asked, row[some], item[some], reason)
    return said


def _of_own(histories: Histories, row, item, tell: Callable[[int, int], str]):
    """From how often and how lately the listener played it."""
    width = histories.n_items
    key = histories.row_of_entry() * width + histories.item
    entry = np.searchsorted(key, row.astype(np.int64) * width + item)
    plays = histories.n_plays[entry].astype(np.int64)
    age = np.ceil(histories.last_played_age[entry]).astype(np.int64)
    # Few sentences for many songs: each is put into words once.
    different, which = np.unique(np.column_stack([plays, age]), axis=0, return_inverse=True)
    told = np.array([tell(n, days) for n, days in different.tolist()], dtype=object)
    return told[which]


def _favourite(n_plays: int, age: int) -> str:
    if age == NEVER_PLAYED:
        return "you saved it"
    return f"you played it {times(n_plays)}, most recently {ago(age)}"


def _forgotten(n_plays: int, age: int) -> str:
    return f"you played it {times(n_plays)}, but not for {age:,} days"


def _of_chart(desk: Desk, asked: Asked, row, item, reason: str) -> list[str]:
    days = desk.interactions.window_days
    said = []
    for device, number in zip(asked.device[row], item.tolist(), strict=True):
        name = device if reason == "popular_on_device" else ""
        n = int(desk.chart.orders[name][1][number])
        where = f" on {name}" if name else ""
        people = f"{n:,} listener{'' if n == 1 else 's'}{where}"
        said.append(f"heard by {people} in the last {days} days")
    return said


def times(n: int) -> str:
    """How often, as people say it."""
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def ago(days: int) -> str:
    """How long ago, as people say it."""
    return "yesterday" if days == 1 else f"{days:,} days ago"
