"""All lists of every listener, as tables, so many listeners at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto import timeline
from tenuto.lists import CATALOGUE, in_order
from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import REASONS, Made
from tenuto.lists._reasons import Named, reasons
from tenuto.threads import cores, side_by_side
from tenuto.timeline import Past

#: Listeners whose lists are held at once.
CHUNK_USERS = 5_000
# More threads hold more chunks, and wait more for the interpreter's lock.
_MOST_THREADS = 4
#: Places of a list whose reason is said in words.
N_EXPLAINED = 10

_KINDS = pd.CategoricalDtype(list(REASONS))


def lists_of_everybody(
    desk: Desk, users: pd.Index, k: int, names: Named | None = None
) -> Iterator[pd.DataFrame]:
    """The tables of `lists_for`, so many of ``users`` at a time, in their order."""

    def made(first: int) -> pd.DataFrame:
        return lists_for(desk, desk.asked(users[first : first + CHUNK_USERS]), k, names=names)

    yield from side_by_side(made, range(0, len(users), CHUNK_USERS), min(_MOST_THREADS, cores()))


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
    everything = np.stack([made[name].item for name in wanted], axis=1)
    row, number, place = np.nonzero(everything >= 0)
    item = everything[row, number, place]
    score, code = (
        np.stack([getattr(made[name], column) for name in wanted], axis=1)[row, number, place]
        for column in ("score", "code")
    )
    why = _why(desk, asked, row, item, code, place < n_explained, names)
    return pd.DataFrame(
        {
            "user_id": asked.users.take(row),
            "list": pd.Categorical.from_codes(number, dtype=pd.CategoricalDtype(wanted)),
            "rank": (place + 1).astype(np.int32),
            "item_id": desk.interactions.item_ids.take(item),
            "score": score,
            "reason_code": pd.Categorical.from_codes(code, dtype=_KINDS),
            **{name: pd.Series(said, dtype=object) for name, said in why.items()},
        }
    )


def _why(
    desk: Desk, asked: Asked, row, item, code, is_asked: NDArray[np.bool_], names: Named | None
) -> dict[str, NDArray[np.object_]]:
    """What `reasons` says where it is asked; of a song on two lists it is found out once."""
    near = np.flatnonzero(is_asked)
    key = (row[near] * len(desk.interactions.item_ids) + item[near]) * len(REASONS) + code[near]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    one = near[first]
    found = reasons(desk, asked, row[one], item[one], code[one], names)
    said = {name: np.full(len(row), None, dtype=object) for name in found}
    for name, values in found.items():
        said[name][near] = values[which]
    return said


def listeners(past: Past) -> pd.Index:
    """Everybody who was seen before the cutoff and has not cancelled, ascending."""
    seen = timeline.listeners(past)
    seen = seen.filter(seen.days_since_cancelled.isnull()).select("user_id").order_by("user_id")
    return pd.Index(past.engine.to_arrow(seen)["user_id"].to_pandas(), name=None)
