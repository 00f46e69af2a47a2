"""On whom settings are tried: other listeners than are trained on, never the days of the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tenuto.churn._bench import Bench
from tenuto.churn._dataset import CutoffData
from tenuto.churn._examples import Examples
from tenuto.churn._judging import MIN_OF_EACH_CLASS
from tenuto.engines import Engine
from tenuto.errors import NotEnoughData
from tenuto.settings import ChurnSettings
from tenuto.timeline import HEADLINE, Timeline


@dataclass(frozen=True)
class Split:
    """Training examples, and listeners at one cutoff to validate on, by models of others.

    validation : listeners active in the last 14 days alone: only those can be kept (K2)
    is_forward : whether training labels were closed at the validation cutoff; else it is one of
        the training cutoffs, and only the listeners differ
    known_until : the day from which on nothing was looked at
    """

    label: str
    training: Examples
    validation: Examples
    training_cutoffs: list[date]
    validation_cutoff: date
    test_cutoff: date
    is_forward: bool
    known_until: date

    def in_words(self) -> str:
        """One or two sentences on what was trained and validated on."""
        days = ", ".join(day.isoformat() for day in sorted(self.training_cutoffs))
        said = (
            f"Trained at {days} and validated on {len(self.validation):,} other listeners active "
            f"in the 14 days before {self.validation_cutoff}; the test at {self.test_cutoff} "
            "was not looked at."
        )
        if self.is_forward:
            return said
        return (
            f"{said} The log is too short to validate at a later day than was trained at, so "
            "settings that learn these days by heart are flattered."
        )


def inner_split(engine: Engine, timeline: Timeline, cutoff: date, settings: ChurnSettings) -> Split:
    """What a study at ``cutoff`` may be tuned on: its training cutoffs, and what is before them.

    Validated is the latest training cutoff of the study's test; trained, at cutoffs whose
    labels were closed by then, or, where the log is too short for that, at the same ones.

    Raises
    ------
    NotEnoughData : if the log is too short for training at all, or too few of either kind are
        there to validate on
    """
    bench = Bench(engine, timeline, settings, 0, None, cutoff)
    open_days = bench.spacing.open_days
    is_closed = timeline.is_closed(cutoff, open_days)
    test = cutoff if is_closed else timeline.last_closed_cutoff(open_days)
    outer = bench.training_cutoffs(test)
    inner = _earlier(bench, outer[0])
    validated = bench.load(outer[0])
    trained = [bench.load(day) if day != outer[0] else validated for day in inner or outer]
    return Split(
        label=bench.label,
        training=Examples.concatenate([data.examples for data in trained]),
        validation=_headline(validated),
        training_cutoffs=inner or outer,
        validation_cutoff=outer[0],
        test_cutoff=test,
        is_forward=bool(inner),
        known_until=outer[0] + timedelta(days=open_days),
    )


def _earlier(bench: Bench, before: date) -> list[date]:
    """Cutoffs whose labels were closed at ``before``; none where the log begins too late."""
    try:
        return bench.training_cutoffs(before)
    except NotEnoughData:
        return []


def _headline(data: CutoffData) -> Examples:
    found = data.examples.take(np.flatnonzero(data.populations()[HEADLINE]))
    assert found.y is not None
    n_left = int(found.y.sum())
    if min(n_left, len(found) - n_left) < MIN_OF_EACH_CLASS:
        raise NotEnoughData(
            f"{n_left} of the {len(found)} listeners active before {data.cutoff} are positives: "
            f"with fewer than {MIN_OF_EACH_CLASS} of either kind all settings look alike",
            mend="tune with more listeners, or leave the defaults",
        )
    return found
