"""A campaign as a table whose true effect is known: the fast ground for judging measurements.

There are four kinds of listener. Sure stayers stay and lost causes leave, whatever is done;
persuadables leave unless they are contacted; sleeping dogs stay unless they are. How open
a listener is to an offer can be learned from the columns, and it is not the risk: who has been
silent longest is likeliest to leave and hardest to persuade.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from tenuto.errors import SettingsError

KINDS = ("sure stayer", "lost cause", "persuadable", "sleeping dog")
SURE_STAYER, LOST_CAUSE, PERSUADABLE, SLEEPING_DOG = range(4)
#: Columns that a model may learn from.
FEATURES = (
    "is_iphone",
    "is_paid",
    "tenure_days",
    "days_since_last_play",
    "n_plays_14d",
    "share_finished",
)
_N_STRATA = 10


def campaign_table(
    n: int, seed: int = 0, effect: float = 1.0, *, holdout_share: float = 0.3
) -> pd.DataFrame:
    """A finished campaign of ``n`` listeners, with what they would have done either way.

    Parameters
    ----------
    effect : how well offers work, from 0 (not at all: nobody is persuadable or a sleeping dog)
        to 1; the same listeners at any value
    holdout_share : of each decile of risk

    Returns
    -------
    DataFrame, one row per listener: ``user_id``, ``FEATURES``, ``probability`` (a good risk
    model's), ``stratum`` (decile of it, 0 the safest), ``group`` ("treat" or "holdout"), ``y``
    (1 = left), ``kind``, and ``y0`` and ``y1``, whether the listener leaves without and with
    contact. The true effect is ``(y0 - y1).mean()``.

    Raises
    ------
    SettingsError : if ``effect`` is not within [0, 1]
    """
    check_effect(effect)
    rng = np.random.default_rng([seed, 70])
    table = _listeners(n, rng)
    risk, is_open, is_touchy = _chances(table)
    would_leave = rng.random(n) < risk
    swayed = rng.random(n) < effect * np.where(would_leave, is_open, is_touchy)
    kind = kinds_of(would_leave, swayed)
    blurred = np.log(risk / (1 - risk)) + 0.3 * rng.standard_normal(n)
    table = table.assign(probability=expit(blurred), kind=np.array(KINDS)[kind])
    table["y0"], table["y1"] = would_leave.astype(int), (would_leave ^ swayed).astype(int)
    table["stratum"] = (table["probability"].rank(method="first") - 1).astype(int) * _N_STRATA // n
    table["group"] = _groups(table["stratum"].to_numpy(), holdout_share, rng)
    table["y"] = table["y1"].where(table["group"] == "treat", table["y0"])
    return table


def kinds_of(would_leave: np.ndarray, is_swayed: np.ndarray) -> np.ndarray:
    """The kind of each listener, as a place in ``KINDS``."""
    leaver = np.where(is_swayed, PERSUADABLE, LOST_CAUSE)
    return np.where(would_leave, leaver, np.where(is_swayed, SLEEPING_DOG, SURE_STAYER))


def check_effect(effect: float) -> None:
    """Raise SettingsError unless ``effect`` is a share."""
    if not 0 <= effect <= 1:
        raise SettingsError(f"effect is {effect}", mend="use 0 (none) to 1 (as planted)")


def _listeners(n: int, rng: np.random.Generator) -> pd.DataFrame:
    days_silent = rng.geometric(0.22, n).clip(max=14)
    return pd.DataFrame(
        {
            "user_id": 168_000_000 + np.arange(n),
            "is_iphone": (rng.random(n) < 0.25).astype(int),
            "is_paid": (rng.random(n) < 0.35).astype(int),
            "tenure_days": rng.exponential(66, n).astype(int) + 14,
            "days_since_last_play": days_silent,
            "n_plays_14d": rng.negative_binomial(0.8, 0.8 / (0.8 + 40), n) + 1,
            "share_finished": rng.beta(2.2, 2.2, n),
        }
    )


def _chances(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of leaving, of a leaver being open to an offer, of a stayer being put off by it.

    Arbitrary, but for the directions: a third leave, of whom three in ten can be kept (the
    usual prior, churn.md §4.5), and one stayer in fifty is put off.
    """
    silence = (table["days_since_last_play"] - 4.5) / 3.6
    volume = (np.log(table["n_plays_14d"]) - 2.7) / 1.5
    tenure = (np.log(table["tenure_days"]) - 4.0) / 0.7
    risk = expit(-0.8 + 1.1 * silence - 0.6 * volume - 0.3 * tenure)
    is_open = expit(-1.3 - 1.6 * silence + 1.6 * table["is_paid"] + 0.9 * tenure)
    is_touchy = np.where((table["is_iphone"] == 1) & (table["is_paid"] == 0), 0.08, 0.005)
    return risk.to_numpy(), is_open.to_numpy(), is_touchy


def _groups(stratum: np.ndarray, holdout_share: float, rng: np.random.Generator) -> np.ndarray:
    """The same share of every stratum is held out, up to one listener."""
    draw = pd.Series(rng.random(len(stratum))).groupby(stratum).rank(pct=True)
    return np.where(draw <= holdout_share, "holdout", "treat")
