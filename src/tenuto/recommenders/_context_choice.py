"""Whether the moment helps at all, and how much of it: decided on moments not yet counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.evaluation.draws import bootstrap_mean
from tenuto.recommenders._context import ContextPrior
from tenuto.reranking import Candidates, Pairs
from tenuto.reranking._draws import uniform

SHRINKAGES = (10.0, 50.0, 250.0)
STRENGTHS = (0.25, 0.5, 1.0)
#: Listeners of each half; with fewer nothing can be shown, and the moment is left out.
_FEWEST = 20


@dataclass(frozen=True)
class Moments:
    """Moments of listeners, of a time after the plays that were counted.

    candidates : one row per moment, what would be recommended without knowing the moment
    context : its number
    played : what was then played
    listener : whose it is; a listener may have many
    """

    candidates: Candidates
    context: NDArray[np.int64]
    played: Pairs
    listener: NDArray[np.int64]

    def where(self, is_wanted: NDArray[np.bool_]) -> Moments:
        """Some of them."""
        rows = np.flatnonzero(is_wanted)
        return Moments(
            self.candidates.take(rows),
            self.context[rows],
            self.played.take(rows),
            self.listener[rows],
        )


@dataclass(frozen=True)
class ContextChoice:
    """The prior to use, switched off (``strength`` 0) unless it surely helps.

    tried : one row per setting: ``shrinkage``, ``strength``, ``gain`` of NDCG on the half of the
        listeners that chose
    gain, low, high : of the chosen setting on the other half, with its 95 % interval; NaN where
        there were too few
    """

    prior: ContextPrior
    tried: pd.DataFrame
    gain: float
    low: float
    high: float


def choose_context(
    counts,
    contexts: Sequence[str],
    moments: Moments,
    *,
    k: int = 10,
    rng: np.random.Generator,
    seed: int = 0,
) -> ContextChoice:
    """The best setting on one half of the listeners, kept if it surely helps the other half.

    Parameters
    ----------
    counts, contexts : as for `ContextPrior.fit`
    k : NDCG of the first so many; listeners count alike, however many moments they have

    Notes
    -----
    The halves are of listeners, and the interval that has to be above 0 is of the half that did
    not choose: the best of nine settings always looks good where it was chosen.
    """
    chooses = uniform(seed, moments.listener) < 0.5
    choosing, judging = moments.where(chooses), moments.where(~chooses)
    tried = []
    for shrinkage in SHRINKAGES:
        prior = ContextPrior.fit(counts, contexts, shrinkage=shrinkage)
        for strength in STRENGTHS:
            gain = _gains(replace(prior, strength=strength), choosing, k).mean()
            tried.append((shrinkage, strength, gain))
    table = pd.DataFrame(tried, columns=["shrinkage", "strength", "gain"])
    # A tie goes to the more careful setting: less strength, then more shrinkage.
    careful = table.sort_values(["strength", "shrinkage"], ascending=[True, False])
    best = careful.sort_values("gain", ascending=False, kind="stable").iloc[0]
    settings = {"shrinkage": float(best["shrinkage"]), "strength": float(best["strength"])}
    prior = ContextPrior.fit(counts, contexts, **settings)
    gains = _gains(prior, judging, k)
    found = (np.nan, np.nan, np.nan)
    if min(len(gains), len(np.unique(choosing.listener))) >= _FEWEST:
        found = bootstrap_mean(gains, rng)
    helps = found[1] > 0 and best["gain"] > 0
    return ContextChoice(prior if helps else replace(prior, strength=0.0), table, *found)


def _gains(prior: ContextPrior, moments: Moments, k: int) -> pd.Series:
    """What knowing the moment adds to NDCG, a mean per listener."""
    adjusted = prior.adjust(moments.candidates, moments.context)
    gain = _ndcg(adjusted, moments.played, k) - _ndcg(moments.candidates, moments.played, k)
    return pd.Series(gain).groupby(moments.listener).mean()


def _ndcg(candidates: Candidates, played: Pairs, k: int) -> NDArray[np.float64]:
    """Per row; NaN where nothing was played (see `tenuto.evaluation.ranking.ndcg_at_k`)."""
    is_hit = played.has(candidates.first(k).item)
    discount = 1 / np.log2(np.arange(k) + 2)
    n_played = np.minimum(np.diff(played.start), k)
    best = np.concatenate([[np.nan], np.cumsum(discount)])[n_played]
    return (is_hit * discount[: is_hit.shape[1]]).sum(axis=1) / best
