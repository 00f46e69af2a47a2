"""Which model the call list should come from, as far as the data can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tenuto.churn import CATALOGUE
from tenuto.churn._compare import Comparison, compared
from tenuto.churn._compare_words import sentences
from tenuto.churn._contract import ChurnModel
from tenuto.churn._search_split import Split
from tenuto.churn._tuning_choice import METRIC

#: Several models in one, dearer than each of them: only worth it where they are better.
ENSEMBLES = ("blend", "stack")


@dataclass(frozen=True)
class Advice:
    """``model`` for ``churn.call_list_model``, which is ``current`` now; ``said`` in words."""

    model: str
    current: str
    said: list[str]
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "current": self.current,
            "said": self.said,
            "comparison": self.comparison.to_dict(),
        }


def advise(
    split: Split,
    tuned: Mapping[str, np.ndarray],
    current: str,
    ensembles: Sequence[str],
    ask: Callable[[str], np.ndarray | None],
    *,
    rng: np.random.Generator,
    n_draws: int,
) -> Advice | None:
    """Hold the tuned models, the one in use and the ensembles against each other.

    Parameters
    ----------
    tuned : model -> probability of each row validated on
    ask : the same for a model that was not tuned; None when the time is up

    Returns
    -------
    None where there are not two models to compare. What is in use stays unless another is better
    beyond noise; among equals a single model goes before an ensemble.
    """
    others = [name for name in (current, *ensembles) if name not in tuned]
    asked = {name: ask(name) for name in dict.fromkeys(others)}
    known = {**tuned, **{name: p for name, p in asked.items() if p is not None}}
    if len(known) < 2 or split.validation.y is None:
        return None
    found = compared(
        split.validation.y,
        known,
        split.validation.user_id,
        metric=METRIC,
        rng=rng,
        n_draws=n_draws,
    )
    model = _advised(found, current)
    return Advice(model, current, [*sentences(found), *_said(model, current, known)], found)


def _advised(found: Comparison, current: str) -> str:
    """``current``, unless some are better; of those the best, a single one before an ensemble."""
    better = [gap.model for gap in found.gaps if gap.is_beyond and gap.against == current]
    if current in {row["model"] for row in found.figures} and not better:
        return current
    candidates = better or [found.best]
    top = candidates[0]
    worse = {gap.against for gap in found.gaps if gap.is_beyond and gap.model == top}
    single = [name for name in candidates if name not in ENSEMBLES and name not in worse]
    return (single or candidates)[0]


def _said(model: str, current: str, known: Mapping[str, Any]) -> list[str]:
    if model == current:
        return [f'Keep call_list_model = "{current}": no other is better beyond noise.']
    held = "" if current in known else f"; there was no time to hold it against {current}"
    said = [f'Set call_list_model = "{model}" below [churn] in tenuto.toml{held}.']
    if CATALOGUE.get(model).Model.contributions is ChurnModel.contributions:
        said.append(f"Mind that {model} cannot say why: the call list would have no reasons.")
    if getattr(CATALOGUE.get(model), "ON_REQUEST", False):
        said.append(f"Name it in churn.models as well: {model} is trained only on request.")
    return said
