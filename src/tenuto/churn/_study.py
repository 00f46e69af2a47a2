"""A churn study: train and test both ways, judge, explain, and score everybody there is.

The call list comes from models that trained neither on the listener nor on days from the
cutoff on: cross-fitted over folds of users, at earlier cutoffs whose labels were known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from tenuto.churn import CATALOGUE, _findings
from tenuto.churn._contract import ChurnModel
from tenuto.churn._dataset import CutoffData, at_cutoff
from tenuto.churn._examples import Examples
from tenuto.churn._protocols import Progress, Scored, fit, forward, snapshot, thinned
from tenuto.engines import Engine
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.evaluation.folds import legal_training_cutoffs
from tenuto.timeline import Timeline
from tenuto.workspace import ChurnSettings


@dataclass(frozen=True)
class Study:
    """What a study found: the tables of ``runs/CUTOFF/churn``, and the fitted models."""

    cutoff: date
    test_cutoff: date
    training_cutoffs: list[date]
    calling_cutoffs: list[date]
    call_list: pd.DataFrame
    metrics: pd.DataFrame
    curves: pd.DataFrame
    importances: pd.DataFrame
    funnel: pd.DataFrame
    features: pd.DataFrame
    models: dict[str, ChurnModel] = field(repr=False)


def study(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    settings: ChurnSettings,
    *,
    random_state: int,
    progress: Progress | None = None,
) -> Study:
    """The whole of it at one cutoff.

    Where the outcome of ``cutoff`` is known already, it is also the test; else the test is the
    latest cutoff whose outcome is.

    Raises
    ------
    NotEnoughData : if the log is too short for training before the test, or one class is absent
    LeakError : if a feature or a model is too good to be true
    SettingsError : if the model of the call list is not among those asked for
    """
    bench = _Bench(engine, timeline, settings, random_state, progress)
    bench.refuse_short_log()
    is_closed = timeline.is_closed(cutoff, settings.horizon_days)
    test_cutoff = cutoff if is_closed else timeline.last_closed_cutoff(settings.horizon_days)
    training_cutoffs = bench.training_cutoffs(test_cutoff)
    test = bench.load(test_cutoff)
    honest = bench.forward(training_cutoffs, test, bench.names)
    _findings.stop_on_leaks(test, honest, settings.allow_features)
    whole = bench.load(test_cutoff, all_windows=True)
    flattering = bench.snapshot(whole)
    calling_cutoffs, latest, called = training_cutoffs, test, honest
    if not is_closed:
        calling_cutoffs = bench.training_cutoffs(cutoff)
        latest = bench.load(cutoff, is_labelled=False)
        called = bench.forward(calling_cutoffs, latest, [settings.call_list_model])
    draws = settings.bootstrap_draws
    return Study(
        cutoff=cutoff,
        test_cutoff=test_cutoff,
        training_cutoffs=training_cutoffs,
        calling_cutoffs=calling_cutoffs,
        call_list=_findings.call_list(latest, called.probability(settings.call_list_model)),
        metrics=_findings.metrics(honest, flattering, test, whole, random_state, draws),
        curves=_findings.curves_of(honest, test),
        importances=_findings.importances(honest, test, settings.call_list_model, random_state),
        funnel=_findings.funnel(latest, test),
        features=_findings.feature_card(whole, test),
        models=bench.final_models(called),
    )


class _Bench:
    """Loads, trains and scores with one set of settings."""

    def __init__(
        self,
        engine: Engine,
        timeline: Timeline,
        settings: ChurnSettings,
        random_state: int,
        progress: Progress | None,
    ):
        self.engine = engine
        self.timeline = timeline
        self.settings = settings
        self.random_state = random_state
        self.progress = progress
        self.names = settings.models or CATALOGUE.names()
        if settings.call_list_model not in self.names:
            raise SettingsError(
                f"the call list is to come from '{settings.call_list_model}', which is not "
                f"among the models {', '.join(self.names)}",
                mend="add it to churn.models, or change churn.call_list_model in tenuto.toml",
            )

    def refuse_short_log(self) -> None:
        """Training, its labels and the test's labels need their days one after the other."""
        settings, first = self.settings, self.timeline.first_day
        needed = settings.min_history_days + 2 * settings.horizon_days
        held = (self.timeline.end - first).days
        if held < needed:
            raise NotEnoughData(
                f"the log holds {held} of the {needed} days that models need: "
                f"{settings.min_history_days} of history, {settings.horizon_days} to see who left, "
                f"and {settings.horizon_days} to test on",
                mend=f"go on collecting until {first + timedelta(days=needed - 1)}, or shorten "
                "churn.horizon_days or churn.min_history_days in tenuto.toml",
            )

    def training_cutoffs(self, before: date) -> list[date]:
        settings = self.settings
        return legal_training_cutoffs(
            before,
            settings.horizon_days,
            self.timeline.first_day,
            settings.min_history_days,
            settings.training_cutoffs,
            settings.days_between_cutoffs,
        )

    def load(
        self, cutoff: date, *, is_labelled: bool = True, all_windows: bool = False
    ) -> CutoffData:
        """Examples of a cutoff, by default with windows that every training cutoff has seen."""
        return at_cutoff(
            self.engine,
            self.timeline,
            cutoff,
            label=self.settings.label,
            horizon_days=self.settings.horizon_days,
            max_window_days=None if all_windows else self.settings.min_history_days,
            is_labelled=is_labelled,
        )

    def forward(self, training_cutoffs: list[date], test: CutoffData, names: list[str]) -> Scored:
        return forward(
            Examples.concatenate([self.load(cutoff).examples for cutoff in training_cutoffs]),
            test.examples,
            names,
            horizon_days=self.settings.horizon_days,
            random_state=self.random_state,
            n_folds=self.settings.folds,
            max_training_rows=self.settings.max_training_rows,
            progress=self.progress,
        )

    def snapshot(self, whole: CutoffData) -> Scored:
        return snapshot(
            whole.examples,
            self.names,
            random_state=self.random_state,
            max_training_rows=self.settings.max_training_rows,
            progress=self.progress,
        )

    def final_models(self, called: Scored) -> dict[str, ChurnModel]:
        """Each model fitted on every training user, to be kept and to score newcomers."""
        rows = thinned(called.training, self.settings.max_training_rows)
        return {name: fit(name, rows, random_state=self.random_state) for name in self.names}
