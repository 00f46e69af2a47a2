"""Lists and recommenders held against each other: how accurate they are, and how broad.

Everything is fitted on what was known before the cutoff and judged by what was played after it;
the accuracy is `tenuto.recommenders`' forward judge, with the baselines that are always there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.errors import NotEnoughData
from tenuto.evaluation.breadth import breadth
from tenuto.evaluation.overlap import overlap_at_k
from tenuto.lists._judged import TARGETS_OF, Hits, contestants_of
from tenuto.lists._lister import Lister
from tenuto.recommenders import CATALOGUE, usual_recommenders
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._judge import Future, Lists, judge_lists, lists_by_target


@dataclass(frozen=True)
class ListComparison:
    """What came of it.

    cutoff : that the lists were made at
    accuracy : records of `judge`, as a table
    breadth : ``target``, ``recommender``, ``metric``, ``value``, ``n_users``
    overlap : ``target``, ``first``, ``second``, ``shared``, ``jaccard``
    """

    cutoff: date
    k: int
    n_users: int
    accuracy: pd.DataFrame
    breadth: pd.DataFrame
    overlap: pd.DataFrame

    def write(self, folder: Path) -> None:
        """Three tables, as CSV."""
        for name in ("accuracy", "breadth", "overlap"):
            getattr(self, name).to_csv(folder / f"{name}.csv", index=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "cutoff": self.cutoff.isoformat(),
            "k": self.k,
            "n_users": self.n_users,
            "accuracy": self.accuracy.to_dict("records"),
            "breadth": self.breadth.to_dict("records"),
        }


def compare_lists(
    lister: Lister,
    cutoff: date,
    names: Sequence[str] = (),
    *,
    k: int = 20,
    told: Callable[[str, int, int], None] | None = None,
) -> ListComparison:
    """``names`` of recommenders, by default the usual ones, beside the lists and the baselines.

    Raises
    ------
    NotEnoughData : if nobody with a history was heard from after the latest cutoff up to
        ``cutoff`` whose outcome is in the log, or there is no such cutoff
    UnknownName : if there is no such recommender
    """
    judged_at = lister.judged_at(cutoff)
    if judged_at is None:
        raise NotEnoughData(
            f"the log ends less than {lister.horizon_days} days after its first day",
            mend="compare lists on a longer log, or set a shorter churn.horizon_days",
        )
    rng = np.random.default_rng([lister.random_state, 11])
    desk = lister.desk(judged_at, is_whole=False)
    came = Future.of(desk.interactions, lister.played_after(judged_at), rng)
    known = desk.asked(came.users)
    contestants = contestants_of(desk, known, Hits.of(desk, known, came))
    asked = list(names) or usual_recommenders()
    for name in asked:
        CATALOGUE.get(name)
    tell = told or (lambda *_: None)
    fits = lister.fitted(asked, desk)
    for number, name in enumerate(asked):
        tell(f"fitting {name}", number, len(asked) + 1)
        contestants[name] = next(fits).rank
    tell("judging", len(asked), len(asked) + 1)
    interactions = desk.interactions
    lists = lists_by_target(interactions, came, contestants, k=k, only=TARGETS_OF)
    records = judge_lists(interactions, came, lists, rng, k=k)
    broad, shared = _breadth(interactions, came, lists, k, lister.items)
    return ListComparison(judged_at, k, len(came.users), pd.DataFrame(records), broad, shared)


def _breadth(
    interactions: Interactions, came: Future, lists: Lists, k: int, items: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What lists that may repeat, and lists that never do, show of the catalogue."""
    histories = interactions.histories.take(interactions.user_ids.get_indexer(came.users))
    heard = pd.DataFrame(
        {
            "user_id": came.users.take(histories.row_of_entry()),
            "item_id": interactions.item_ids.take(histories.item),
        }
    )
    listeners = pd.Series(interactions.listeners_per_item(), index=interactions.item_ids)
    artists = items.drop_duplicates("item_id").set_index("item_id")["artist"]
    broad, shared = [], []
    for target in ("all", "new"):
        for name, table in lists[target].items():
            found = breadth(
                table,
                heard,
                listeners,
                k,
                artists=artists.reindex(interactions.item_ids),
                relevant=came.pairs[target],
                n_listeners=len(interactions.user_ids),
            )
            broad.append(found.assign(target=target, recommender=name))
        shared.append(overlap_at_k(lists[target], k).assign(target=target))
    columns = ["target", "recommender", "metric", "value", "n_users"]
    return pd.concat(broad)[columns], pd.concat(shared, ignore_index=True)
