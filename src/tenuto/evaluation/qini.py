"""Is contact given to those whom it helps? Uplift curves and the Qini coefficient.

Nobody is seen both with and without contact, so no single listener can be judged; groups of
a random hold-out can. Radcliffe, "Using control groups to target on predicted lift", Direct
Marketing Analytics Journal 2007; with groups of unequal share, Gutierrez & Gérardy, "Causal
inference and uplift modelling", PMLR 67, 2017.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation._ranked import Floats
from tenuto.evaluation.intervals import LEVEL

N_POINTS = 100
N_DRAWS = 300
SHARES = (0.1, 0.2, 0.3, 0.5)


def qini_curve(y, is_treated, score, treat_share) -> pd.DataFrame:
    """Leavers kept, per listener on the list, when the top share of it is contacted.

    Parameters
    ----------
    y : 1 for who left
    is_treated : whether contacted, drawn at random
    score : the higher, the sooner contacted; ties count with their expected value
    treat_share : the chance of each row to be contacted (one number, or one per row)

    Returns
    -------
    DataFrame: ``share`` from 0 to 1 in 100 steps, ``kept`` (negative: driven away), and ``chance``,
    what a list in random order keeps. Both end in the effect on everybody.
    """
    ranked = _Ranked(y, is_treated, score, treat_share)
    kept = ranked.curve(np.ones(len(ranked.order)))
    share = np.linspace(0, 1, N_POINTS + 1)
    return pd.DataFrame({"share": share, "kept": kept, "chance": share * kept[-1]})


def qini_coefficient(y, is_treated, score, treat_share) -> float:
    """Area between the Qini curve and the line of chance, in leavers kept per listener.

    0 for an order that knows nothing; negative for one that is worse than that.
    """
    ranked = _Ranked(y, is_treated, score, treat_share)
    return _area(ranked.curve(np.ones(len(ranked.order))))


def uplift_at(y, is_treated, score, treat_share, share: float) -> float:
    """The effect of contact among the top ``share`` of the list (0 to 1]."""
    if not 0 < share <= 1:
        raise ContractError(f"share is {share}", mend="use a share above 0, up to 1")
    ranked = _Ranked(y, is_treated, score, treat_share)
    return float(ranked.kept_at(np.ones(len(ranked.order)), np.array([share]))[0] / share)


def qini_table(
    y,
    is_treated,
    scores: Mapping[str, np.ndarray],
    treat_share,
    *,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> pd.DataFrame:
    """Qini and uplift at 10, 20, 30 and 50 % of each order, with intervals by bootstrap.

    Returns
    -------
    DataFrame, one row per order and metric: ``ranking``, ``metric`` ("qini", "uplift_at_10" …),
    ``value``, ``low``, ``high``. One row is one user; all orders see the same draws.
    """
    orders = {name: _Ranked(y, is_treated, score, treat_share) for name, score in scores.items()}
    n_rows = len(np.asarray(y))
    values = {name: _figures(ranked, np.ones(n_rows)) for name, ranked in orders.items()}
    draws: dict[str, list[Floats]] = {name: [] for name in orders}
    for _ in range(n_draws):
        weights = np.bincount(rng.integers(0, n_rows, n_rows), minlength=n_rows).astype(np.float64)
        for name, ranked in orders.items():
            draws[name].append(_figures(ranked, weights))
    metrics = ["qini", *(f"uplift_at_{share * 100:.0f}" for share in SHARES)]
    parts = []
    for name in orders:
        low, high = np.nanquantile(draws[name], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        columns = {"metric": metrics, "value": values[name], "low": low, "high": high}
        parts.append(pd.DataFrame({"ranking": name, **columns}))
    return pd.concat(parts, ignore_index=True)


class _Ranked:
    """Rows in falling order of score, to be weighted anew for each draw."""

    def __init__(self, y, is_treated, score, treat_share):
        left, ranks = np.asarray(y, dtype=np.float64), np.asarray(score, dtype=np.float64)
        treated = np.asarray(is_treated, dtype=bool)
        chance = np.broadcast_to(np.asarray(treat_share, dtype=np.float64), left.shape)
        _check(left, treated, ranks, chance)
        self.order = np.argsort(-ranks, kind="stable")
        self.left, self.treated = left[self.order], treated[self.order]
        # A row stands for all of its kind that were drawn into the other group.
        self.inverse = 1 / np.where(self.treated, chance[self.order], 1 - chance[self.order])
        ranks = ranks[self.order]
        self.ends = np.append(np.flatnonzero(ranks[1:] != ranks[:-1]), len(ranks) - 1) + 1

    def curve(self, weights: Floats) -> Floats:
        """``kept_at`` 0, 0.01, … 1."""
        return self.kept_at(weights, np.linspace(0, 1, N_POINTS + 1))

    def kept_at(self, weights: Floats, shares: Floats) -> Floats:
        """Share times effect in the top ``shares``; 0 where a group has nobody there."""
        counts = weights[self.order]
        rows, weighted = self._running(counts), counts * self.inverse
        means = []
        for group in (~self.treated, self.treated):
            total = self._running(weighted * group)
            left = self._running(weighted * group * self.left)
            means.append(np.divide(left, total, out=np.full_like(left, np.nan), where=total > 0))
        gap = np.nan_to_num(means[0] - means[1])
        kept = rows / rows[-1] * gap
        return np.interp(shares, rows / rows[-1], kept)

    def _running(self, values: Floats) -> Floats:
        """Totals at the end of each group of ties, from 0 on."""
        return np.append(0.0, np.cumsum(values)[self.ends - 1])


def _figures(ranked: _Ranked, weights: Floats) -> Floats:
    kept = ranked.kept_at(weights, np.array(SHARES)) / np.array(SHARES)
    return np.append(_area(ranked.curve(weights)), kept)


def _area(kept: Floats) -> float:
    above = kept - np.linspace(0, 1, len(kept)) * kept[-1]
    return float(np.trapezoid(above, dx=1 / (len(kept) - 1)))


def _check(left: Floats, treated: np.ndarray, ranks: Floats, chance: Floats) -> None:
    if not len(left) == len(treated) == len(ranks):
        raise ContractError(
            f"{len(left)} outcomes, {len(treated)} groups and {len(ranks)} scores",
            mend="pass one of each per row",
        )
    if treated.all() or not treated.any():
        raise ContractError("there is only one group", mend="pass those held out, too")
    if not np.isin(left, (0.0, 1.0)).all() or np.isnan(ranks).any():
        raise ContractError("an outcome is neither 0 nor 1, or a score is not a number")
    if not ((chance > 0) & (chance < 1)).all():
        raise ContractError("a chance of contact is not between 0 and 1")
