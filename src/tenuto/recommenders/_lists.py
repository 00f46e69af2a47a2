"""A list for every listener, down a ladder: what each rung needs, the next one does without.

    discover            5 items or more in the window: each recommender's list, hiding what
                        the listener already heard
    popular_on_device   fewer, and the device is known: most listeners among users of that
                        device, then of all
    popular             neither: most listeners of all

The lower rungs hide what was heard, too. "5 or more" is what the earlier projects did, whatever
they wrote (K35).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto import timeline
from tenuto.errors import ContractError
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._devices import usual_devices
from tenuto.recommenders._interactions import Interactions, interactions_before
from tenuto.recommenders._one_list import top_unheard
from tenuto.recommenders._rectangles import lists_of
from tenuto.timeline import Past

RUNGS = ("discover", "popular_on_device", "popular")
POPULARITY = "popularity"


def recommend_everyone(
    past: Past,
    preference: str,
    recommenders: Sequence[str],
    k: int,
    min_items: int = 5,
    *,
    window_days: int = 30,
) -> pd.DataFrame:
    """Lists for every listener seen before the cutoff, however long ago.

    Parameters
    ----------
    recommenders : names of members; a listener on the top rung gets a list from each
    min_items : distinct items in the window that a listener needs for the top rung

    Returns
    -------
    DataFrame : ``user_id``, ``list`` (the recommender it is from; "popularity" on the lower
        rungs), ``reason_code`` (the rung), ``rank`` from 1, ``item_id``, ``score``; users
        ascending, then lists in the order asked. Scores compare within one list only.
    """
    ladder = Ladder(past, preference, recommenders, min_items, window_days)
    return pd.concat(ladder.lists(k), ignore_index=True)


class Ladder:
    """The recommenders of every rung, fitted, and the listeners they are for."""

    def __init__(
        self,
        past: Past,
        preference: str,
        recommenders: Sequence[str],
        min_items: int = 5,
        window_days: int = 30,
    ):
        if not recommenders or len(set(recommenders)) < len(recommenders):
            raise ContractError(
                f"recommenders are {list(recommenders)}", mend="name at least one, each once"
            )
        self.interactions = interactions_before(past, preference, window_days)
        # Popularity is what the lower rungs are made of, asked for or not.
        models = {name: CATALOGUE.get(name).Model() for name in [*recommenders, POPULARITY]}
        self.models: dict[str, Recommender] = {
            name: model.fit(self.interactions) for name, model in models.items()
        }
        self.names = list(recommenders)
        self.user_ids = _listeners(past)
        self._row = self.interactions.user_ids.get_indexer(self.user_ids)
        self._device = usual_devices(past, window_days)
        self._is_warm = self._n_items() >= min_items
        self._orders = _orders_by_device(self.interactions, self._device)

    def lists(self, k: int, chunk_users: int = 50_000) -> Iterator[pd.DataFrame]:
        """The rows of `recommend_everyone`, so many listeners at a time."""
        for first in range(0, len(self.user_ids), chunk_users):
            rows = np.arange(first, min(first + chunk_users, len(self.user_ids)))
            warm, cold = rows[self._is_warm[rows]], rows[~self._is_warm[rows]]
            parts = [self._discover(name, warm, k) for name in self.names]
            chunk = pd.concat([*parts, *self._popular(cold, k)], ignore_index=True)
            yield chunk.sort_values("user_id", kind="stable", ignore_index=True)

    def _discover(self, name: str, rows: NDArray[np.int64], k: int) -> pd.DataFrame:
        found = self.models[name].recommend(self.user_ids[rows], k, exclude_heard=True)
        return self._labelled(found, name, "discover")

    def _popular(self, rows: NDArray[np.int64], k: int) -> Iterator[pd.DataFrame]:
        device = self._device.reindex(self.user_ids[rows]).to_numpy()
        for name, (order, score) in self._orders.items():
            asked = rows[pd.isna(device) if name is None else device == name]
            histories = self.interactions.histories.take(self._row[asked])
            item = top_unheard(order, histories, k)
            found = lists_of(
                self.user_ids[asked], self.interactions.item_ids, item, score[item].astype(float)
            )
            rung = "popular" if name is None else "popular_on_device"
            yield self._labelled(found, POPULARITY, rung)

    def _labelled(self, lists: pd.DataFrame, name: str, rung: str) -> pd.DataFrame:
        names = list(dict.fromkeys([*self.names, POPULARITY]))
        lists.insert(1, "list", _constant(name, names, len(lists)))
        lists.insert(2, "reason_code", _constant(rung, RUNGS, len(lists)))
        return lists

    def _n_items(self) -> NDArray[np.int64]:
        # -1, the last one, is for whoever has no history.
        return np.append(self.interactions.recent().lengths(), 0)[self._row]


def _constant(value: str, categories: Sequence[str], n: int) -> pd.Series:
    """One value for all rows; a byte each, where text would take most of the table."""
    kind = pd.CategoricalDtype(list(categories))
    code = np.full(n, list(categories).index(value))
    return pd.Series(pd.Categorical.from_codes(code, dtype=kind))


def _listeners(past: Past) -> pd.Index:
    seen = timeline.listeners(past)
    seen = seen.filter(seen.days_since_cancelled.isnull()).select("user_id").order_by("user_id")
    return pd.Index(past.engine.to_arrow(seen)["user_id"].to_pandas(), name=None)


def _orders_by_device(
    interactions: Interactions, device: pd.Series
) -> dict[str | None, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Device -> items in order, and listeners on it by item number; None is all devices.

    Items that nobody on the device played follow in the order of all, so that a rare device
    still fills its list.
    """
    overall = interactions.listeners_per_item()
    of_user = device.reindex(interactions.user_ids).to_numpy()
    orders: dict[str | None, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for name in [*sorted(device.unique()), None]:
        rows = None if name is None else of_user == name
        here = interactions.listeners_per_item(rows)
        order = np.lexsort((np.arange(len(here)), -overall, -here))
        orders[name] = order[overall[order] > 0], here
    return orders
