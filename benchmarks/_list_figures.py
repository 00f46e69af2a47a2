"""The figures of one recommender's lists, per user and of all lists, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenuto.evaluation.breadth import breadth
from tenuto.evaluation.draws import bootstrap_means
from tenuto.evaluation.ranking import metrics_per_user
from tenuto.recommenders._interactions import Interactions

#: Users are drawn with this seed, the same for every row, so that differences are paired.
DRAWS_SEED = 7
N_DRAWS = 1_000
BREADTH_K = 10


@dataclass(frozen=True)
class Asked:
    """What is looked for.

    figures : those wanted: "ndcg@100", "recall@10", …
    catalogue : items that coverage and the top 1 % are of, those that nobody has in what is known
        among them, as in recommenders.md §5.1; the known ones, unless given
    """

    interactions: Interactions
    relevant: pd.DataFrame
    figures: Sequence[str]
    catalogue: pd.Index | None = None

    @property
    def users(self) -> pd.Index:
        return pd.Index(self.relevant["user_id"].unique()).sort_values()


def per_user(lists: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """One row per user with something to be found, one column per figure."""
    cuts = sorted({int(figure.partition("@")[2]) for figure in asked.figures})
    at = {k: metrics_per_user(lists, asked.relevant, k) for k in cuts}
    columns = {}
    for figure in asked.figures:
        name, _, k = figure.partition("@")
        columns[figure] = at[int(k)][name]
    return pd.DataFrame(columns)


def broad(lists: pd.DataFrame, asked: Asked, k: int = BREADTH_K) -> dict[str, float]:
    """Of the top ``k``: coverage, share of the top 1 %, novelty in bits, share of repeats."""
    known = asked.interactions
    histories = known.histories
    heard = pd.DataFrame(
        {
            "user_id": known.user_ids.take(histories.row_of_entry()),
            "item_id": known.item_ids.take(histories.item),
        }
    )
    popularity = pd.Series(known.listeners_per_item(), index=known.item_ids)
    if asked.catalogue is not None:
        popularity = popularity.reindex(asked.catalogue, fill_value=0)
    table = breadth(lists, heard, popularity, k, n_listeners=len(known.user_ids))
    found = table.set_index("metric")["value"]
    wanted = ("coverage", "popularity_share", "novelty", "repeat_share")
    return {name: float(found[name]) for name in wanted}


def sure(figures: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The mean of each column over users, with the 95 % interval from drawing users again."""
    return _table(bootstrap_means(figures, np.random.default_rng(DRAWS_SEED), n_draws=N_DRAWS))


def gaps(
    figures: Mapping[str, pd.DataFrame], minus: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Paired differences: the first of each pair of rows minus the second, user by user."""
    found = []
    for ours, theirs in minus:
        if ours in figures and theirs in figures:
            gap = sure(figures[ours] - figures[theirs])
            found.append({"row": ours, "minus": theirs, "figures": gap})
    return found


def _table(found: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {
        str(figure): {name: round(float(row[name]), 6) for name in ("value", "low", "high")}
        for figure, row in found.iterrows()
    }
