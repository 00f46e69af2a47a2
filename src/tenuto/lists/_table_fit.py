"""A recommender from a plain table: tuned within a time, judged on what was held out, then fitted
on everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from tenuto.errors import NotEnoughData
from tenuto.lists._table_figures import figures_of
from tenuto.lists._table_read import PairTable
from tenuto.lists._table_split import (
    AUTO,
    RANDOM,
    Asked,
    HeldOut,
    has_repeats,
    held_out_of,
    interactions_from,
)
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._of_members import OfMembers
from tenuto.recommenders._tune import BUDGET_S, fit_tuned
from tenuto.search.budget import Told
from tenuto.search.shelf import Shelf
from tenuto.search.space import space_of

MODEL = "blend"
TEST_SHARE = 0.2


@dataclass(frozen=True)
class PairSettings:
    """What `fit_pairs` is asked for.

    user, item, weight, time : columns; None to tell them by their names
    model : member of the catalogue
    budget_s : seconds for tuning; None for the settings as they are
    test_share : of the table, held out for figures; 0 for none
    split : how, one of `SPLITS`
    k : places of each list
    """

    user: str | None = None
    item: str | None = None
    weight: str | None = None
    time: str | None = None
    model: str = MODEL
    budget_s: float | None = BUDGET_S
    test_share: float = TEST_SHARE
    split: str = AUTO
    k: int = 50
    random_state: int = 0

    def columns(self) -> dict[str, str | None]:
        """Role -> column, as `read_pair_table` takes them."""
        return {role: getattr(self, role) for role in ("user", "item", "weight", "time")}

    def asked(self) -> Asked:
        """How to hold out."""
        return Asked(self.test_share, self.split, self.random_state)


@dataclass(frozen=True)
class PairFit:
    """What came of a table.

    model : fitted on all of it
    figures : see `figures_of`; empty where nothing was held out
    how : on what they were made, in a sentence; None without figures
    tuning : what was tried and what came of it; None where nothing was
    """

    model: Recommender
    interactions: Interactions
    has_repeats: bool
    figures: pd.DataFrame
    how: str | None
    tuning: dict[str, Any] | None
    notes: list[str]


def fit_pairs(
    table: PairTable, settings: PairSettings, shelf: Shelf | None = None, told: Told | None = None
) -> PairFit:
    """Tune, judge, and fit on everything.

    Settings are chosen, and a blend's weights learned, within the part that is known in the
    judgement; then they are kept, and the whole table is learned from.

    Raises
    ------
    UnknownName : if there is no such recommender
    SettingsError : if the table cannot be held out as asked
    """
    CATALOGUE.get(settings.model)
    repeats, notes = has_repeats(table), list(table.notes)
    held = None if settings.test_share == 0 else _held(table, settings.asked(), notes)
    target = "all" if repeats else "new"
    if held is None:
        everything = interactions_from(table)
        trial = _tuned(table, everything, settings, target, notes, shelf, told)
        return PairFit(
            trial, everything, repeats, figures_of_nothing(), None, *_found(trial, notes)
        )
    known = held.interactions()
    trial = _tuned(held.train, known, settings, target, notes, shelf, told)
    _tell(told, "judging", 0)
    # A random part has no pair twice: nothing in it is a repeat.
    may_repeat = repeats and held.split != RANDOM
    figures = _judged(trial, known, held, may_repeat, settings.random_state, notes)
    _tell(told, "fitting on everything", 0)
    everything = interactions_from(table)
    model = _fitted(settings.model, trial.settings, everything, held.inner(target))
    tuning, notes = _found(trial, notes)
    if tuning is not None:
        model.tuning = tuning
    _tell(told, "fitting on everything", 1)
    return PairFit(model, everything, repeats, figures, held.how, tuning, notes)


def figures_of_nothing() -> pd.DataFrame:
    """The table of figures where nothing was held out."""
    return pd.DataFrame(columns=["target", "recommender", "metric", "k", "value"])


def _held(table: PairTable, asked: Asked, notes: list[str]) -> HeldOut | None:
    try:
        return held_out_of(table, asked)
    except NotEnoughData as problem:
        notes.append(f"no figures: {problem.message}")
        return None


def _tuned(
    table: PairTable,
    known: Interactions,
    settings: PairSettings,
    target: str,
    notes: list[str],
    shelf: Shelf | None,
    told: Told | None,
) -> Recommender:
    """Fitted on ``known``, with settings chosen on a part of ``table`` where there is time."""
    inner = None
    try:
        inner = held_out_of(table, settings.asked()._replace(share=TEST_SHARE)).inner(target)
        if settings.budget_s is not None and space_of(CATALOGUE, settings.model):
            return fit_tuned(
                settings.model,
                known,
                budget_s=settings.budget_s,
                random_state=settings.random_state,
                progress=told,
                inner=inner,
                shelf=shelf,
            )
    except NotEnoughData as problem:
        notes.append(f"not tuned: {problem.message}")
    _tell(told, f"fitting {settings.model}", 0)
    return _fitted(settings.model, {}, known, inner)


def _fitted(
    name: str, settings: dict[str, Any], known: Interactions, inner: InnerSplit | None
) -> Recommender:
    model = CATALOGUE.get(name).Model(**settings)
    return model.fit(known, inner) if isinstance(model, OfMembers) else model.fit(known)


def _judged(
    trial: Recommender,
    known: Interactions,
    held: HeldOut,
    repeats: bool,
    seed: int,
    notes: list[str],
) -> pd.DataFrame:
    try:
        return figures_of(trial, known, held.test, repeats, seed)
    except NotEnoughData as problem:
        notes.append(f"no figures: {problem.message}")
        return figures_of_nothing()


def _found(trial: Recommender, notes: list[str]) -> tuple[dict[str, Any] | None, list[str]]:
    """What the search came to, and what is to be said of it."""
    tuning = getattr(trial, "tuning", None)
    if not tuning:
        return None, notes
    said = [f"settings: {tuning['why']}"] if "why" in tuning else []
    if not tuning.get("is_whole", True):
        said.append(
            "the time for tuning was up before all was tried: the same table with the same "
            "--out repeats to the byte, elsewhere another setting may win"
        )
    return tuning, [*notes, *said]


def _tell(told: Told | None, step: str, done: int) -> None:
    if told is not None:
        told(step, done, 1, None)
