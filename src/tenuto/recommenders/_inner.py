"""On what settings are tried: what was known at an earlier moment, and what came after it.

Forward in time wherever days are known (`forward`, or `given` two parts of a log). A plain table
of pairs has no time, so some of each listener's own pairs are hidden there (`held_out`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.engines import Engine
from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders._histories import ENTRY_COLUMNS
from tenuto.recommenders._interactions import Interactions
from tenuto.timeline import Past, Timeline

#: What is asked for: all that was played next, where lists may repeat, or only the new in it.
TARGETS = ("all", "new")
HELD_OUT_SHARE = 0.2


@dataclass(frozen=True)
class InnerSplit:
    """What to learn from, and what a good recommender would have put on the lists.

    train : what settings are tried on
    relevant : each ``user_id`` and ``item_id`` once, of listeners with a history in ``train``;
        an item may be unknown there: nobody finds it, and the ideal list has it all the same
    target : one of `TARGETS`; for "new", lists hide what was heard
    how : one sentence for people
    known_until : the day from which on nothing was looked at; None where days are unknown
    """

    train: Interactions
    relevant: pd.DataFrame
    target: str
    how: str
    known_until: date | None = None

    def digest(self) -> str:
        """SHA-256 of what is learned from and what is asked for."""
        train, relevant = self.train, self.relevant
        entries = [getattr(train.histories, name) for name in ENTRY_COLUMNS]
        ids = [train.user_ids, train.item_ids, relevant["user_id"], relevant["item_id"]]
        hashed = [pd.util.hash_array(np.asarray(column)) for column in ids]
        said = f"{train.cutoff} {train.window_days} {train.preference} {self.target}"
        seen = hashlib.sha256(said.encode())
        for array in (train.histories.start, *entries, train.item_sums.to_numpy(), *hashed):
            seen.update(np.ascontiguousarray(array).tobytes())
        return seen.hexdigest()


def given(
    train: Interactions,
    played: pd.DataFrame,
    target: str,
    how: str,
    known_until: date | None = None,
) -> InnerSplit:
    """From two parts that are there: all before a moment, and what was ``played`` from it on.

    ``played`` has ``user_id`` and ``item_id``, in any order, repeated or not.

    Raises
    ------
    ContractError : if there is no such target
    NotEnoughData : if no listener of ``train`` played anything of the kind asked for
    """
    if target not in TARGETS:
        raise ContractError(f"there is no target '{target}'", mend=f"take {' or '.join(TARGETS)}")
    pairs = played[["user_id", "item_id"]].drop_duplicates()
    row, is_heard = _met(train, pairs)
    is_asked = row >= 0
    if target == "new":
        is_asked &= ~is_heard
    relevant = pairs[is_asked].sort_values(["user_id", "item_id"], ignore_index=True)
    if len(relevant) == 0:
        raise NotEnoughData(
            f"no listener with a history played anything {_KIND[target]} afterwards",
            mend="take more listeners or a longer time to validate on, or leave the defaults",
        )
    return InnerSplit(train, relevant, target, how, known_until)


def forward(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    horizon_days: int,
    before: Callable[[Past], Interactions],
    target: str = "all",
) -> InnerSplit:
    """What was known ``horizon_days`` before ``cutoff``, and the plays of these days.

    ``before`` makes interactions of a past, as `interactions_before` does. Nothing from
    ``cutoff`` on is looked at.

    Raises
    ------
    NotEnoughData : if the log begins too late for this, or nobody came back
    """
    wall = cutoff - timedelta(days=horizon_days)
    if wall <= timeline.first_day:
        raise NotEnoughData(
            f"the log begins on {timeline.first_day}: before {cutoff} there are no "
            f"{horizon_days} days to validate on with days before them to learn from",
            mend="take a later cutoff or a shorter horizon, or leave the defaults",
        )
    plays = timeline.future(engine, wall, horizon_days).table("user_item_days")
    heard = plays.filter(plays.n_plays > 0).select("user_id", "item_id").distinct()
    how = (
        f"Learned from the days before {wall}, validated on what was played {_KIND[target]}in the "
        f"{horizon_days} days from then on; nothing from {cutoff} on was looked at."
    )
    played = engine.to_arrow(heard).to_pandas()
    return given(before(timeline.past(engine, wall)), played, target, how, cutoff)


def held_out(
    interactions: Interactions, rng: np.random.Generator, share: float = HELD_OUT_SHARE
) -> InnerSplit:
    """A random ``share`` of what each listener likes, rounded down, is hidden and asked for.

    For tables without time. Whoever likes fewer than 1 / ``share`` items has none to spare.
    Sums per item lose the plays that are hidden; downloads and searches, which are known for all
    listeners together, stay.

    Raises
    ------
    NotEnoughData : if nobody has enough
    """
    histories = interactions.histories
    is_hidden = _drawn(interactions, share, rng)
    if not is_hidden.any():
        raise NotEnoughData(
            f"nobody likes {round(1 / share)} items or more: nothing can be hidden and asked for",
            mend="leave the defaults, or name the settings",
        )
    hidden, kept = histories.where(is_hidden), histories.where(~is_hidden)
    sums = interactions.item_sums.copy()
    lost = np.bincount(hidden.item, hidden.n_plays, minlength=len(sums))
    sums["n_plays"] = np.maximum(sums["n_plays"] - lost, 0).astype(np.int64)
    relevant = pd.DataFrame(
        {
            "user_id": interactions.user_ids.take(hidden.row_of_entry()),
            "item_id": interactions.item_ids.take(hidden.item),
        }
    )
    how = (
        f"A random {share:.0%} of what each listener likes was hidden and asked for: the table "
        "has no time to go forward in, so settings that suit a steady taste are flattered."
    )
    return InnerSplit(replace(interactions, histories=kept, item_sums=sums), relevant, "new", how)


def part_of(interactions: Interactions, rows: NDArray[np.int64]) -> Interactions:
    """The same with some of the listeners; items and their sums stay as they are."""
    users, histories = interactions.user_ids.take(rows), interactions.histories.take(rows)
    return replace(interactions, user_ids=users, histories=histories)


_KIND = {"all": "", "new": "for the first time "}


def _drawn(interactions: Interactions, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which entries to hide: the first few of what each listener likes, in a random order."""
    histories = interactions.histories
    liked = np.flatnonzero((histories.preference > 0) & (histories.opinion >= 0))
    row = histories.row_of_entry()[liked]
    order = np.lexsort((rng.random(len(liked)), row))
    place = np.arange(len(liked)) - np.searchsorted(row, row, side="left")
    n_liked = np.bincount(row, minlength=len(histories))
    # A little more than nothing, lest 0.2 times 5 come to less than 1.
    n_hidden = np.floor(share * n_liked + 1e-9)
    is_hidden = np.zeros(len(histories.item), dtype=bool)
    is_hidden[liked[order[place < n_hidden[row]]]] = True
    return is_hidden


def _met(train: Interactions, pairs: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row of each pair, -1 without a history, and whether the item is in it."""
    row = train.user_ids.get_indexer(pd.Index(pairs["user_id"])).astype(np.int64)
    row[train.histories.lengths()[row] == 0] = -1
    item = train.item_ids.get_indexer(pd.Index(pairs["item_id"])).astype(np.int64)
    width = len(train.item_ids)
    heard = train.histories.row_of_entry() * width + train.histories.item
    return row, (item >= 0) & np.isin(row * width + item, heard)
