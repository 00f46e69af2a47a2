"""Whether what a search found is better than the defaults by more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from tenuto.churn._compare_gaps import Gap, gap_alone
from tenuto.churn._compare_words import figure, signed
from tenuto.churn._search_split import Split
from tenuto.churn._search_trials import Trial
from tenuto.evaluation.intervals import LEVEL, bootstrap
from tenuto.search.halving import DEFAULTS

METRIC = "log_loss"
_NAN = float("nan")


@dataclass(frozen=True)
class Choice:
    """What the search of one model came to.

    settings : to use; {} where the defaults stay
    best : the best on the last rung, taken or not; None where nothing got there in time
    log_loss : of the defaults, on the last rung
    gain : log loss of the defaults minus that of ``best``, with the 95 % interval of this
        difference alone; NaN without ``best``
    p : of the gain, times the settings that ``best`` was picked from (Bonferroni): the best of
        many looks good by chance
    known_until : the day from which on nothing was looked at
    why : a sentence for people
    """

    model: str
    settings: dict[str, Any]
    best: dict[str, Any] | None
    n_trials: int
    log_loss: float
    gain: float
    gain_low: float
    gain_high: float
    p: float
    known_until: date
    is_forward: bool
    why: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def chosen(
    model: str,
    split: Split,
    trials: Sequence[Trial],
    on_last_rung: Mapping[int, np.ndarray],
    *,
    rng: np.random.Generator,
    n_draws: int,
) -> Choice:
    """The settings to use for ``model``.

    ``on_last_rung`` has, by the number of the trial, what was said of each row validated on.
    """
    finals = {trial.number: trial for trial in trials if trial.number in on_last_rung}
    n_trials = len({trial.number for trial in trials})
    if len(finals) < 2:
        return _kept(model, split, finals, n_trials, _out_of_time(n_trials, len(trials)))
    best = min(finals.values(), key=lambda trial: (trial.log_loss, trial.number))
    if best.number == DEFAULTS:
        return _kept(model, split, finals, n_trials, "nothing better than the defaults was found")
    gap = _gain(split, on_last_rung[DEFAULTS], on_last_rung[best.number], rng, n_draws)
    p = min(1.0, gap.p * (n_trials - 1))
    is_taken = gap.difference > 0 and p < 1 - LEVEL
    return Choice(
        model=model,
        settings=best.settings if is_taken else {},
        best=best.settings,
        n_trials=n_trials,
        log_loss=finals[DEFAULTS].log_loss,
        gain=gap.difference,
        gain_low=gap.low,
        gain_high=gap.high,
        p=p,
        known_until=split.known_until,
        is_forward=split.is_forward,
        why=_why(gap, n_trials - 1, is_taken),
    )


def _gain(
    split: Split,
    of_defaults: np.ndarray,
    of_best: np.ndarray,
    rng: np.random.Generator,
    n_draws: int,
) -> Gap:
    """Log loss of the defaults minus that of the best: more is better."""
    both = {"defaults": of_defaults, "best": of_best}
    users = split.validation.user_id
    found = bootstrap(split.validation.y, both, users, rng=rng, n_draws=n_draws)
    return gap_alone(found, "defaults", "best", METRIC)[0]


def _kept(model: str, split: Split, finals: Mapping[int, Trial], n_trials: int, why: str) -> Choice:
    """The defaults."""
    known = finals.get(DEFAULTS)
    return Choice(
        model=model,
        settings={},
        best={} if len(finals) > 1 else None,
        n_trials=n_trials,
        log_loss=_NAN if known is None else known.log_loss,
        **dict.fromkeys(("gain", "gain_low", "gain_high", "p"), _NAN),
        known_until=split.known_until,
        is_forward=split.is_forward,
        why=f"{why}: the defaults stay",
    )


def _out_of_time(n_settings: int, n_trials: int) -> str:
    if n_trials == 0:
        return "no time was left to try anything"
    if n_settings == 1:
        return "no time was left to try anything but the defaults"
    return f"the time was up before any of {n_settings - 1} settings was tried on all rows"


def _why(gap: Gap, n_tried: int, is_taken: bool) -> str:
    low, high = signed(gap.low, METRIC), signed(gap.high, METRIC)
    gain = f"log loss better by {figure(gap.difference, METRIC)} [{low}, {high}]"
    if is_taken:
        return f"{gain}, beyond noise for the best of {n_tried}"
    return f"{gain}, which the best of {n_tried} may have by chance: the defaults stay"
