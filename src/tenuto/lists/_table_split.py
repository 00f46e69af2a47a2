"""What is held out of a plain table, to say honestly how good lists from it are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from tenuto.errors import NotEnoughData, SettingsError
from tenuto.evaluation import list_splits
from tenuto.lists._table_columns import TIME
from tenuto.lists._table_read import PairTable
from tenuto.recommenders._inner import InnerSplit, given
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._plays import interactions_of

AUTO, FORWARD, LAST, RANDOM = "auto", "forward", "last", "random"
SPLITS = (AUTO, FORWARD, LAST, RANDOM)
#: Below this share of plays by listeners who were there before, one wall says little.
_ENOUGH_KNOWN = 0.5


class Asked(NamedTuple):
    """How to hold out: the ``share`` of the rows, which ``split``, and the ``seed``."""

    share: float
    split: str
    seed: int


@dataclass(frozen=True)
class HeldOut:
    """A table in two parts.

    cut : the wall, where there is one for everybody
    how : a sentence for people
    """

    train: PairTable
    test: pd.DataFrame
    split: str
    cut: pd.Timestamp | None
    how: str

    def interactions(self) -> Interactions:
        """What is known before."""
        return interactions_from(self.train, self.cut)

    def inner(self, target: str) -> InnerSplit:
        """The held-out part as what settings and weights are learned from."""
        # A random part has no pair twice: it asks for nothing that comes back.
        asked = "new" if self.split == RANDOM else target
        return given(self.interactions(), self.test, asked, self.how, None)


def interactions_from(table: PairTable, cut: pd.Timestamp | None = None) -> Interactions:
    """All of ``table``, which ends at ``cut`` or just after its last row."""
    return interactions_of(table.rows, time=table.time, weight=table.weight, cutoff=cut)


def has_repeats(table: PairTable) -> bool:
    """Whether listeners come back to items: rows have times, and pairs come again."""
    return table.time is not None and bool(table.rows.duplicated(["user_id", "item_id"]).any())


def held_out_of(table: PairTable, asked: Asked) -> HeldOut:
    """``asked.share`` of ``table`` is held out.

    With `AUTO`: forward in time where the table has clocks and most of what comes last is by
    listeners who were there before; else the last part of each listener's own order; without
    any order, a random part of each listener's items.

    Raises
    ------
    SettingsError : if there is no such split, or the table has no time for it
    NotEnoughData : if nothing can be held out
    """
    has_clock = table.time is not None and pd.api.types.is_datetime64_any_dtype(table.rows[TIME])
    _check(asked, table, has_clock)
    if asked.split == RANDOM or table.time is None:
        return _checked(_random(table, asked))
    if asked.split == FORWARD or (asked.split == AUTO and has_clock):
        found = _forward(table, asked)
        if asked.split == FORWARD or _share_known(found) >= _ENOUGH_KNOWN:
            return _checked(found)
    return _checked(_last(table, asked))


def _check(asked: Asked, table: PairTable, has_clock: bool) -> None:
    if asked.split not in SPLITS:
        raise SettingsError(f"no split '{asked.split}'", mend=f"use one of {', '.join(SPLITS)}")
    if not 0 < asked.share < 1:
        raise SettingsError(f"a share of {asked.share} to hold out", mend="use one like 0.2")
    if (asked.split == FORWARD and not has_clock) or (asked.split == LAST and table.time is None):
        raise SettingsError(
            f"{table.name} has no {'clock' if asked.split == FORWARD else 'time'} to go forward in",
            mend="name the column with --time, or hold out at random: --split random",
        )


def _checked(found: HeldOut) -> HeldOut:
    if not len(found.test) or not len(found.train.rows):
        raise NotEnoughData(
            f"{found.train.name} is too small to hold out a part", mend="leave it out: --test 0"
        )
    return found


def _forward(table: PairTable, asked: Asked) -> HeldOut:
    moments = table.rows[TIME].sort_values(ignore_index=True)
    cut = pd.Timestamp(moments[int(np.ceil((1 - asked.share) * (len(moments) - 1)))])
    train, test = list_splits.forward(table.rows, cut, TIME)
    how = f"Learned from all before {cut:%Y-%m-%d %H:%M}, judged on what came from then on."
    return HeldOut(_with(table, train), test, FORWARD, cut, how)


def _last(table: PairTable, asked: Asked) -> HeldOut:
    train, test = list_splits.by_sequence(table.rows, asked.share, TIME)
    how = f"The last {asked.share:.0%} of each listener's own rows was held out and asked for."
    return HeldOut(_with(table, train), test, LAST, None, how)


def _random(table: PairTable, asked: Asked) -> HeldOut:
    """Pairs, with all their rows: no pair is on both sides."""
    pairs = table.rows[["user_id", "item_id"]].drop_duplicates(ignore_index=True)
    rng = np.random.default_rng([asked.seed, 41])
    hidden = list_splits.by_listener(pairs, rng, asked.share).test.assign(is_test=True)
    both = table.rows[["user_id", "item_id"]].merge(hidden, how="left", on=["user_id", "item_id"])
    is_test = both["is_test"].notna().to_numpy()
    how = (
        f"A random {asked.share:.0%} of each listener's items was held out and asked for, with "
        f"seed {asked.seed}: a steady taste is flattered by that."
    )
    return HeldOut(_with(table, table.rows[~is_test]), table.rows[is_test], RANDOM, None, how)


def _share_known(found: HeldOut) -> float:
    known = found.test["user_id"].isin(found.train.rows["user_id"])
    return float(known.mean()) if len(known) else 0.0


def _with(table: PairTable, rows: pd.DataFrame) -> PairTable:
    return PairTable(table.name, rows, table.n_read, table.what, table.notes)
