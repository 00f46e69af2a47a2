"""Why each song is on a list, in a sentence about facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
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
) -> pd.DataFrame:
    """``reason``, ``because_1``, ``because_2`` of each pair of a listener's ``row`` and ``item``.

    Parameters
    ----------
    code : numbers of `CODES`
    names : what songs are called; without a name a song is called by its id
    """
    said = pd.DataFrame(index=range(len(row)), columns=_COLUMNS, dtype=object)
    for reason, model in (("for_you", desk.model), ("near", desk.near_model)):
        some = np.flatnonzero(code == CODES[reason])
        if len(some):
            histories = asked.histories.take(row[some])
            found = model._explained(histories, item[some], names or {})
            said.iloc[some] = found[_COLUMNS].to_numpy(dtype=object)
    for reason, tell in (("favourite", _favourite), ("forgotten", _forgotten)):
        some = np.flatnonzero(code == CODES[reason])
        said.iloc[some, 0] = _of_own(asked.histories, row[some], item[some], tell)
    for reason in ("popular", "popular_on_device"):
        some = np.flatnonzero(code == CODES[reason])
        said.iloc[some, 0] = _of_chart(desk, asked, row[some], item[some], reason)
    return said.where(said.notna(), None)


def _of_own(histories: Histories, row, item, tell: Callable[[int, int], str]) -> list[str]:
    """From how often and how lately the listener played it."""
    width = histories.n_items
    key = histories.row_of_entry() * width + histories.item
    entry = np.searchsorted(key, row.astype(np.int64) * width + item)
    plays = histories.n_plays[entry].astype(np.int64).tolist()
    age = np.ceil(histories.last_played_age[entry]).astype(np.int64).tolist()
    return [tell(n, days) for n, days in zip(plays, age, strict=True)]


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
