"""The model's candidates, in the order that is good to look at as a list."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.lists._asked import Asked
from tenuto.lists._made import Made
from tenuto.lists._shown import REACH_DAYS, days_without
from tenuto.recommenders._context import ContextPrior
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.reranking import Candidates, Facts, Pairs, listener_numbers, promises_of, reranked

#: Candidates for each place of a list, and at least how many in all.
_PER_PLACE, _AT_LEAST = 3, 100
#: Goes before the others wherever somebody dislikes something.
_DAMPING = "damp_disliked"


class Reranker:
    """Members of reranking/ in their turns, each with its settings.

    Parameters
    ----------
    artists : by item_id, who sings; None unknown
    shown : ``user_id``, ``item_id`` and ``days_ago`` of what lists showed lately
    prior : what suits each device; None where that was of no help
    """

    def __init__(
        self,
        interactions: Interactions,
        settings: Mapping[str, Mapping[str, Any]],
        artists: pd.Series | None = None,
        shown: pd.DataFrame | None = None,
        prior: ContextPrior | None = None,
    ):
        self.prior = prior
        self.interactions, self.settings = interactions, dict(settings)
        self.popularity = interactions.listeners_per_item().astype(np.float64)
        self.artist = _artist_codes(interactions.item_ids, artists)
        self.shown = pd.DataFrame(columns=_SHOWN) if shown is None else shown
        self.vectors: csr_array | None = None

    def with_prior(self, prior: ContextPrior | None) -> Reranker:
        """The same, with what suits the moment."""
        other = copy(self)
        other.prior = prior
        return other

    def best(self, model: Recommender, asked: Asked, k: int, reason: str) -> Made:
        """The ``k`` best new songs of each; fewer only where a promise of the settings needs it."""
        settings = self._settings(asked)
        if not settings and self.prior is None:
            return Made.of(*model.rank(asked.histories, k, True), reason)
        found = self.candidates(model, asked, k)
        if self.prior is not None:
            numbers = [self.prior.number_of(name) for name in asked.device]
            found = self.prior.adjust(found, np.array(numbers, dtype=np.int64))
        moved = reranked(found, self._facts(asked, settings), k, settings).first(k)
        return Made.of(moved.item, moved.score, reason)

    def as_promised(self, made: Made, asked: Asked, k: int) -> Made:
        """The first ``k`` places of ``made`` that may be shown, whatever they are there for."""
        promises = promises_of(self.settings)
        if not promises:
            return made.first(k)
        place = np.arange(made.item.shape[1], dtype=np.float64)
        offered = Candidates(made.item, np.where(made.item >= 0, -place, np.nan))
        kept = reranked(offered, self._facts(asked, promises), k, promises).first(k).item
        row = np.arange(len(made))[:, None] * len(self.popularity)
        is_kept = (made.item >= 0) & np.isin(row + made.item, (row + kept)[kept >= 0])
        return made.ordered(np.where(is_kept, place, np.inf), k)

    def depth(self, k: int) -> int:
        """How many songs are looked at for lists of ``k``; more where yesterday's are left out."""
        left_out = min(days_without(self.settings), REACH_DAYS)
        return max(_PER_PLACE * k, _AT_LEAST) + int(left_out) * k

    def candidates(self, model: Recommender, asked: Asked, k: int) -> Candidates:
        """More than the ``k`` to be shown, as the model has them."""
        return Candidates(*model.rank(asked.histories, self.depth(k), True))

    def _settings(self, asked: Asked) -> dict[str, Mapping[str, Any]]:
        """As set, and what is disliked damps what is like it."""
        if (asked.histories.opinion < 0).any():
            return {_DAMPING: {}} | self.settings
        return self.settings

    def _facts(self, asked: Asked, settings: Mapping[str, Any]) -> Facts:
        histories = asked.histories
        needs_vectors = {_DAMPING, "diversity"} & set(settings)
        return Facts(
            popularity=self.popularity,
            artist=self.artist,
            vectors=self._vectors() if needs_vectors else None,
            n_shown=self._n_shown,
            heard=_pairs(histories),
            disliked=_pairs(histories.where(histories.opinion < 0)),
            shown=self._shown_to(asked),
            risk=asked.risk,
            listener=listener_numbers(asked.users),
            day=self.interactions.cutoff.toordinal() - _EPOCH,
        )

    def _vectors(self) -> csr_array:
        """Items by the listeners who like them."""
        if self.vectors is None:
            self.vectors = csr_array(self.interactions.histories.taste().T.tocsr())
        return self.vectors

    @cached_property
    def _n_shown(self) -> NDArray[np.float64]:
        """How often each item was shown lately, to anybody."""
        item = self._shown_items
        return np.bincount(item[item >= 0], minlength=len(self.popularity)).astype(np.float64)

    @cached_property
    def _shown_items(self) -> NDArray[np.int64]:
        """The items of ``shown`` by number; -1 where the models do not know one."""
        return self.interactions.item_ids.get_indexer(pd.Index(self.shown["item_id"]))

    def _shown_to(self, asked: Asked) -> Pairs:
        row = asked.users.get_indexer(pd.Index(self.shown["user_id"]))
        item = self._shown_items
        kept = np.flatnonzero((row >= 0) & (item >= 0))
        kept = kept[np.argsort(row[kept], kind="stable")]
        start = np.searchsorted(row[kept], np.arange(len(asked) + 1))
        days = self.shown["days_ago"].to_numpy(dtype=np.float64)[kept]
        return Pairs(start, item[kept].astype(np.int64), days)


_SHOWN = ["user_id", "item_id", "days_ago"]
_EPOCH = pd.Timestamp("1970-01-01").toordinal()


def _pairs(histories: Histories) -> Pairs:
    return Pairs(histories.start, histories.item.astype(np.int64))


def _artist_codes(item_ids: pd.Index, artists: pd.Series | None) -> NDArray[np.int32]:
    if artists is None:
        return np.full(len(item_ids), -1, dtype=np.int32)
    codes, _ = pd.factorize(artists[~artists.index.duplicated()].reindex(item_ids))
    return codes.astype(np.int32)
