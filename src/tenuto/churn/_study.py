"""A churn study: train and test both ways, judge, explain, and score everybody there is.

The call list comes from models that trained neither on the listener nor on days from the
cutoff on: cross-fitted over folds of users, at earlier cutoffs whose labels were known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from tenuto.churn import _findings
from tenuto.churn._bench import Bench, Tuned
from tenuto.churn._calibrated import Calibration
from tenuto.churn._contract import ChurnModel
from tenuto.churn._guarded import guarded
from tenuto.churn._hazard_outlook import outlooks
from tenuto.churn._next_step import NextStep
from tenuto.churn._protocols import Progress
from tenuto.engines import Engine
from tenuto.settings import ChurnSettings
from tenuto.timeline import Timeline


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
    guards: pd.DataFrame
    next_step: pd.DataFrame
    calibration: Calibration
    calibrations: pd.DataFrame
    outlook: pd.DataFrame
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
    tuned: Tuned | None = None,
    progress: Progress | None = None,
    n_threads: int = 1,
) -> Study:
    """The whole of it at one cutoff.

    Where the outcome of ``cutoff`` is known already, it is also the test; else the test is the
    latest cutoff whose outcome is. ``tuned`` gives settings of models instead of their defaults;
    ``n_threads`` fit side by side, and change nothing else.

    Raises
    ------
    NotEnoughData : if the log is too short for training before the test, or one class is absent
    LeakError : if a feature or a model is too good to be true
    SettingsError : if the model of the call list is not among those asked for
    """
    bench = Bench(engine, timeline, settings, random_state, progress, cutoff, n_threads)
    bench.refuse_short_log()
    is_closed = timeline.is_closed(cutoff, bench.spacing.open_days)
    test_cutoff = cutoff if is_closed else timeline.last_closed_cutoff(bench.spacing.open_days)
    bench.use_tuned(tuned, test_cutoff)
    training_cutoffs = bench.training_cutoffs(test_cutoff)
    whole = bench.load(test_cutoff, all_windows=True)
    test = whole.within(settings.min_history_days)
    honest = bench.forward(training_cutoffs, test, bench.names)
    guards = guarded(engine, timeline, test, honest, settings, label=bench.label)
    calibration = tried = bench.calibration_before(training_cutoffs[0])
    said, honest = honest, calibration.applied(honest, settings.call_list_model)
    flattering = bench.snapshot(whole)
    calling_cutoffs, latest, called = training_cutoffs, test, honest
    if not is_closed:
        calling_cutoffs = bench.training_cutoffs(cutoff)
        latest = bench.load(cutoff, is_labelled=False)
        calibration = bench.learned(said, test)
        called = bench.forward(calling_cutoffs, latest, bench.called_names)
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
        importances=_findings.importances(
            honest, test, settings.call_list_model, random_state, n_threads
        ),
        funnel=_findings.funnel(latest, test),
        features=_findings.feature_card(whole, test),
        guards=guards,
        next_step=next_step.metrics,
        calibration=calibration,
        calibrations=_findings.calibrations(tried, calibration),
        outlook=outlooks(called),
        features_at=_findings.features_at(latest),
        test_scores=_findings.test_scores(test, honest),
        fold_models=list(called.models[settings.call_list_model]),
        models=bench.final_models(called) | next_step.models,
    )
