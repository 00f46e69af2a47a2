"""What contacting did: the difference in leaving between the groups of a random hold-out.

Strata of risk are compared each with itself and weighed by their size. Inside of them each
group is adjusted by the score that was known before the campaign, with a slope of its own:
this narrows the interval and, the groups being random, shifts nothing. Deng et al., "Improving
the sensitivity of online controlled experiments by utilizing pre-experiment data" (CUPED), WSDM
2013; Lin, "Agnostic notes on regression adjustments to experimental data", Annals of Applied
Statistics 2013.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tenuto.errors import ContractError, NotEnoughData
from tenuto.evaluation.intervals import LEVEL, wilson

TREAT, HOLDOUT = "treat", "holdout"
#: Below so many of either group no interval is worth its name: at 30 a rate of one half is
#: known to within 18 points.
FEWEST_PER_GROUP = 30
#: A stratum with fewer of a group is joined to its neighbour, so that its variance is known.
FEWEST_PER_STRATUM = 10
#: With fewer leavers or stayers in a group the spread of its rows says too little: of nobody
#: who left it would say that nobody ever could.
FEW = 10
POWER = 0.8


@dataclass(frozen=True)
class Effect:
    """By how much contact lowered the share of those who leave; negative: it raised it.

    treat, holdout : shares who left, adjusted, so that their difference is the effect
    effect, low, high : in shares of 1, with a 95 % interval
    p_value : of an effect at least this far from 0 where there is none
    relative, relative_low, relative_high : the effect over ``holdout``; NaN where nobody left
    detectable : the effect that such a campaign finds four times in five
    """

    n_treat: int
    n_holdout: int
    n_left_treat: int
    n_left_holdout: int
    treat: float
    holdout: float
    effect: float
    low: float
    high: float
    p_value: float
    relative: float
    relative_low: float
    relative_high: float
    detectable: float

    @property
    def is_seen(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def contacts_per_kept(self) -> tuple[float, float, float] | None:
        """How many to contact to keep one (number needed to treat), with its interval.

        None unless the effect is seen to be good: an interval that holds 0 has no inverse.
        """
        return (1 / self.effect, 1 / self.high, 1 / self.low) if self.low > 0 else None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure_effect(table: pd.DataFrame) -> Effect:
    """The effect of a campaign on everybody who could have been contacted.

    Parameters
    ----------
    table : one row per listener: ``group`` ("treat" or "holdout"), ``y`` (1 = left), and, where
        known, ``stratum`` (numbers in the order of risk) and ``probability``, both from before

    Raises
    ------
    ContractError : if a group or an outcome is something else
    NotEnoughData : if a group has fewer than 30 listeners
    """
    rows = _checked(table)
    is_treated, y = (rows["group"] == TREAT).to_numpy(), rows["y"].to_numpy(dtype=np.float64)
    stratum = _strata(rows, is_treated)
    score = _score(rows)
    treat = _adjusted(y, score, stratum, is_treated)
    holdout = _adjusted(y, score, stratum, ~is_treated)
    return _effect(y, is_treated, treat, holdout)


def _score(rows: pd.DataFrame) -> np.ndarray:
    """The score of each row; one without a score adjusts nothing."""
    if "probability" not in rows:
        return np.zeros(len(rows))
    score = rows["probability"].astype(np.float64)
    return score.fillna(0.0 if score.isna().all() else score.mean()).to_numpy()


@dataclass(frozen=True)
class _Arm:
    """A group's share of leavers, had it been everybody: mean, variance, degrees of freedom."""

    mean: float
    variance: float
    freedom: float


def _adjusted(y: np.ndarray, score: np.ndarray, stratum: np.ndarray, here: np.ndarray) -> _Arm:
    everywhere = pd.DataFrame({"stratum": stratum, "score": score}).groupby("stratum")["score"]
    sizes, centres = everywhere.size(), everywhere.mean()
    mine = pd.DataFrame({"stratum": stratum[here], "y": y[here], "score": score[here]})
    grouped = mine.groupby("stratum")
    n, means = grouped.size(), grouped[["y", "score"]].mean()
    inner = mine[["y", "score"]] - means.loc[mine["stratum"]].to_numpy()
    spread = float((inner["score"] ** 2).sum())
    slope = float((inner["y"] * inner["score"]).sum()) / spread if spread > 0 else 0.0
    weight = sizes / sizes.sum()
    adjusted = means["y"] - slope * (means["score"] - centres)
    left_over = (inner["y"] - slope * inner["score"]) ** 2
    variance = left_over.groupby(mine["stratum"]).sum() / (n - 1)
    # A slope was learned from the same rows: one degree of freedom less.
    freedom = max(len(mine) - len(n) - 1, 1)
    correction = (len(mine) - len(n)) / freedom
    total = float((weight**2 * variance / n).sum()) * correction
    return _Arm(float((weight * adjusted).sum()), total, freedom)


def _effect(y: np.ndarray, is_treated: np.ndarray, treat: _Arm, holdout: _Arm) -> Effect:
    effect, reach = holdout.mean - treat.mean, _reach(treat, holdout)
    spread = reach * float(np.sqrt(treat.variance + holdout.variance))
    low, high = effect - spread, effect + spread
    counts = [(int(y[here].sum()), int(here.sum())) for here in (is_treated, ~is_treated)]
    if min(min(left, n - left) for left, n in counts) < FEW:
        low, high = _of_few(treat.mean, counts[0][1], holdout.mean, counts[1][1])
    error = (high - low) / (2 * reach)
    return Effect(
        n_treat=counts[0][1],
        n_holdout=counts[1][1],
        n_left_treat=counts[0][0],
        n_left_holdout=counts[1][0],
        treat=treat.mean,
        holdout=holdout.mean,
        effect=effect,
        low=low,
        high=high,
        p_value=float(2 * stats.norm.sf(abs(effect) / error)),
        **_relative(treat, holdout, reach),
        detectable=(reach + float(stats.norm.ppf(POWER))) * error,
    )


def _of_few(treat: float, n_treat: int, holdout: float, n_holdout: int) -> tuple[float, float]:
    """Interval of ``holdout - treat`` from two Wilson intervals; sound also for shares of 0 and 1.

    Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 1998, method 10.
    """
    shares, n = np.clip([treat, holdout], 0, 1), np.array([n_treat, n_holdout])
    low, high = wilson(shares * n, n)
    below = np.hypot(shares[1] - low[1], high[0] - shares[0])
    above = np.hypot(high[1] - shares[1], shares[0] - low[0])
    return float(holdout - treat - below), float(holdout - treat + above)


def _reach(treat: _Arm, holdout: _Arm) -> float:
    """How many standard errors an interval reaches, by Student's t."""
    return float(stats.t.ppf((1 + LEVEL) / 2, _freedom(treat, holdout)))


def _freedom(treat: _Arm, holdout: _Arm) -> float:
    """Welch and Satterthwaite: between the smaller group's and both groups' together."""
    parts = treat.variance**2 / treat.freedom + holdout.variance**2 / holdout.freedom
    return (treat.variance + holdout.variance) ** 2 / parts if parts > 0 else 1.0


def _relative(treat: _Arm, holdout: _Arm, reach: float) -> dict[str, float]:
    """One minus the ratio of the two shares, with an interval on the logarithm's scale."""
    names = ("relative", "relative_low", "relative_high")
    if min(treat.mean, holdout.mean) <= 0:
        return dict.fromkeys(names, float("nan"))
    ratio = treat.mean / holdout.mean
    error = np.sqrt(treat.variance / treat.mean**2 + holdout.variance / holdout.mean**2)
    ends = (1 - ratio * np.exp(reach * error), 1 - ratio * np.exp(-reach * error))
    return dict(zip(names, map(float, (1 - ratio, *ends)), strict=True))


def _strata(rows: pd.DataFrame, is_treated: np.ndarray) -> np.ndarray:
    """The stratum of each row, thin ones joined to the one before (the first, to the next)."""
    if "stratum" not in rows:
        return np.zeros(len(rows), dtype=int)
    codes = pd.factorize(rows["stratum"], sort=True)[0]
    n_treat = np.bincount(codes[is_treated], minlength=codes.max() + 1)
    n_holdout = np.bincount(codes[~is_treated], minlength=codes.max() + 1)
    joined, place, counts = np.zeros(len(n_treat), dtype=int), 0, np.zeros(2)
    for code, found in enumerate(np.column_stack([n_treat, n_holdout])):
        if code and (counts >= FEWEST_PER_STRATUM).all():
            place, counts = place + 1, np.zeros(2)
        joined[code], counts = place, counts + found
    if place and (counts < FEWEST_PER_STRATUM).any():
        joined[joined == place] = place - 1
    return joined[codes]


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    odd = sorted(set(table["group"]) - {TREAT, HOLDOUT})
    if odd:
        raise ContractError(f"groups are {TREAT} and {HOLDOUT}, not {odd[0]!r}")
    if not table["y"].isin([0, 1]).all():
        raise ContractError("an outcome is neither 0 nor 1", mend="drop rows without an outcome")
    counts = table["group"].value_counts()
    fewest = min(int(counts.get(TREAT, 0)), int(counts.get(HOLDOUT, 0)))
    if fewest < FEWEST_PER_GROUP:
        raise NotEnoughData(
            f"a group has {fewest} listeners; with fewer than {FEWEST_PER_GROUP} no interval can "
            "be trusted",
            mend="measure a larger campaign; `tenuto campaign size` says how large",
        )
    return table
