"""Whom the benchmarks of recommenders compare: members, settings, and which of them are searched.

A row without ``settings`` has the member's defaults. Settings of a row that is ``is_tuned`` are
searched on the inner split, never on what is asked for in the end; so are the weights of a blend
and the trees of a ranker, whose own members have the settings found for them in their rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._tune import fit_tuned, tuned
from tenuto.search.budget import Budget
from tenuto.search.space import space_of

SEED = 0
N_TRIALS = 27
#: What somebody waits for who sets nothing.
BUDGET_S = 60.0
#: They learn from the lists of other members, on the inner split.
ENSEMBLES = ("blend", "ranker")
Settings = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of a table.

    said : what it is called there
    member : of the catalogue of recommenders
    is_tuned : settings beyond ``settings`` are searched on the inner split
    members : of a blend or a ranker; its own, if none is named
    is_zero_configuration : everything is left to `fit_tuned` and its minute
    """

    said: str
    member: str
    settings: Settings = field(default_factory=dict)
    is_tuned: bool = False
    members: tuple[str, ...] = ()
    is_zero_configuration: bool = False


#: Of a blend where there is no time: nobody knows what was played last, or next.
TIMELESS = ("als", "ease", "ials", "item_knn", "rp3beta")
AS_SEEDS = {"embedding_size": 20, "weighting": "linear"}
SEEDS_BLEND = "seeds' blend 0.2 / 0.2 / 0.6"
ZERO = "zero configuration"
#: recommenders.md §5.1, from members of our own.
COUNTS: tuple[Row, ...] = (
    Row("popularity", "popularity"),
    Row("NMF, raw counts (as seeds)", "nmf", AS_SEEDS),
    Row("SVD, raw counts (as seeds)", "svd", AS_SEEDS),
    Row("nmf", "nmf", is_tuned=True),
    Row("svd", "svd", is_tuned=True),
    Row(SEEDS_BLEND, "blend", {"recipe": "seeds"}),
    Row("bpr", "bpr", is_tuned=True),
    Row("rp3beta", "rp3beta", is_tuned=True),
    Row("item_knn", "item_knn", is_tuned=True),
    Row("ease", "ease", is_tuned=True),
    Row("als", "als", is_tuned=True),
    Row("ials", "ials", is_tuned=True),
    Row("ranker", "ranker", members=TIMELESS),
    Row("blend", "blend", members=TIMELESS),
    Row(ZERO, "blend", is_zero_configuration=True),
)
#: recommenders.md §5.4.
RATINGS = tuple(row for row in COUNTS if not row.settings and row.member != "ranker")


@dataclass(frozen=True)
class Fitted:
    """A recommender and the seconds its fit took."""

    recommender: Recommender
    fit_s: float


def chosen_settings(
    rows: Sequence[Row], inner: InnerSplit, n_trials: int
) -> dict[str, tuple[Settings, float]]:
    """By row: what it is set to, and the seconds of the search."""
    found: dict[str, tuple[Settings, float]] = {}
    for row in rows:
        search_s = 0.0
        settings = dict(row.settings)
        if row.is_tuned and space_of(CATALOGUE, row.member):
            best, search_s = clocked(lambda row=row: _searched(row, inner, n_trials))
            settings |= best
        found[row.said] = settings, search_s
    return found


def fitted(row: Row, known: Interactions, settings: Settings, inner: InnerSplit) -> Fitted:
    """The row's recommender, learned from ``known``."""
    if row.is_zero_configuration:
        return Fitted(
            *clocked(lambda: fit_tuned(row.member, known, budget_s=BUDGET_S, random_state=SEED))
        )
    model = CATALOGUE.get(row.member).Model(**settings)
    if row.member in ENSEMBLES:
        return Fitted(*clocked(lambda: model.fit(known, inner)))
    return Fitted(*clocked(lambda: model.fit(known)))


def with_members(row: Row, settings: Settings, found: Mapping[str, Any]) -> Settings:
    """For a blend or ranker: its members with the settings that were found for them."""
    if row.member not in ENSEMBLES or row.is_zero_configuration or settings:
        return settings
    names = row.members or CATALOGUE.get(row.member).Model().settings["members"]
    return {"members": {name: found[name][0] if name in found else {} for name in names}}


def in_catalogue(rows: Sequence[Row], only: Sequence[str] = ()) -> list[Row]:
    """The rows asked for, by what they are called or by member; all, if none is."""
    wanted = [row for row in rows if not only or row.member in only or row.said in only]
    return [row for row in wanted if row.member in CATALOGUE.names()]


def clocked(work: Callable[[], Any]) -> tuple[Any, float]:
    """What ``work`` gives, and the seconds it took."""
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def _searched(row: Row, inner: InnerSplit, n_trials: int) -> Settings:
    return tuned(row.member, inner, Budget(None), SEED, n_trials=n_trials).settings
