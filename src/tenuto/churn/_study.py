"""A churn study: train and test both ways, judge, explain, and score everybody there is.

The call list comes from models that trained neither on the listener nor on days from the
cutoff on: cross-fitted over folds of users, at earlier cutoffs whose labels were known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tenuto import labels
from tenuto.churn import _findings, usual_models
from tenuto.churn._calibrated import Calibration, learned
from tenuto.churn._contract import ChurnModel
from tenuto.churn._dataset import CutoffData, at_cutoff
from tenuto.churn._examples import Examples
from tenuto.churn._next_step import METRICS, NextStep, cross_fitted, judged
from tenuto.churn._protocols import Progress, Scored, fit, forward, snapshot, thinned
from tenuto.churn._spacing import Spacing
from tenuto.engines import Engine
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.evaluation.folds import legal_training_cutoffs
from tenuto.timeline import HEADLINE, Timeline
from tenuto.workspace import ChurnSettings


@dataclass(frozen=True)
class Study:
    """What a study found: the tables of ``runs/CUTOFF/churn``, and the fitted models."""

    label: str
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
    next_step: pd.DataFrame
    calibration: Calibration
    calibrations: pd.DataFrame
    features_at: pd.DataFrame
    test_scores: pd.DataFrame
    #: Fitted on every training user; and the call list's model by fold, which knew 4 of 5.
    models: dict[str, ChurnModel | NextStep] = field(repr=False)
    fold_models: list[ChurnModel] = field(repr=False)


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
    bench = _Bench(engine, timeline, settings, random_state, progress, cutoff)
    bench.refuse_short_log()
    is_closed = timeline.is_closed(cutoff, bench.spacing.open_days)
    test_cutoff = cutoff if is_closed else timeline.last_closed_cutoff(bench.spacing.open_days)
    training_cutoffs = bench.training_cutoffs(test_cutoff)
    test = bench.load(test_cutoff)
    honest = bench.forward(training_cutoffs, test, bench.names)
    _findings.stop_on_leaks(test, honest, settings.allow_features)
    calibration = tried = bench.calibration_before(training_cutoffs[0])
    said, honest = honest, calibration.applied(honest, settings.call_list_model)
    whole = bench.load(test_cutoff, all_windows=True)
    flattering = bench.snapshot(whole)
    calling_cutoffs, latest, called = training_cutoffs, test, honest
    if not is_closed:
        calling_cutoffs = bench.training_cutoffs(cutoff)
        latest = bench.load(cutoff, is_labelled=False)
        calibration = bench.learned(said, test)
        called = bench.forward(calling_cutoffs, latest, [settings.call_list_model])
        called = calibration.applied(called, settings.call_list_model)
    draws = settings.bootstrap_draws
    next_step = bench.next_step(honest, test, called, latest)
    return Study(
        label=bench.label,
        cutoff=cutoff,
        test_cutoff=test_cutoff,
        training_cutoffs=training_cutoffs,
        calling_cutoffs=calling_cutoffs,
        call_list=_findings.call_list(
            latest, called.of(settings.call_list_model), next_step.probabilities
        ),
        metrics=_findings.metrics(honest, flattering, test, whole, random_state, draws),
        curves=_findings.curves_of(honest, test),
        importances=_findings.importances(honest, test, settings.call_list_model, random_state),
        funnel=_findings.funnel(latest, test),
        features=_findings.feature_card(whole, test),
        next_step=next_step.metrics,
        calibration=calibration,
        calibrations=_findings.calibrations(tried, calibration),
        features_at=_findings.features_at(latest),
        test_scores=_findings.test_scores(test, honest),
        fold_models=list(called.models[settings.call_list_model]),
        models=bench.final_models(called) | next_step.models,
    )


@dataclass(frozen=True)
class _Next:
    """What comes next: how good the model is, what it says of the list, and the model."""

    metrics: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=METRICS))
    probabilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    models: dict[str, NextStep] = field(default_factory=dict)


class _Bench:
    """Loads, trains and scores with one set of settings."""

    def __init__(
        self,
        engine: Engine,
        timeline: Timeline,
        settings: ChurnSettings,
        random_state: int,
        progress: Progress | None,
        cutoff: date,
    ):
        self.engine = engine
        self.timeline = timeline
        self.settings = settings
        self.random_state = random_state
        self.progress = progress
        self.names = settings.models or usual_models()
        self.label = settings.label or labels.usual_label(timeline.past(engine, cutoff))
        self.spacing = Spacing.of(self.label, settings)
        if settings.call_list_model not in self.names:
            raise SettingsError(
                f"the call list is to come from '{settings.call_list_model}', which is not "
                f"among the models {', '.join(self.names)}",
                mend="add it to churn.models, or change churn.call_list_model in tenuto.toml",
            )

    def refuse_short_log(self) -> None:
        """Training, its labels and the test's labels need their days one after the other."""
        settings, first = self.settings, self.timeline.first_day
        needed = settings.min_history_days + self.spacing.apart_days + self.spacing.open_days
        held = (self.timeline.end - first).days
        if held < needed:
            raise NotEnoughData(
                f"the log holds {held} of the {needed} days that models need: "
                f"{settings.min_history_days} of history, {self.spacing.apart_days} to see who "
                f"left, and {self.spacing.open_days} to test on",
                mend=f"go on collecting until {first + timedelta(days=needed - 1)}, or shorten "
                "churn.horizon_days or churn.min_history_days in tenuto.toml",
            )

    def training_cutoffs(self, before: date) -> list[date]:
        settings = self.settings
        return legal_training_cutoffs(
            before,
            self.spacing.apart_days,
            self.timeline.first_day,
            settings.min_history_days,
            settings.training_cutoffs,
            self.spacing.step_days,
        )

    def load(
        self, cutoff: date, *, is_labelled: bool = True, all_windows: bool = False
    ) -> CutoffData:
        """Examples of a cutoff, by default with windows that every training cutoff has seen."""
        return at_cutoff(
            self.engine,
            self.timeline,
            cutoff,
            label=self.label,
            horizon_days=self.settings.horizon_days,
            bin_days=self.settings.bin_days,
            max_window_days=None if all_windows else self.settings.min_history_days,
            is_labelled=is_labelled,
        )

    def forward(self, training_cutoffs: list[date], test: CutoffData, names: list[str]) -> Scored:
        return forward(
            Examples.concatenate([self.load(cutoff).examples for cutoff in training_cutoffs]),
            test.examples,
            names,
            horizon_days=self.spacing.open_days,
            random_state=self.random_state,
            n_folds=self.settings.folds,
            max_training_rows=self.settings.max_training_rows,
            sampling=self.settings.sampling,
            progress=self.progress,
        )

    def calibration_before(self, cutoff: date) -> Calibration:
        """What the latest closed ``cutoff`` before a test teaches of the call list's model.

        Nothing, where the log has no room for training before that cutoff.
        """
        try:
            training_cutoffs = self.training_cutoffs(cutoff)
        except NotEnoughData:
            return Calibration.nothing()
        test = self.load(cutoff)
        return self.learned(
            self.forward(training_cutoffs, test, [self.settings.call_list_model]), test
        )

    def learned(self, scored: Scored, test: CutoffData) -> Calibration:
        """How to calibrate the call list's model, from those of a test who can still be kept."""
        return learned(
            scored,
            self.settings.call_list_model,
            test.populations()[HEADLINE],
            test.cutoff,
            random_state=self.random_state,
            n_draws=self.settings.bootstrap_draws,
        )

    def snapshot(self, whole: CutoffData) -> Scored:
        return snapshot(
            whole.examples,
            self.names,
            random_state=self.random_state,
            max_training_rows=self.settings.max_training_rows,
            sampling=self.settings.sampling,
            progress=self.progress,
        )

    def next_step(
        self, honest: Scored, test: CutoffData, called: Scored, latest: CutoffData
    ) -> _Next:
        """What comes next, where plans change too and more than one thing ever came."""
        outcomes = honest.training.outcome
        if test.examples.outcome is None or outcomes is None or len(set(outcomes)) < 2:
            return _Next()
        seeds = {"n_folds": self.settings.folds, "random_state": self.random_state}
        max_rows = self.settings.max_training_rows
        training = thinned(honest.training, max_rows)
        expected = cross_fitted(training, test.examples, **seeds)
        rng = np.random.default_rng([self.random_state, 11])
        metrics = judged(expected, test, rng, self.settings.bootstrap_draws)
        if latest is not test:
            training = thinned(called.training, max_rows)
            expected = cross_fitted(training, latest.examples, **seeds)
        fitted = NextStep.fit(training, random_state=self.random_state)
        return _Next(metrics, expected, {"next_step": fitted})

    def final_models(self, called: Scored) -> dict[str, ChurnModel]:
        """Each model fitted on every training user, to be kept and to score newcomers."""
        rows = thinned(called.training, self.settings.max_training_rows)
        sampling, seed = self.settings.sampling, self.random_state
        return {name: fit(name, rows, random_state=seed, sampling=sampling) for name in self.names}
