"""What recommenders learn from: who did what with which item in the window before a cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tenuto.errors import ContractError
from tenuto.recommenders._histories import NEVER_PLAYED, Histories
from tenuto.recommenders._queries import ITEM_SUMS, pairs_of, sums_of_items, with_items_of_all
from tenuto.recommenders._ranges import in_ranges
from tenuto.timeline import Past


@dataclass(frozen=True)
class Interactions:
    """Listeners, items and what is between them before a cutoff.

    user_ids, item_ids : ascending, each once; the number of an item is its place here
    histories : one row per user of ``user_ids``: taste of the window, memory of all days
    item_sums : one row per item of ``item_ids``, columns `ITEM_SUMS`, over the window
        [cutoff - window_days, cutoff)
    preference : the name of the preference that ``histories`` hold
    """

    cutoff: date
    window_days: int
    preference: str
    user_ids: pd.Index
    item_ids: pd.Index
    histories: Histories
    item_sums: pd.DataFrame

    @classmethod
    def of_tables(
        cls,
        pairs: pa.Table,
        item_sums: pa.Table,
        *,
        cutoff: date,
        window_days: int,
        preference: str,
    ) -> Interactions:
        """From tables in memory; the order of their rows does not matter.

        Parameters
        ----------
        pairs : one row per user and item: ``user_id``, ``item_id``, ``preference`` (NULL is
            taken for 0: known to the listener, not known to be liked), and ``last_played`` (the
            day of the last play, NULL if never played) or ``last_played_age``; where known also
            ``n_plays``, ``activation`` and ``opinion`` of `Histories`
        item_sums : one row per item: ``item_id`` and `ITEM_SUMS`

        Raises
        ------
        ContractError : if a pair or an item is there twice, an id is NULL, a preference is
            negative, or a last play is not before the cutoff
        """
        user_ids, user = _numbered(pairs["user_id"])
        chunks = [*pairs["item_id"].chunks, *item_sums["item_id"].chunks]
        ids = pa.chunked_array(chunks, type=pairs.schema.field("item_id").type)
        item_ids, item = _numbered(ids)
        liked = pairs["preference"].to_numpy(zero_copy_only=False).astype(np.float64)
        if (liked < 0).any():
            raise ContractError(
                f"preference '{preference}' has a negative value, {np.nanmin(liked)}",
                mend="a preference starts at 0; dislikes need a column of their own",
            )
        histories = Histories.of_pairs(
            user,
            item[: len(user)],
            np.nan_to_num(liked),
            _age(pairs, cutoff),
            n_rows=len(user_ids),
            n_items=len(item_ids),
            **{
                name: pairs[name].to_numpy(zero_copy_only=False)
                for name in ("n_plays", "activation", "opinion")
                if name in pairs.column_names
            },
        )
        sums = _item_sums(item_sums, item[len(user) :], len(item_ids))
        return cls(cutoff, window_days, preference, user_ids, item_ids, histories, sums)

    def of_most_heard(self, n_items: int) -> Interactions:
        """With taste for the ``n_items`` most heard items of the window alone.

        The others stay heard, are never recommended as new, and say nothing of taste: of an item
        that next to nobody played nothing can be learned, and there are many of them.
        """
        listeners = self.listeners_per_item()
        if np.count_nonzero(listeners) <= n_items:
            return self
        order = np.lexsort((np.arange(len(listeners)), -listeners))
        is_kept = np.zeros(len(listeners), dtype=bool)
        is_kept[order[:n_items]] = True
        liked = np.where(is_kept[self.histories.item], self.histories.preference, np.float32(0))
        return replace(self, histories=replace(self.histories, preference=liked))

    def recent(self) -> Histories:
        """What is of the window alone."""
        return self.histories.where(self.histories.within(self.window_days))

    def listeners_per_item(self, rows: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """How many listeners played each item; ``rows`` limits it to some of the users."""
        item = self.histories.item[self._played_lately(rows)]
        return np.bincount(item, minlength=len(self.item_ids)).astype(np.int64)

    def listeners_by_age(self, rows: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Items by days: how many listeners last played the item a given time ago.

        Shape (items, window_days); column 0 is the day before the cutoff.
        """
        counted = self._played_lately(rows)
        day = np.ceil(self.histories.last_played_age[counted]).astype(np.int64) - 1
        cell = self.histories.item[counted].astype(np.int64) * self.window_days + day
        shape = (len(self.item_ids), self.window_days)
        return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)

    def _played_lately(self, rows: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        age = self.histories.last_played_age
        lately = (age != NEVER_PLAYED) & (age <= self.window_days)
        return lately if rows is None else lately & np.repeat(rows, self.histories.lengths())


def interactions_before(
    past: Past,
    preference: str,
    window_days: int = 30,
    history_days: int | None = None,
    *,
    settings: Mapping[str, float] | None = None,
    feedback: pa.Table | None = None,
    users: pa.Array | None = None,
) -> Interactions:
    """Taste of the window before the cutoff of ``past``, memory of ``history_days``.

    A pair that the preference leaves out is kept with 0, because it has been heard all the same.

    Parameters
    ----------
    settings : of the preference, where it takes any
    feedback : likes and dislikes from outside the log, see `tenuto.preferences.add_feedback`
    users : ids of those whose; by default everybody's, a range at a time, so that memory holds
        little more than what is returned

    Raises
    ------
    UnknownName : if there is no such preference
    SettingsError : if it does not take such settings
    """
    item_sums = sums_of_items(past, window_days)
    if users is None:
        pasts = [past.within(part) for part in in_ranges(past, history_days)]
    else:
        item_sums = with_items_of_all(item_sums, past, history_days)
        pasts = [past.among(past.engine.from_arrow(pa.table({"user_id": users})))]
    parts = []
    for some in pasts:
        part = Interactions.of_tables(
            pairs_of(some, preference, window_days, history_days, settings, feedback),
            item_sums,
            cutoff=past.cutoff,
            window_days=window_days,
            preference=preference,
        )
        parts.append(part)
    return _one_below_the_other(parts)


def _one_below_the_other(parts: list[Interactions]) -> Interactions:
    """Of parts with ascending listeners: all of them, with the items of all."""
    first, *others = parts
    if not others:
        return first
    item_ids = first.item_ids.append([part.item_ids for part in others]).unique().sort_values()
    places = [item_ids.get_indexer(part.item_ids).astype(np.int32) for part in parts]
    sums = {name: np.zeros(len(item_ids), dtype=np.int64) for name in ITEM_SUMS}
    for place, part in zip(places, parts, strict=True):
        for name, values in sums.items():
            values[place] = part.item_sums[name]
    histories = [
        part.histories.renumbered(place, len(item_ids))
        for place, part in zip(places, parts, strict=True)
    ]
    return replace(
        first,
        user_ids=first.user_ids.append([part.user_ids for part in others]),
        item_ids=item_ids,
        histories=Histories.one_below_the_other(histories),
        item_sums=pd.DataFrame(sums),
    )


def _numbered(ids: pa.ChunkedArray) -> tuple[pd.Index, NDArray[np.int64]]:
    """The ids in ascending order, and for each row the number of its id."""
    if ids.null_count:
        raise ContractError(
            f"{ids.null_count} ids are NULL", mend="leave rows without user or item out"
        )
    coded = ids.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.unify_dictionaries().combine_chunks()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return pd.Index(coded.dictionary.take(order).to_pandas()), number[coded.indices.to_numpy()]


def _age(pairs: pa.Table, cutoff: date) -> NDArray[np.float32]:
    if "last_played_age" in pairs.column_names:
        return pairs["last_played_age"].to_numpy().astype(np.float32)
    last_played = pairs["last_played"]
    days = last_played.cast(pa.date32()).cast(pa.int32()).fill_null(0).to_numpy()
    age = np.datetime64(cutoff, "D").astype(np.int64) - days
    is_played = last_played.is_valid().to_numpy(zero_copy_only=False)
    if (is_played & (age < 1)).any():
        raise ContractError(
            f"a last play is not before the cutoff {cutoff}",
            mend="pass what was known before the cutoff only",
        )
    return np.where(is_played, age, NEVER_PLAYED).astype(np.float32)


def _item_sums(sums: pa.Table, item: NDArray[np.int64], n_items: int) -> pd.DataFrame:
    if len(np.unique(item)) < len(item):
        raise ContractError("an item has two rows of sums", mend="pass one row per item_id")
    columns = {column: np.zeros(n_items, dtype=np.int64) for column in ITEM_SUMS}
    for column, values in columns.items():
        values[item] = sums[column].to_numpy()
    return pd.DataFrame(columns)
