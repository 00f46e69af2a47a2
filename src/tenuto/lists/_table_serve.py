"""A recommender of a plain table asked for one listener: of the fit, or with a history told now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from tenuto.errors import ContractError, UnknownName
from tenuto.lists._reasons import Named
from tenuto.lists._table_lists import DISCOVER, MIX, lists_of
from tenuto.lists._table_results import CARD_FILE, MODEL_FOLDER, NAMES_FILE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interchange_similar import usual_preference
from tenuto.saved import MANIFEST


@dataclass(frozen=True)
class Served:
    """One list. ``heard`` and ``unknown`` are items of the history, met or not by the model.

    songs : ``rank``, ``item_id``, ``title`` (None where it is not known), ``score``,
        ``reason_code``, ``reason``, ``because_1``, ``because_2``
    """

    model: str
    user_id: Any
    songs: list[dict[str, Any]]
    n_heard: int
    unknown: list[str]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Shop:
    """A loaded recommender and what its items are called."""

    model: Recommender
    names: Named

    @classmethod
    def open(cls, folder: Path | str) -> Shop:
        """What `write_pair_fit` left in ``folder``, or a recommender saved by itself.

        Raises
        ------
        ContractError : if there is none, or it was changed since
        """
        folder = Path(folder)
        if (folder / CARD_FILE).is_file():
            return cls(Recommender.load(folder / MODEL_FOLDER), _names(folder / NAMES_FILE))
        if (folder / MANIFEST).is_file():
            return cls(Recommender.load(folder), {})
        raise ContractError(
            f"{folder} holds no recommender (neither {CARD_FILE} nor {MANIFEST})",
            mend="tenuto recommend fit PAIRS --out FOLDER",
        )

    def for_user(self, user: str, k: int, *, include_heard: bool = False) -> Served:
        """The list of somebody in the table.

        Raises
        ------
        UnknownName : if nobody in it has that id
        """
        row, _ = _numbers(self.model.user_ids, [user])
        if not len(row):
            raise UnknownName(
                f"no user {user} among {len(self.model.user_ids):,} that the recommender knows, "
                f"such as {self.model.user_ids[0]}",
                mend="say what the user heard: --history ITEM,ITEM",
            )
        users = self.model.user_ids.take(row)
        histories = self.model.histories_of(users)
        return self._served(users, histories, k, include_heard, [])

    def for_history(self, items: list[str], k: int, *, include_heard: bool = False) -> Served:
        """The list of a newcomer who heard ``items``; each counts as much as is usual.

        Raises
        ------
        UnknownName : if the recommender has met none of them
        """
        item, unknown = _numbers(self.model.item_ids, items)
        if not len(item):
            raise UnknownName(
                f"the recommender has met none of {', '.join(items)}; it knows "
                f"{len(self.model.item_ids):,} items, such as {self.model.item_ids[0]}",
                mend="use ids of the table that it was made from",
            )
        one = np.ones(len(item))
        liked = usual_preference(self.model) * one
        histories = Histories.of_pairs(
            np.zeros(len(item)), item, liked, one, n_rows=1, n_items=len(self.model.item_ids)
        )
        users = pd.Index(["you"], dtype=object)
        return self._served(users, histories, k, include_heard, unknown)

    def _served(
        self,
        users: pd.Index,
        histories: Histories,
        k: int,
        include_heard: bool,
        unknown: list[str],
    ) -> Served:
        if k < 1:
            raise ContractError(f"k is {k}", mend="ask for at least one item")
        which = [MIX if include_heard else DISCOVER]
        table = lists_of(self.model, users, histories, k, which, self.names)
        table.insert(3, "title", [self.names.get(item) for item in table["item_id"]])
        songs = table.drop(columns=["user_id", "list"]).to_dict("records")
        return Served(
            self.model.name(),
            users.tolist()[0],
            [{str(name): value for name, value in song.items()} for song in songs],
            len(histories.item),
            unknown,
        )


def _numbers(ids: pd.Index, said: list[str]) -> tuple[np.ndarray, list[str]]:
    """The places of ids that were written as text, each once, and those that there are not."""
    texts = list(dict.fromkeys(one.strip() for one in said))
    known = [one for one in texts if one]
    if pd.api.types.is_integer_dtype(ids):
        # A text that is no number is nobody's.
        wanted = pd.Index([int(one) if one.lstrip("-").isdecimal() else None for one in known])
    else:
        wanted = pd.Index(known)
    place = ids.get_indexer(wanted) if len(known) else np.empty(0, dtype=np.int64)
    missing = [one for one, at in zip(known, place, strict=True) if at < 0]
    return place[place >= 0], missing


def _names(file: Path) -> Named:
    if not file.is_file():
        return {}
    table = pq.read_table(file)
    return dict(zip(table["item_id"].to_pylist(), table["name"].to_pylist(), strict=True))
