"""All lists of every listener, as tables, so many listeners at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tenuto import timeline
from tenuto.lists import CATALOGUE, in_order
from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import REASONS, Made
from tenuto.lists._reasons import Named, reasons
from tenuto.timeline import Past

#: Listeners whose lists are held at once.
CHUNK_USERS = 5_000
#: Places of a list whose reason is said in words.
N_EXPLAINED = 10

_KINDS = pd.CategoricalDtype(list(REASONS))


def lists_of_everybody(
    desk: Desk, users: pd.Index, k: int, names: Named | None = None
) -> Iterator[pd.DataFrame]:
    """The tables of `lists_for`, so many of ``users`` at a time."""
    for first in range(0, len(users), CHUNK_USERS):
        yield lists_for(desk, desk.asked(users[first : first + CHUNK_USERS]), k, names=names)


def lists_for(
    desk: Desk,
    asked: Asked,
    k: int,
    *,
    which: Sequence[str] = (),
    names: Named | None = None,
    n_explained: int = N_EXPLAINED,
) -> pd.DataFrame:
    """The lists of those who ask, from one call.

    Parameters
    ----------
    which : names of lists; by default all of them
    names : what songs are called in reasons
    n_explained : places of each list whose reason is said in words

    Returns
    -------
    DataFrame : ``user_id``, ``list``, ``rank`` from 1, ``item_id``, ``score`` (of one list and
        one reason code; see `REASONS`), ``reason_code``, ``reason`` (None beyond
        ``n_explained``), ``because_1`` and ``because_2`` (items that lifted it, None without);
        users in the order asked, then lists in theirs
    """
    wanted = list(which) or in_order()
    made: dict[str, Made] = {}
    for name in sorted(wanted, key=in_order().index):
        member = CATALOGUE.get(name)
        there = {other: made[other] for other in getattr(member, "DRAWS_ON", ()) if other in made}
        made[name] = member.make(desk, asked, k, **there)
    parts = [
        _table(desk, asked, made[name], name, number, names, n_explained)
        for number, name in enumerate(wanted)
    ]
    table = pd.concat(parts, ignore_index=True)
    order = np.lexsort((table["rank"], table.pop("_list"), table.pop("_row")))
    table = table.iloc[order].reset_index(drop=True)
    return table.astype({"list": pd.CategoricalDtype(wanted)})


def _table(
    desk: Desk,
    asked: Asked,
    made: Made,
    name: str,
    number: int,
    names: Named | None,
    n_explained: int,
) -> pd.DataFrame:
    row, place = np.nonzero(made.item >= 0)
    item, code = made.item[row, place], made.code[row, place]
    table = pd.DataFrame(
        {
            "_row": row,
            "_list": number,
            "user_id": asked.users.take(row),
            "list": name,
            "rank": (place + 1).astype(np.int32),
            "item_id": desk.interactions.item_ids.take(item),
            "score": made.score[row, place],
            "reason_code": pd.Categorical.from_codes(code, dtype=_KINDS),
        }
    )
    return pd.concat([table, _why(desk, asked, row, place, item, code, names, n_explained)], axis=1)


def _why(
    desk: Desk, asked: Asked, row, place, item, code, names: Named | None, n_explained: int
) -> pd.DataFrame:
    said = pd.DataFrame(None, index=range(len(row)), columns=["reason", "because_1", "because_2"])
    said = said.astype(object)
    near = np.flatnonzero(place < n_explained)
    if len(near):
        found = reasons(desk, asked, row[near], item[near], code[near], names)
        said.iloc[near] = found.to_numpy(dtype=object)
    return said


def listeners(past: Past) -> pd.Index:
    """Everybody who was seen before the cutoff and has not cancelled, ascending."""
    seen = timeline.listeners(past)
    seen = seen.filter(seen.days_since_cancelled.isnull()).select("user_id").order_by("user_id")
    return pd.Index(past.engine.to_arrow(seen)["user_id"].to_pandas(), name=None)
