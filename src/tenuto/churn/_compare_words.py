"""A comparison of models in plain words: who is better, and which differences are noise."""

from __future__ import annotations

import math

from tenuto.churn._compare import Comparison, Gap

_NAMES = {"auc": "AUC", "brier": "Brier score", "ece": "ECE", "f1": "F1"}
#: Losses differ in the fourth decimal, shares in the third.
_FINE = ("log_loss", "brier", "ece")
# Above so many times the listeners, "more of them" is no advice.
_MANY_TIMES = 100


def sentences(found: Comparison) -> list[str]:
    """One sentence for the best model with each other one."""
    if not found.is_ranked:
        return [
            f"Not enough data to rank models: {found.n_rarer} of {found.n_listeners:,} listeners "
            "have the rarer outcome, and no figure below can be told from another."
        ]
    said = [_sentence(gap, found) for gap in found.with_best()]
    noise = [gap.against for gap in found.with_best() if not gap.is_beyond]
    if len(noise) > 1:
        said.append(
            f"With these {found.n_listeners:,} listeners {found.best} cannot be told from "
            f"{_listed(noise)}: choose among them by cost, or by whether they say why."
        )
    return said


def metric_in_words(metric: str) -> str:
    """``auc`` is AUC, ``lift_at_10`` lift at 10 %."""
    name, _, percent = metric.partition("_at_")
    words = _NAMES.get(metric, name.replace("_", " "))
    return f"{words} at {percent} %" if percent else words


def figure(value: float, metric: str) -> str:
    """A figure with as many decimals as its metric is worth; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.{_decimals(metric)}f}"


def signed(value: float, metric: str) -> str:
    """`figure` of a difference, with its sign; no difference has a plus."""
    if math.isnan(value):
        return "–"
    return f"{round(value, _decimals(metric)) + 0.0:+.{_decimals(metric)}f}"


def gap_in_words(gap: Gap, metric: str) -> str:
    """``AUC +0.002 [-0.003, +0.007]``."""
    low, high = signed(gap.low, metric), signed(gap.high, metric)
    return f"{metric_in_words(metric)} {signed(gap.difference, metric)} [{low}, {high}]"


def _sentence(gap: Gap, found: Comparison) -> str:
    figures = gap_in_words(gap, found.metric)
    if math.isnan(gap.difference):
        return f"{gap.model} and {gap.against}: {metric_in_words(found.metric)} is not defined."
    if gap.is_beyond:
        return f"{gap.model} is better than {gap.against}: {figures}."
    start = f"{gap.model} and {gap.against}: no difference beyond noise ({figures})"
    if not gap.low <= 0 <= gap.high:
        start += (
            f"; alone it would pass, but among {len(found.gaps)} pairs of models such a one comes "
            "up by chance"
        )
    return f"{start}{_needed(gap, found.n_listeners)}."


def _needed(gap: Gap, n_listeners: int) -> str:
    if gap.n_needed is None:
        return ""
    if gap.n_needed > _MANY_TIMES * n_listeners:
        return f"; even {_MANY_TIMES} times as many would not show one of that size"
    return f"; to see one of that size takes about {gap.n_needed:,} of them, not {n_listeners:,}"


def _decimals(metric: str) -> int:
    return 4 if metric in _FINE else 3


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
