"""Whom to contact next time: does a list by uplift earn more than a list by risk?

Each listener's profit from contact is estimated from the experiment itself, by inverse
probability: who was contacted stands for all of a kind, and so does who was held out. The score
from before takes the bulk of the noise out and shifts nothing (Robins, Rotnitzky & Zhao, JASA
1994, with the score as the guess for both groups). Where to cut is learned on other listeners
than those on whom the profit is counted, for either list alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from tenuto.evaluation.intervals import LEVEL

RISK, EVERYBODY = "risk", "everybody"
N_POINTS = 50


@dataclass(frozen=True)
class Money:
    """What a kept listener is worth and what contact costs; one number, or one per listener.

    ``offer_cost`` is paid for every contacted listener who stays, kept or not.
    """

    value: float | np.ndarray = 1.0
    contact_cost: float | np.ndarray = 0.0
    offer_cost: float | np.ndarray = 0.0


@dataclass(frozen=True)
class Experiment:
    """A finished campaign, one entry per listener.

    y : 1 for who left
    treat_share : the chance of contact in the listener's stratum
    score : the risk as known before
    fold : which listeners are counted together; cuts are learned on the others
    """

    y: np.ndarray
    is_treated: np.ndarray
    treat_share: np.ndarray
    score: np.ndarray
    fold: np.ndarray

    def profits(self, money: Money) -> np.ndarray:
        """Unbiased, and noisy, for each listener: profit if contacted minus if not."""
        off = self.y - self.score
        leaves_contacted = self.score + self.is_treated * off / self.treat_share
        leaves_alone = self.score + ~self.is_treated * off / (1 - self.treat_share)
        kept = money.value * (leaves_alone - leaves_contacted)
        return kept - money.contact_cost - money.offer_cost * (1 - leaves_contacted)


def compare_targeting(
    experiment: Experiment,
    rankings: Mapping[str, np.ndarray],
    money: Money,
    most_share: float = 1.0,
) -> pd.DataFrame:
    """What each order of listeners earns when the list is cut where it pays best.

    Parameters
    ----------
    rankings : name -> score, the higher the sooner contacted; ``risk`` must be among them
    most_share : the share of listeners that the team can contact

    Returns
    -------
    DataFrame, one row per ranking, and "everybody" last: ``ranking``, ``n_contacted``, ``profit``
    (in all, against contacting nobody) with ``low`` and ``high``, and ``difference`` to ``risk`` on
    the same listeners with ``difference_low`` and ``difference_high`` (NaN for ``risk`` itself).
    """
    gains = experiment.profits(money)
    chosen = {
        name: _chosen(gains, score, experiment.fold, most_share) for name, score in rankings.items()
    }
    chosen[EVERYBODY] = np.ones(len(gains), dtype=bool)
    rows = []
    for name, is_chosen in chosen.items():
        profit = _total(gains * is_chosen)
        against = gains * is_chosen - gains * chosen[RISK]
        gap = (np.nan,) * 3 if name == RISK else _total(against)
        rows.append((name, int(is_chosen.sum()), *profit, *gap))
    names = ["ranking", "n_contacted", "profit", "low", "high"]
    return pd.DataFrame(rows, columns=[*names, "difference", "difference_low", "difference_high"])


def profit_curves(
    experiment: Experiment, rankings: Mapping[str, np.ndarray], money: Money
) -> pd.DataFrame:
    """Profit in all against the share contacted: ``ranking``, ``share`` (0 to 1), ``profit``."""
    gains, parts = experiment.profits(money), []
    share = np.linspace(0, 1, N_POINTS + 1)
    for name, score in rankings.items():
        earned = _earned(gains, score)
        profit = earned[np.rint(share * len(gains)).astype(int)]
        parts.append(pd.DataFrame({"ranking": name, "share": share, "profit": profit}))
    return pd.concat(parts, ignore_index=True)


def _chosen(
    gains: np.ndarray, score: np.ndarray, fold: np.ndarray, most_share: float
) -> np.ndarray:
    """Who would be contacted: the top of each fold, down to the share best for the others."""
    is_chosen = np.zeros(len(gains), dtype=bool)
    for here in np.unique(fold):
        others, mine = fold != here, np.flatnonzero(fold == here)
        share = _best_share(gains[others], score[others], most_share)
        order = np.argsort(-score[mine], kind="stable")
        is_chosen[mine[order[: round(share * len(mine))]]] = True
    return is_chosen


def _best_share(gains: np.ndarray, score: np.ndarray, most_share: float) -> float:
    share = np.linspace(0, most_share, N_POINTS + 1)
    earned = _earned(gains, score)[np.rint(share * len(gains)).astype(int)]
    # A tie goes to fewer contacts.
    return float(share[np.argmax(earned)])


def _earned(gains: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Profit of the first 0, 1, 2, … listeners."""
    return np.append(0.0, np.cumsum(gains[np.argsort(-score, kind="stable")]))


def _total(each: np.ndarray) -> tuple[float, float, float]:
    """Sum over the listeners with its 95 % interval."""
    total = float(each.sum())
    reach = float(ndtri((1 + LEVEL) / 2) * np.sqrt(len(each)) * each.std(ddof=1))
    return total, total - reach, total + reach
