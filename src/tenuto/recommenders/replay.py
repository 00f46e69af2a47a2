"""What the listener played before and is likeliest to want again: base-level activation of ACT-R.

Each play leaves a trace that fades with a power of its age, and traces add up: frequency and
recency in one number, B = ln(sum of age^-d). It knows only what was heard, so it finds nothing
new; with everything heard left out, its lists are empty.

Sources: Anderson & Schooler, "Reflections of the environment in memory", Psychological Science
1991; Reiter-Haas et al., "Predicting music relistening behavior using the ACT-R framework",
RecSys 2021; recommenders.md §3.2.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import SettingsError
from tenuto.recommenders._contract import Contributions, Ranked, Recommender
from tenuto.recommenders._histories import FORGETTING, Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import NEVER, nothing
from tenuto.recommenders._why import Names

LABEL = "Play it again"
NEEDS = ("user_item_days", "item_days")
COST = "fit 0.1 s; 60,000 lists from 6 million pairs 2.6 s of one core"
SPACE = {"decay": [0.0, 0.25, 0.5, 0.75], "popularity": [0.0, 0.05, 0.1, 0.2]}
#: It recommends only what the listener has heard.
DISCOVERS = False

# The cutoff of data that know an order and no days: see `interactions_of`.
NO_DATE = date(1970, 1, 1)


class Model(Recommender):
    """``score = 2 d ln(activation) + (1 - 2 d) ln(n_plays) + popularity ln(1 + n_listeners)``.

    Parameters
    ----------
    decay : d; a half is ACT-R's own, 0 counts plays and forgets their age. In between, and
        above, it is exact where all plays of an item have one age, and otherwise near
    popularity : what is popular in the window comes back a little sooner; mostly it settles
        the order of songs that were played once, one after the other
    """

    def __init__(self, decay: float = 0.5, popularity: float = 0.1):
        super().__init__(decay=decay, popularity=popularity)
        if decay < 0 or popularity < 0:
            raise SettingsError(
                f"decay is {decay} and popularity {popularity}", mend="use 0 or more for both"
            )
        self.decay, self.popularity = decay, popularity

    def _fit(self, interactions: Interactions) -> None:
        """Nothing to learn: all it needs is in the histories, and who else listens."""

    def _rank(self, histories: Histories, k: int, exclude_heard: bool) -> Ranked:
        items, scores = nothing(len(histories), k)
        if exclude_heard:
            return items, scores
        offered = histories.where((histories.n_plays > 0) & (histories.opinion >= 0))
        score, row = self._entry_scores(offered), offered.row_of_entry()
        order = np.lexsort((offered.item, -score, row))
        place = np.arange(len(order)) - offered.start[row[order]]
        order, place = order[place < k], place[place < k]
        items[row[order], place] = offered.item[order]
        scores[row[order], place] = score[order]
        return items, scores

    def _scores(self, histories: Histories) -> NDArray[np.float64]:
        scores = np.full((len(histories), histories.n_items), NEVER)
        scores[histories.row_of_entry(), histories.item] = self._entry_scores(histories)
        return scores

    def _contributions(self, histories: Histories, item: NDArray[np.int64]) -> Contributions:
        """All of it is the item's own."""
        is_it = histories.item == item[histories.row_of_entry()]
        heard = is_it & (histories.n_plays > 0)
        return np.where(heard, self._entry_scores(histories), 0.0), np.zeros(len(histories))

    def _explained(
        self, histories: Histories, item: NDArray[np.int64], names: Names
    ) -> pd.DataFrame:
        """How often it was played, and when last; the item itself is no cause of itself."""
        said = super()._explained(histories, item, names)
        is_it = histories.item == item[histories.row_of_entry()]
        entries = np.flatnonzero(is_it & (histories.n_plays > 0))
        has_days = self.cutoff is not None and self.cutoff > NO_DATE
        reasons = said["reason"].to_numpy(dtype=object, copy=True)
        for row, n_plays, age in zip(
            histories.row_of_entry()[entries].tolist(),
            histories.n_plays[entries].tolist(),
            histories.last_played_age[entries].tolist(),
            strict=True,
        ):
            reasons[row] = played(n_plays, age if has_days else None)
        return said.assign(reason=reasons)

    def _entry_scores(self, histories: Histories) -> NDArray[np.float64]:
        """One per entry; `NEVER` for what was saved or rated and not played."""
        is_played = histories.n_plays > 0
        n_plays = np.where(is_played, histories.n_plays, 1.0).astype(np.float64)
        fallback = n_plays * np.where(is_played, histories.last_played_age, 1.0) ** -FORGETTING
        activation = np.where(histories.activation > 0, histories.activation, fallback)
        recency = self.decay / FORGETTING
        score = recency * np.log(activation) + (1 - recency) * np.log(n_plays)
        score += self.popularity * np.log1p(self.n_listeners[histories.item])
        return np.where(is_played, score.astype(np.float32).astype(np.float64), NEVER)

    def _dump(self) -> dict[str, pa.Table]:
        return {}

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        """Users, items and histories are all there is."""


def played(n_plays: float, age_days: float | None) -> str:
    """``you played it 12 times, last 3 days ago``; ``age_days`` None where no day is known."""
    count = round(n_plays)
    often = {0: "once", 1: "once", 2: "twice"}.get(count, f"{count:,} times")
    if age_days is None:
        return f"you played it {often}"
    days = max(int(np.ceil(age_days)), 1)
    last = "" if count < 2 else "last "
    return f"you played it {often}, {last}{days:,} day{'' if days == 1 else 's'} ago"
