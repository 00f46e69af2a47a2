"""A recommender that sets itself: settings tried on an inner split, within a time.

The first trial is the defaults, and what is found instead is only taken when the gain is beyond
noise. What was found can be kept on a `Shelf`: the same question is then answered from there, so
that a search which ran out of time repeats to the byte all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tenuto.errors import NotEnoughData
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit, held_out
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._tune_choice import Choice, Trial, chosen
from tenuto.recommenders._tune_trials import Trials
from tenuto.record import digest_of
from tenuto.search.budget import Budget, Told
from tenuto.search.halving import halving, is_whole, n_planned
from tenuto.search.shelf import Shelf, trials_table
from tenuto.search.space import drawn_settings, refuse_untunable, space_of

BUDGET_S = 60.0
N_TRIALS = 27
#: Of the lists that settings are judged by.
K = 100


@dataclass(frozen=True)
class Tuned:
    """What the search of one member came to.

    choice : the settings to use, and by how much they are better
    trials : every one, in the order made
    how : on whom, in a sentence
    inputs : digest of all that the answer depends on but time
    is_whole : whether the search ended by itself; else the time was up
    seconds : that it took; 0 where the answer was known from before. In no file: a record
        without clock times is the same the next time
    """

    recommender: str
    choice: Choice
    trials: list[Trial]
    how: str
    target: str
    k: int
    known_until: date | None
    inputs: str
    budget_s: float | None
    is_whole: bool
    seconds: float = 0.0

    @property
    def settings(self) -> dict[str, Any]:
        """For the member's ``Model``; {} where the defaults stay."""
        return self.choice.settings

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, for the record; `of_dict` reads it."""
        facts = asdict(self)
        facts.pop("seconds")
        known_until = None if self.known_until is None else self.known_until.isoformat()
        return facts | facts.pop("choice") | {"known_until": known_until}

    @classmethod
    def of_dict(cls, record: Mapping[str, Any]) -> Tuned:
        """Undo `to_dict`."""
        facts = dict(record)
        choice = Choice(**{name: facts.pop(name) for name in Choice.__dataclass_fields__})
        trials = [Trial(**trial) for trial in facts.pop("trials")]
        day = facts.pop("known_until")
        known_until = None if day is None else date.fromisoformat(day)
        return cls(choice=choice, trials=trials, known_until=known_until, **facts)


def tuned(
    name: str,
    inner: InnerSplit,
    budget: Budget,
    random_state: int,
    told: Told | None = None,
    *,
    k: int = K,
    n_trials: int = N_TRIALS,
    n_entries: int | None = None,
    shelf: Shelf | None = None,
) -> Tuned:
    """The best settings of member ``name``, as far as ``inner`` can tell.

    Parameters
    ----------
    budget : the search leaves enough of it for one more fit
    k : of the NDCG that is made as high as possible
    n_trials : settings to try at most, the defaults among them
    n_entries : how many entries the fit afterwards is of; without it, as many as ``inner`` has
    shelf : where the answer is looked for before the work, and put after it

    Raises
    ------
    SettingsError, UnknownName : if the member has nothing to tune, or there is none
    """
    refuse_untunable(CATALOGUE, name)
    inputs = _digest(name, inner, random_state, k, n_trials)
    known = None if shelf is None else shelf.choice(name)
    if known is not None and known["inputs"] == inputs and _is_good_for(known, budget):
        return Tuned.of_dict(known)
    began_s = budget.now_s()
    drawn = drawn_settings(name, space_of(CATALOGUE, name), n_trials, random_state)
    trials = Trials(name, inner, drawn, budget, random_state, k, n_entries)
    made = _made(trials, told)
    found = Tuned(
        recommender=name,
        choice=chosen(made, trials.on_last_rung),
        trials=made,
        how=inner.how,
        target=inner.target,
        k=k,
        known_until=inner.known_until,
        inputs=inputs,
        budget_s=budget.seconds,
        is_whole=is_whole(made, len(drawn), len(trials.rungs)),
    )
    if shelf is not None:
        shelf.keep(name, found.to_dict(), trials_table([asdict(trial) for trial in made], _COLUMNS))
    return replace(found, seconds=budget.now_s() - began_s)


def fit_tuned(
    name: str,
    interactions: Interactions,
    *,
    budget_s: float | None = BUDGET_S,
    random_state: int = 0,
    progress: Told | None = None,
    inner: InnerSplit | None = None,
    shelf: Shelf | None = None,
    k: int = K,
    n_trials: int = N_TRIALS,
) -> Recommender:
    """Member ``name``, tuned and fitted within ``budget_s`` seconds; None for no limit.

    ``inner`` is what settings are tried on; without it some of each listener's items are hidden.
    Where days are known, `forward` makes a better one. What was found is ``tuning`` of the
    recommender, and in its saved manifest. A member with nothing to tune is fitted as it is, and
    so is one on a table of which nothing can be hidden.

    Raises
    ------
    NotEnoughData : if there is nothing to learn from at all
    """
    budget = Budget(budget_s)
    kind = CATALOGUE.get(name).Model
    if not space_of(CATALOGUE, name):
        return kind().fit(interactions)
    try:
        inner = inner or held_out(interactions, np.random.default_rng([random_state, 37]))
    except NotEnoughData as short:
        recommender = kind().fit(interactions)
        recommender.tuning = {"settings": {}, "why": f"{short}: the defaults stay"}
        return recommender
    found = tuned(
        name,
        inner,
        budget,
        random_state,
        progress,
        k=k,
        n_trials=n_trials,
        n_entries=len(interactions.histories.item),
        shelf=shelf,
    )
    recommender = kind(**found.settings).fit(interactions)
    recommender.tuning = found.to_dict()
    return recommender


def shelf_of(root: Path, inner: InnerSplit) -> Shelf:
    """Where a workspace keeps what was tuned for one preference, window and target.

    tuning/recommenders/log_counts-w30-all/
    """
    return shelf_at(root, inner.train.preference, inner.train.window_days, inner.target)


def shelf_at(root: Path, preference: str, window_days: int, target: str) -> Shelf:
    """`shelf_of` before there is a split."""
    folder = f"{preference}-w{window_days}-{target}"
    return Shelf(root / "tuning" / "recommenders" / folder)


_COLUMNS = ("number", "rung", "settings", "n_listeners", "ndcg")


def _made(trials: Trials, told: Told | None) -> list[Trial]:
    """Every trial that there was time for, told one by one."""
    planned, n_done = n_planned(len(trials.drawn), len(trials.rungs)), 0

    def try_out(number: int, rung: int) -> Trial:
        nonlocal n_done
        trial, n_done = trials.try_out(number, rung), n_done + 1
        if told is not None:
            left_s = trials.budget.left_s()
            told(f"tuning {trials.name}", min(n_done, planned), planned, left_s)
        return trial

    return halving(len(trials.drawn), trials.rungs, try_out, trials.budget)


def _is_good_for(known: Mapping[str, Any], budget: Budget) -> bool:
    """Whether no more could come of searching again, with this budget."""
    if known["is_whole"]:
        return True
    return budget.seconds is not None and budget.seconds <= known["budget_s"]


def _digest(name: str, inner: InnerSplit, random_state: int, k: int, n_trials: int) -> str:
    asked = [name, CATALOGUE.get(name).Model().settings, dict(space_of(CATALOGUE, name))]
    return digest_of([*asked, inner.digest(), random_state, k, n_trials])


def tunable_of(name: str) -> list[str]:
    """``name`` if it has something to tune, else those it is made of that have.

    Raises
    ------
    UnknownName : if there is no such recommender
    """
    specs = getattr(CATALOGUE.get(name).Model(), "specs", {})
    return [one for one in [name, *specs] if space_of(CATALOGUE, one)]
