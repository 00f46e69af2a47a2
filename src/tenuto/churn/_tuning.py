"""Settings of the models searched for at earlier cutoffs; the defaults stay unless beaten.

The first trial of every model is its defaults, and what is found instead is only taken when the
gain is beyond noise. It is looked for on other listeners than were trained on, before the test
begins, so that the figures of a study stay out of time and out of user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tenuto.churn import CATALOGUE, usual_models
from tenuto.churn._search_split import Split, inner_split
from tenuto.churn._search_trials import Trial, Trials
from tenuto.churn._tuning_advice import ENSEMBLES, Advice, advise
from tenuto.churn._tuning_choice import Choice, chosen
from tenuto.churn._tuning_results import Shelf
from tenuto.engines import Engine
from tenuto.search.budget import Budget, Told
from tenuto.search.halving import halving, n_planned
from tenuto.search.space import drawn_settings, refuse_untunable, space_of
from tenuto.settings import ChurnSettings
from tenuto.timeline import Timeline

N_TRIALS = 27


def tunable_models() -> list[str]:
    """The usual models that have something to tune."""
    return [name for name in usual_models() if space_of(CATALOGUE, name)]


@dataclass(frozen=True)
class Search:
    """What to search.

    models : members with a ``SPACE``
    ensembles : members to hold against the others afterwards, in the time that is left
    n_trials : per model, the defaults among them
    """

    models: Sequence[str]
    ensembles: Sequence[str] = ()
    n_trials: int = N_TRIALS
    random_state: int = 0

    @classmethod
    def of(cls, models: Sequence[str], n_trials: int, random_state: int) -> Search:
        """``models``, or, where none is named, all usual ones and the ensembles there are."""
        if models:
            named = [CATALOGUE.get(name).Model.name() for name in dict.fromkeys(models)]
            return cls(named, (), n_trials, random_state)
        ensembles = [name for name in ENSEMBLES if name in CATALOGUE.names()]
        return cls(tunable_models(), ensembles, n_trials, random_state)


@dataclass(frozen=True)
class Tuning:
    """What a search came to; ``split`` says in words on whom."""

    label: str
    horizon_days: int
    split: str
    choices: list[Choice]
    advice: Advice | None

    @property
    def folder(self) -> Path:
        """Where it is kept, seen from the workspace."""
        return Shelf(Path()).folder(self.label, self.horizon_days)

    def to_dict(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "horizon_days": self.horizon_days,
            "split": self.split,
            "choices": [choice.to_dict() for choice in self.choices],
            "advice": None if self.advice is None else self.advice.to_dict(),
        }


def tune(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    settings: ChurnSettings,
    search: Search,
    *,
    budget: Budget,
    told: Told | None = None,
    shelf: Shelf | None = None,
) -> Tuning:
    """Search the settings of each model, and hold the models against each other.

    What was found goes to ``shelf`` when a model is done: work that is stopped leaves what was
    finished. Settings chosen earlier are taken from there for models that are not searched.

    Raises
    ------
    SettingsError, UnknownName : for a model that has nothing to tune, before the work begins
    NotEnoughData : see `inner_split`
    """
    for model in search.models:
        refuse_untunable(CATALOGUE, model, "auto")
    split = inner_split(engine, timeline, cutoff, settings)
    horizon = settings.horizon_days
    known = {} if shelf is None else shelf.settings(split.label, horizon, split.test_cutoff)
    bench = _Bench(split, settings, search, known, budget, told)
    choices = []
    for at, model in enumerate(search.models):
        choice, trials = bench.choose(model, budget.part(1 / (len(search.models) - at)))
        choices.append(choice)
        if shelf is not None:
            shelf.keep(split.label, horizon, choice, trials)
    advice = advise(
        split,
        bench.said,
        settings.call_list_model,
        search.ensembles,
        bench.ask,
        rng=np.random.default_rng([search.random_state, 31]),
        n_draws=settings.bootstrap_draws,
    )
    if shelf is not None and advice is not None:
        shelf.keep_advice(split.label, horizon, advice)
    return Tuning(split.label, horizon, split.in_words(), choices, advice)


class _Bench:
    """Searches one model after the other on one split.

    said : model -> probability of each row validated on, by the settings chosen; of models that
        reached the last rung
    """

    def __init__(
        self,
        split: Split,
        settings: ChurnSettings,
        search: Search,
        known: Mapping[str, Mapping[str, Any]],
        budget: Budget,
        told: Told | None,
    ):
        self.split, self.search, self.known, self.budget = split, search, known, budget
        self.n_draws = settings.bootstrap_draws
        self.trials = Trials(
            split,
            max_rows=settings.max_training_rows,
            sampling=settings.sampling,
            random_state=search.random_state,
        )
        self.said: dict[str, np.ndarray] = {}
        self._told, self._done = told, 0

    def choose(self, model: str, budget: Budget) -> tuple[Choice, list[Trial]]:
        """Search ``model``, and take what was found if it is better beyond noise."""
        search, space = self.search, space_of(CATALOGUE, model)
        drawn = drawn_settings(model, space, search.n_trials, search.random_state)
        planned, on_last_rung = n_planned(len(drawn), len(self.trials.rungs)), {}
        self._done = 0

        def try_out(number: int, rung: int) -> Trial:
            p = self.trials.probability(model, drawn[number], rung)
            if rung == self.trials.last:
                on_last_rung[number] = p
            self._tell(f"tuning {model}", planned, budget)
            return self.trials.measured(number, rung, drawn[number], p)

        trials = halving(len(drawn), self.trials.rungs, try_out, budget)
        rng = np.random.default_rng([search.random_state, 29])
        choice = chosen(model, self.split, trials, on_last_rung, rng=rng, n_draws=self.n_draws)
        if on_last_rung:
            self.said[model] = on_last_rung[drawn.index(choice.settings)]
        return choice, trials

    def ask(self, model: str) -> np.ndarray | None:
        """What a model says that was not searched now; None when the time is up."""
        if self.budget.is_spent():
            return None
        settings = dict(self.known.get(model, {}))
        p = self.trials.probability(model, settings, self.trials.last)
        self._done = 0
        self._tell(f"asking {model}", 1, self.budget)
        return p

    def _tell(self, step: str, planned: int, budget: Budget) -> None:
        self._done += 1
        if self._told is not None:
            self._told(step, min(self._done, planned), planned, budget.left_s())
