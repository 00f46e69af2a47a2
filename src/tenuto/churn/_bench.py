"""The bench of a study: loads, trains, calibrates and scores, always with the same settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tenuto import labels
from tenuto.churn import learns_from_times, usual_models
from tenuto.churn._calibrated import Calibration, learned
from tenuto.churn._contract import ChurnModel
from tenuto.churn._dataset import CutoffData
from tenuto.churn._loader import Loader
from tenuto.churn._next_step import METRICS, NextStep, cross_fitted, judged
from tenuto.churn._protocols import Progress, Scored, Settings, fit, forward, snapshot, thinned
from tenuto.churn._spacing import Spacing
from tenuto.engines import Engine
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.evaluation.folds import legal_training_cutoffs
from tenuto.settings import ChurnSettings
from tenuto.threads import side_by_side
from tenuto.timeline import HEADLINE, Timeline

#: Settings of models for a label and a horizon, found before a test cutoff.
Tuned = Callable[[str, int, date], Settings]


@dataclass(frozen=True)
class Next:
    """What comes next: how good the model is, what it says of the list, and the model."""

    metrics: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=METRICS))
    probabilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    models: dict[str, NextStep] = field(default_factory=dict)


class Bench:
    """Loads, trains and scores with one set of settings."""

    def __init__(
        self,
        engine: Engine,
        timeline: Timeline,
        settings: ChurnSettings,
        random_state: int,
        progress: Progress | None,
        cutoff: date,
        n_threads: int = 1,
    ):
        self.engine = engine
        self.timeline = timeline
        self.settings = settings
        self.random_state = random_state
        self.progress = progress
        self.n_threads = n_threads
        self.names = settings.models or usual_models()
        self.label = settings.label or labels.usual_label(timeline.past(engine, cutoff))
        self.spacing = Spacing.of(self.label, settings)
        self.loader = Loader(engine, timeline, settings, self.label, n_threads)
        self.model_settings: Settings = {}
        if settings.call_list_model not in self.names:
            raise SettingsError(
                f"the call list is to come from '{settings.call_list_model}', which is not "
                f"among the models {', '.join(self.names)}",
                mend="add it to churn.models, or change churn.call_list_model in tenuto.toml",
            )

    @property
    def called_names(self) -> list[str]:
        """The models asked about the call list: its own, and those that say when."""
        others = [name for name in self.names if learns_from_times([name])]
        return list(dict.fromkeys([self.settings.call_list_model, *others]))

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

    def use_tuned(self, tuned: Tuned | None, test_cutoff: date) -> None:
        """From now on with settings that were found without a look at the test or later days."""
        if tuned is not None:
            self.model_settings = tuned(self.label, self.settings.horizon_days, test_cutoff)

    def training_cutoffs(self, before: date) -> list[date]:
        settings, first_day = self.settings, self.timeline.first_day
        n, history_days = settings.training_cutoffs, settings.min_history_days
        room_days = (before - first_day).days - self.spacing.apart_days - history_days
        step_days = self.spacing.step_within(room_days, n)
        return legal_training_cutoffs(
            before, self.spacing.apart_days, first_day, history_days, n, step_days
        )

    def load(self, cutoff: date, **options: bool) -> CutoffData:
        """See `Loader.load`."""
        return self.loader.load(cutoff, **options)

    def forward(self, training_cutoffs: list[date], test: CutoffData, names: list[str]) -> Scored:
        known = test.cutoff if learns_from_times(names) else None
        return forward(
            self.loader.training(training_cutoffs, known),
            test.examples,
            names,
            horizon_days=self.spacing.open_days,
            random_state=self.random_state,
            n_folds=self.settings.folds,
            max_training_rows=self.settings.max_training_rows,
            settings=self.model_settings,
            sampling=self.settings.sampling,
            progress=self.progress,
            n_threads=self.n_threads,
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
            settings=self.model_settings,
            sampling=self.settings.sampling,
            progress=self.progress,
            n_threads=self.n_threads,
        )

    def next_step(
        self, honest: Scored, test: CutoffData, called: Scored, latest: CutoffData
    ) -> Next:
        """What comes next, where plans change too and more than one thing ever came."""
        outcomes = honest.training.outcome
        if test.examples.outcome is None or outcomes is None or len(set(outcomes)) < 2:
            return Next()
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
        return Next(metrics, expected, {"next_step": fitted})

    def final_models(self, called: Scored) -> dict[str, ChurnModel]:
        """Each model fitted on every training user, to be kept and to score newcomers."""
        rows = thinned(called.training, self.settings.max_training_rows)

        def learn(name: str) -> ChurnModel:
            return fit(
                name,
                rows,
                random_state=self.random_state,
                settings=self.model_settings,
                sampling=self.settings.sampling,
            )

        return dict(zip(self.names, side_by_side(learn, self.names, self.n_threads), strict=True))
