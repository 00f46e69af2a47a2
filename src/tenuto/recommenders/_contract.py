"""What every recommender promises: fit, recommend, fold in, explain, save, load."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders._change import Change
from tenuto.recommenders._histories import ENTRY_COLUMNS, NEVER_PLAYED, Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import lists_of
from tenuto.recommenders._saving import read_recommender, write_recommender
from tenuto.recommenders._why import Names, explained

#: Items and scores, both (listeners, k).
Ranked = tuple[NDArray[np.int64], NDArray[np.float64]]
#: One number per entry of the histories, and one per listener for what no entry explains.
Contributions = tuple[NDArray[np.float64], NDArray[np.float64]]


class Recommender(ABC):
    """Lists of items for listeners.

    A member writes `_fit`, `_rank`, `_scores`, `_dump` and `_restore`, and `_contributions`
    where a score is a sum over the listener's items. It ranks for histories, never for names:
    so a listener met after the fit is served like any other, by `recommend_new`. ``settings``
    are the keywords of its ``__init__``, kept as they are in the saved manifest, so they must
    be plain JSON values.
    """

    #: Listeners ranked at once. A member that scores every item for each of them takes fewer.
    chunk_users: ClassVar[int] = 50_000

    def __init__(self, **settings: Any):
        self.settings = settings
        self.cutoff: date | None = None
        self.preference = ""
        self.window_days = 0
        self.user_ids, self.item_ids = pd.Index([]), pd.Index([])
        self.n_listeners: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.histories: Histories | None = None
        #: What a search of its settings came to; None where there was none.
        self.tuning: dict[str, Any] | None = None

    @classmethod
    def name(cls) -> str:
        """Its name in the catalogue and on the command line."""
        return cls.__module__.rpartition(".")[2]

    def fit(self, interactions: Interactions) -> Self:
        """Learn from interactions; whoever is in them can be served by id.

        Raises
        ------
        NotEnoughData : if nobody did anything with any item
        """
        return self.fit_from(interactions, interactions)

    def fit_from(self, learners: Interactions, interactions: Interactions) -> Self:
        """As `fit`, but what is known of items is learned from some of the listeners alone.

        ``learners`` are part of ``interactions``, with the same items.
        """
        if len(interactions.histories.item) == 0:
            raise NotEnoughData(
                f"nobody played anything in the {interactions.window_days} days before "
                f"{interactions.cutoff}",
                mend="take another cutoff or a longer window",
            )
        self._take_over(interactions)
        self._fit(learners)
        return self

    def update(self, interactions: Interactions, changed_items=()) -> Self:
        """Take over a day's news without a refit.

        Listeners and their histories are taken over whole, so that everybody's lists know all
        that is in them. What is known of the items is learned anew for those in
        ``changed_items`` and for new ones only, as far as the recommender can do so; one whose
        fit is quick is fitted, which is exact. Without a change it stays as it is, byte by byte.

        Parameters
        ----------
        interactions : everything known now, not what is new in it
        changed_items : ids of the items that somebody played, saved or rated since the last fit
            or update, and of those of which such a deed has left the window

        Raises
        ------
        ContractError : if it was not fitted, or on another preference
        """
        self._known()
        if interactions.preference != self.preference:
            raise ContractError(
                f"'{self.name()}' knows '{self.preference}', not '{interactions.preference}'",
                mend="fit it on the other preference",
            )
        change = Change.between(self.item_ids, interactions.item_ids, changed_items)
        self._take_over(interactions)
        self._update(interactions, change)
        return self

    def recommend(self, user_ids, k: int, *, exclude_heard: bool) -> pd.DataFrame:
        """The top ``k`` of each user: ``user_id``, ``rank`` from 1, ``item_id``, ``score``.

        Users in the order asked, ranks ascending, each item at most once. A user not seen in
        the window is treated as one without a history. A list is shorter than ``k`` where the
        items run out, and absent where there is nothing to say.

        Parameters
        ----------
        exclude_heard : leave out everything in the user's history: played, saved or rated,
            however long ago. What the user dislikes is left out in any case.

        Raises
        ------
        ContractError : if it was not fitted, ``k`` is below 1, or a user is asked for twice
        """
        users = pd.Index(user_ids)
        return self._lists(users, self.histories_of(users), k, exclude_heard)

    def recommend_new(self, pairs: pd.DataFrame, k: int, *, exclude_heard: bool) -> pd.DataFrame:
        """As `recommend`, for the histories in ``pairs``, of listeners known or not.

        Parameters
        ----------
        pairs : one row per ``user_id`` and ``item_id``, with ``preference`` and, where known,
            ``last_played_age`` in days (1 is the day before the cutoff), ``n_plays``,
            ``activation`` and ``opinion`` (see `Histories`); a user's whole history, not what
            is new in it. Items the recommender has not met are ignored.

        Raises
        ------
        ContractError : also if a pair is there twice
        """
        users = pd.Index(pairs["user_id"].unique())
        return self._lists(users, self.histories_in(pairs, users), k, exclude_heard)

    def explain(
        self, lists: pd.DataFrame, *, pairs: pd.DataFrame | None = None, names: Names | None = None
    ) -> pd.DataFrame:
        """Why each row of ``lists`` is there.

        Parameters
        ----------
        pairs : the histories, as for `recommend_new`; without them, those of the fit
        names : what to call items in a reason; without a name an item is called by its id

        Returns
        -------
        DataFrame, rows as ``lists``: ``user_id``, ``item_id``, ``reason`` (a sentence about
        facts; None for an item the recommender has not met), and ``because_1``, ``because_2``
        (the listener's items that lifted the score most, None where none did) with
        ``share_1``, ``share_2`` (of all that lifted it, 0 to 1)
        """
        users = pd.Index(lists["user_id"].unique())
        histories = self.histories_of(users) if pairs is None else self.histories_in(pairs, users)
        item = self.item_ids.get_indexer(pd.Index(lists["item_id"]))
        row = users.get_indexer(pd.Index(lists["user_id"]))
        met = np.flatnonzero(item >= 0)
        said = self._explained(histories.take(row[met]), item[met], names or {})
        said = said.set_axis(lists.index[met]).reindex(lists.index)
        said = said.astype(object).where(said.notna(), None)
        return pd.concat([lists[["user_id", "item_id"]], said], axis=1)

    def rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        """Item numbers and scores of each row, best first, filled up with -1 and NaN."""
        self._known()
        return self._rank(histories, k, exclude_heard)

    def scores(self, histories: Histories) -> NDArray[np.float64]:
        """Every item's score for each row, -inf where it is never recommended.

        Shape (listeners, items): for small numbers of listeners.
        """
        self._known()
        return self._scores(histories)

    def contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        """How much each entry of a history adds to the score of one item a row, and the rest.

        The entries of row r and its rest add up to the score of ``item[r]``. Where a score is
        not a sum over the listener's items, all of it is rest.
        """
        self._known()
        return self._contributions(histories, item)

    def histories_of(self, users: pd.Index) -> Histories:
        """Of the fit, in the order asked; without entries where a user was not there."""
        rows = self.user_ids.get_indexer(users) if len(users) else np.empty(0, dtype=np.int64)
        return self._known().take(rows)

    def histories_in(self, pairs: pd.DataFrame, users: pd.Index) -> Histories:
        """Of a table as for `recommend_new`, one row per user of ``users``."""
        self._known()
        item = self.item_ids.get_indexer(pd.Index(pairs["item_id"]))
        row = users.get_indexer(pd.Index(pairs["user_id"]))
        met = (item >= 0) & (row >= 0)
        columns = [name for name in ENTRY_COLUMNS if name in pairs and name != "item"]
        known: dict[str, Any] = {name: pairs[name].to_numpy()[met] for name in columns}
        known.setdefault("last_played_age", np.full(met.sum(), NEVER_PLAYED))
        return Histories.of_pairs(
            row[met], item[met], **known, n_rows=len(users), n_items=len(self.item_ids)
        )

    def save(self, folder: Path | str) -> str:
        """Write to ``folder``, replacing a recommender there; the digest of its manifest.

        The same fit gives the same bytes, so the digest names the recommender.
        """
        return write_recommender(self, Path(folder))

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """A saved recommender, of whatever kind it is; nothing in the folder is executed.

        Raises
        ------
        ContractError : if a file is missing, added or changed, or it is of a kind other
            than the class asked
        """
        return read_recommender(Path(folder), cls)

    @abstractmethod
    def _fit(self, interactions: Interactions) -> None:
        """Learn; there is at least one pair."""

    def _update(self, interactions: Interactions, change: Change) -> None:
        """Learn of what has changed; users, items and histories have been taken over.

        A member whose fit is not quick overrides it.
        """
        self._fit(interactions)

    @abstractmethod
    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        """Item numbers and scores, both (listeners, k), best first.

        A list that ends early is filled up with item -1. Ties go to the lower item number.
        """

    @abstractmethod
    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        """(listeners, items); `NEVER` for what is never recommended."""

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        """See `contributions`; a member whose score is a sum overrides it."""
        rows = np.arange(len(histories))
        rest = [self._scores(histories.take([row]))[0, item[row]] for row in rows]
        return np.zeros(len(histories.item)), np.array(rest, dtype=np.float64)

    def _explained(
        self, histories: Histories, item: NDArray[np.int64], names: Names
    ) -> pd.DataFrame:
        """Reasons for one item a row; a member made of others lets one of them speak."""
        return explained(self, histories, item, names)

    @abstractmethod
    def _dump(self) -> dict[str, pa.Table]:
        """Name -> table; the same bytes for the same fit. Not users, items or histories."""

    @abstractmethod
    def _restore(self, tables: dict[str, pa.Table]) -> None:
        """Undo `_dump`; tables are as written, but one may be missing (KeyError)."""

    def reason_of_item(self, item: int) -> str:
        """What is true of the item for everybody: who else listens."""
        people = f"heard by {_listeners(self.n_listeners[item])}"
        # A table without time is one day long.
        return f"{people} in the last {self.window_days} days" if self.window_days > 1 else people

    def _take_over(self, interactions: Interactions) -> None:
        self.cutoff, self.window_days = interactions.cutoff, interactions.window_days
        self.preference = interactions.preference
        self.user_ids, self.item_ids = interactions.user_ids, interactions.item_ids
        self.n_listeners = interactions.listeners_per_item()
        self.histories = interactions.histories

    def _lists(
        self, users: pd.Index, histories: Histories, k: int, exclude_heard: bool
    ) -> pd.DataFrame:
        if k < 1:
            raise ContractError(f"k is {k}", mend="ask for at least one item per list")
        if not users.is_unique:
            raise ContractError(
                f"user {users[users.duplicated()][0]} is asked for twice",
                mend="pass each user once",
            )
        parts = []
        for first in range(0, max(len(users), 1), self.chunk_users):
            rows = np.arange(first, min(first + self.chunk_users, len(users)))
            item, score = self._rank(histories.take(rows), k, exclude_heard)
            parts.append(lists_of(users[rows], self.item_ids, item, score))
        return pd.concat(parts, ignore_index=True)

    def _known(self) -> Histories:
        if self.histories is None:
            raise ContractError(
                f"'{self.name()}' was not fitted", mend="call fit, or load a saved recommender"
            )
        return self.histories


def _listeners(n: int) -> str:
    return f"{n:,} listener{'' if n == 1 else 's'}"
