"""Whether what a search found is better than the defaults by more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from tenuto.evaluation.intervals import LEVEL
from tenuto.search.halving import DEFAULTS


@dataclass(frozen=True)
class Trial:
    """One setting tried on one rung.

    number : 0 for the defaults
    n_listeners : learned from
    ndcg : mean over the listeners validated on
    """

    number: int
    rung: int
    settings: dict[str, Any]
    n_listeners: int
    ndcg: float

    @property
    def loss(self) -> float:
        return -self.ndcg


@dataclass(frozen=True)
class Choice:
    """What trials come to.

    settings : to use; {} where the defaults stay
    best : the best on the last rung, taken or not; None where nothing but the defaults, or not
        even they, got there in time
    ndcg : of the defaults on the last rung; None where they did not get there
    gain, gain_low, gain_high : NDCG of the best minus that of the defaults, over the same
        listeners, with its 95 % interval; None without another one
    p : of a gain like this by chance, times the settings that the best was picked from
        (Bonferroni): the best of many looks good by chance
    why : a sentence for people
    """

    settings: dict[str, Any]
    best: dict[str, Any] | None
    ndcg: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    p: float | None
    why: str


def chosen(trials: Sequence[Trial], on_last_rung: Mapping[int, pd.Series]) -> Choice:
    """The settings to use.

    ``on_last_rung`` has, by the number of the trial, the NDCG of each listener validated on.
    """
    finals = [trial for trial in trials if trial.number in on_last_rung]
    finals = list({trial.number: trial for trial in finals}.values())
    n_tried = len({trial.number for trial in trials}) - 1
    if len(finals) < 2:
        return _defaults(finals, _out_of_time(n_tried), best=None)
    best = max(finals, key=lambda trial: (trial.ndcg, -trial.number))
    if best.number == DEFAULTS:
        return _defaults(finals, "nothing better than the defaults was found", best={})
    gains = (on_last_rung[best.number] - on_last_rung[DEFAULTS]).to_numpy()
    return _judged(best, finals, gains, n_tried)


def _judged(best: Trial, finals: Sequence[Trial], gains: np.ndarray, n_tried: int) -> Choice:
    """The best if its gain is beyond noise: a paired test over listeners, by its normal limit."""
    gain = float(gains.mean())
    error = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else np.inf
    p = min(1.0, n_tried * 2 * float(norm.sf(gain / error))) if error > 0 else 0.0
    half = float(norm.ppf((1 + LEVEL) / 2)) * error
    is_taken = p < 1 - LEVEL
    said = f"NDCG better by {gain:.4f} [{gain - half:+.4f}, {gain + half:+.4f}]"
    fate = (
        f"{said}, beyond noise for the best of {n_tried}"
        if is_taken
        else f"{said}, which the best of {n_tried} may have by chance: the defaults stay"
    )
    return Choice(
        settings=best.settings if is_taken else {},
        best=best.settings,
        ndcg=_ndcg_of_defaults(finals),
        gain=gain,
        gain_low=gain - half if np.isfinite(half) else None,
        gain_high=gain + half if np.isfinite(half) else None,
        p=p,
        why=fate,
    )


def _defaults(finals: Sequence[Trial], why: str, best: dict[str, Any] | None) -> Choice:
    nothing = dict.fromkeys(("gain", "gain_low", "gain_high", "p"))
    ndcg = _ndcg_of_defaults(finals)
    return Choice(settings={}, best=best, ndcg=ndcg, **nothing, why=f"{why}: the defaults stay")


def _ndcg_of_defaults(finals: Sequence[Trial]) -> float | None:
    return next((trial.ndcg for trial in finals if trial.number == DEFAULTS), None)


def _out_of_time(n_tried: int) -> str:
    if n_tried < 0:
        return "no time was left to try anything"
    if n_tried == 0:
        return "no time was left to try anything but the defaults"
    return f"the time was up before any of {n_tried} settings was tried on all listeners"
