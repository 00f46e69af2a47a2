"""How many listeners a campaign needs before its effect can be told from chance.

Two shares are compared, by the normal approximation with the variance of each. The effect is
relative: 0.10 on a base of 62 % means 55.8 % instead.

Source: churn.md §4.8, whose table this gives; Fleiss, "Statistical Methods for Rates and
Proportions", chapter 3.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from tenuto.errors import SettingsError

ALPHA, POWER = 0.05, 0.8


@dataclass(frozen=True)
class Size:
    """Listeners needed, by group; ``base`` leave without contact, ``contacted`` with it."""

    base: float
    effect: float
    contacted: float
    holdout_share: float
    n_holdout: int
    n_treat: int
    power: float
    alpha: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def campaign_size(
    base: float,
    effect: float,
    holdout_share: float = 0.5,
    power: float = POWER,
    alpha: float = ALPHA,
) -> Size:
    """Listeners in each group so that ``effect`` is found with the chance ``power``.

    Raises
    ------
    SettingsError : if a share is not between 0 and 1

    Examples
    --------
    >>> campaign_size(0.62, 0.10, holdout_share=0.1).n_holdout
    537
    """
    shares = {"base": base, "effect": effect, "holdout": holdout_share}
    for name, share in (shares | {"power": power, "alpha": alpha}).items():
        if not 0 < share < 1:
            raise SettingsError(
                f"{name} is {share}, not between 0 and 1",
                mend=f"give it as a share, such as --{name} 0.1 for ten in a hundred",
            )
    ratio = (1 - holdout_share) / holdout_share
    left = base * (1 - effect)
    spread = base * (1 - base) + left * (1 - left) / ratio
    n_holdout = _reach(power, alpha) ** 2 * spread / (base - left) ** 2
    return Size(
        base=base,
        effect=effect,
        contacted=left,
        holdout_share=holdout_share,
        n_holdout=round(n_holdout),
        n_treat=round(n_holdout * ratio),
        power=power,
        alpha=alpha,
    )


def detectable_effect(
    base: float, n_holdout: int, n_treat: int, power: float = POWER, alpha: float = ALPHA
) -> float:
    """The smallest relative effect that groups of this size find; NaN where none is large enough.

    ``base`` is the share of the hold-out expected to leave. At most 1: contact keeps everybody.
    """
    if not 0 < base < 1 or min(n_holdout, n_treat) < 2:
        return float("nan")

    def lacks(effect: float) -> float:
        left = base * (1 - effect)
        spread = base * (1 - base) / n_holdout + left * (1 - left) / n_treat
        return base * effect - _reach(power, alpha) * np.sqrt(spread)

    return float(brentq(lacks, 1e-12, 1.0)) if lacks(1.0) > 0 else float("nan")


def _reach(power: float, alpha: float) -> float:
    """How many standard errors away an effect must be."""
    return float(ndtri(1 - alpha / 2) + ndtri(power))
