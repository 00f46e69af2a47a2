"""One setting of one member tried on a share of the listeners, and measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tenuto.evaluation.ranking import ndcg_at_k
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit, part_of
from tenuto.recommenders._rectangles import lists_of
from tenuto.recommenders._tune_choice import Trial
from tenuto.search.budget import Budget
from tenuto.search.halving import THIRD

#: The shares of the listeners on the rungs.
SHARES = (1 / THIRD**2, 1 / THIRD, 1.0)
#: A rung of fewer listeners, or of fewer entries, ranks settings otherwise than all would.
MIN_LISTENERS, MIN_ENTRIES = 2_000, 100_000
#: The mean is known to 0.005 then, and a difference of two settings far better (hetrec-lastfm: to
#: 0.001); ranking more takes longer than learning does.
MAX_VALIDATED = 2_000
# Fits differ in time from one to the next, on a machine that does other things too.
_MARGIN = 1.2


class Trials:
    """Tries the settings in ``drawn``; every trial with the same listeners.

    What differs between two trials is then what was set, not who was drawn. Validated are
    listeners of all rungs alike: whoever is not learned from is served from the history, as a
    new listener would be.

    rungs : how many listeners are learned from, on each
    on_last_rung : number of a trial -> NDCG of each listener validated on
    """

    def __init__(
        self,
        name: str,
        inner: InnerSplit,
        drawn: Sequence[dict[str, Any]],
        budget: Budget,
        random_state: int,
        k: int,
        n_entries: int | None = None,
    ):
        self.name, self.inner, self.drawn, self.budget, self.k = name, inner, drawn, budget, k
        self.n_entries = n_entries or len(inner.train.histories.item)
        rng = np.random.default_rng([random_state, 41])
        self._order = rng.permutation(len(inner.train.user_ids))
        self.users = _validated(inner.relevant, rng)
        self.relevant = inner.relevant[inner.relevant["user_id"].isin(self.users)]
        rows = inner.train.user_ids.get_indexer(self.users)
        self.histories = inner.train.histories.take(rows)
        self.rungs = rungs(len(inner.train.user_ids), len(inner.train.histories.item))
        self.on_last_rung: dict[int, pd.Series] = {}
        self._final_s = 0.0

    def try_out(self, number: int, rung: int) -> Trial:
        """Fit and measure one; of the budget, enough is kept back for the fit afterwards."""
        began_s = self.budget.now_s()
        rows = np.sort(self._order[: self.rungs[rung]])
        train = part_of(self.inner.train, rows)
        model = CATALOGUE.get(self.name).Model(**self.drawn[number]).fit(train)
        fit_s = self.budget.now_s() - began_s
        ndcg = self._ndcg(model)
        self._keep_back(fit_s, len(train.histories.item), self.budget.now_s() - began_s, rung)
        if rung == len(self.rungs) - 1:
            self.on_last_rung[number] = ndcg
        return Trial(number, rung, self.drawn[number], len(rows), float(ndcg.mean()))

    def _ndcg(self, model: Recommender) -> pd.Series:
        hides = self.inner.target == "new"
        item, score = model.rank(self.histories, self.k, hides)
        lists = lists_of(self.users, model.item_ids, item, score)
        return ndcg_at_k(lists, self.relevant, self.k)

    def _keep_back(self, fit_s: float, n_entries: int, trial_s: float, rung: int) -> None:
        """Time for the dearest fit so far, of all entries; and for a trial that is as dear."""
        final_s = _MARGIN * fit_s * self.n_entries / max(n_entries, 1)
        is_last = rung == len(self.rungs) - 1
        self._final_s = max(self._final_s, final_s + (trial_s if is_last else 0.0))
        self.budget.keep_back(self._final_s)


def rungs(n_listeners: int, n_entries: int) -> list[int]:
    """Listeners to learn from on each rung; rungs too small to say anything are left out."""
    each = n_entries / max(n_listeners, 1)
    partly = [math.ceil(share * n_listeners) for share in SHARES[:-1]]
    enough = [n for n in partly if n >= MIN_LISTENERS and n * each >= MIN_ENTRIES]
    return [*enough, n_listeners]


def _validated(relevant: pd.DataFrame, rng: np.random.Generator) -> pd.Index:
    users = pd.Index(relevant["user_id"].unique()).sort_values()
    if len(users) <= MAX_VALIDATED:
        return users
    return users.take(np.sort(rng.choice(len(users), MAX_VALIDATED, replace=False)))
