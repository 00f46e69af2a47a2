"""Hot now: liked by its listeners, played, downloaded and searched for.

S0 added a mean rating in 0..1 to three logarithms of counts, so that counts decided alone
(K50). Here each of the four terms is brought to one size before they are weighted and added. The
size is taken over the items that have any of it: over all items, most of which nobody searches
for, two searches came out 65 standard deviations up and made a song with two plays number
three of the week (seen on 2,000 made listeners). And the mean preference of an item with few
people behind it is drawn towards that of all. A window of 7 days is "hot this week", of 30
days "hot this month".

Source: S0-R1, S0-R2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto.errors import SettingsError
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.recommenders._one_list import OneList

LABEL = "Hot now"
NEEDS = ("user_item_days", "item_days")
COST = "fit 0.4 s for 20 million pairs, lists for 600,000 listeners 1 s (two cores)"

#: Equal weights, as S0 meant them; nothing has been learned about better ones (S0-W2).
EQUAL = {"preference": 1.0, "plays": 1.0, "downloads": 1.0, "searches": 1.0}


class Model(OneList):
    """The weighted sum of four terms of one size.

    Parameters
    ----------
    weights : term -> weight, at least 0; a term left out has weight 1
    shrinkage : as many imagined people with the mean preference of all items are added to
        those of each item. Arbitrary: 10 keeps a song with one fan out of the top.
    """

    def __init__(self, weights: Mapping[str, float] | None = None, shrinkage: float = 10):
        chosen = EQUAL | dict(weights or {})
        super().__init__(weights=chosen, shrinkage=shrinkage)
        odd = sorted(set(chosen) - set(EQUAL))
        if odd or min(chosen.values()) < 0 or shrinkage < 0:
            raise SettingsError(
                f"weights {dict(weights or {})} and shrinkage {shrinkage} cannot be used",
                mend=f"give {', '.join(EQUAL)} weights of 0 or more, and shrinkage 0 or more",
            )
        self.weights, self.shrinkage = chosen, shrinkage
        self.item_sums = pd.DataFrame(columns=list(ITEM_SUMS), dtype=np.int64)

    def _fit(self, interactions: Interactions) -> None:
        super()._fit(interactions)
        self.item_sums = interactions.item_sums

    def _dump(self) -> dict[str, pa.Table]:
        sums = pa.Table.from_pandas(self.item_sums, preserve_index=False)
        return super()._dump() | {"item_sums": sums}

    def _restore(self, tables: dict[str, pa.Table]) -> None:
        super()._restore(tables)
        self.item_sums = tables["item_sums"].to_pandas()

    def reason_of_item(self, item: int) -> str:
        deeds = {"played": "n_plays", "downloaded": "n_downloads", "searched for": "n_searches"}
        counts = {deed: int(self.item_sums[name].to_numpy()[item]) for deed, name in deeds.items()}
        said = [f"{deed} {_times(n)}" for deed, n in counts.items() if n > 0]
        return f"{', '.join(said) or 'known'} in the last {self.window_days} days"

    def _score_items(self, interactions: Interactions) -> np.ndarray:
        liked = shrunken_preference(interactions, self.shrinkage)
        terms = {"preference": liked}
        for name in ("plays", "downloads", "searches"):
            terms[name] = to_size(np.log1p(interactions.item_sums[f"n_{name}"].to_numpy()))
        total = sum(self.weights[name] * term for name, term in terms.items())
        is_of_the_window = np.asarray(interactions.item_sums.to_numpy() > 0).max(axis=1)
        is_of_the_window[interactions.recent().item] = True
        # Rounded, so that the order of additions cannot decide a tie.
        return np.where(is_of_the_window, np.round(total, 9), np.nan)


def shrunken_preference(interactions: Interactions, shrinkage: float) -> np.ndarray:
    """How far each item is liked above the mean, in units of what a listener usually meets.

    The mean over the item's people, with ``shrinkage`` more people at the mean of all, minus the
    mean of all, over the root mean square of that over all people. People are those who
    played, saved or rated the item; an item without any has 0.
    """
    histories = interactions.recent()
    n_items = len(interactions.item_ids)
    n_people = np.bincount(histories.item, minlength=n_items)
    total = np.bincount(histories.item, histories.preference, minlength=n_items)
    above = total - n_people * (total.sum() / n_people.sum())
    above = above / np.maximum(n_people + shrinkage, 1)
    # A spread of nothing but rounding is no spread.
    above[np.abs(above) < 1e-9] = 0
    spread = np.sqrt((n_people * above**2).sum() / n_people.sum())
    return above / spread if spread > 0 else above


def to_size(values: np.ndarray) -> np.ndarray:
    """``values`` over the root mean square of those above 0; 0 stays 0."""
    is_any = values > 0
    return values / np.sqrt((values[is_any] ** 2).mean()) if is_any.any() else values


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")
