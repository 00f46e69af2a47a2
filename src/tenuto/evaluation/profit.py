"""What a campaign earns: expected and realised profit, its curve over the list, and the EMP.

Who is contacted costs ``contact_cost``. A leaver is kept with the chance ``saves`` and is then
worth ``value``. The offer costs ``offer_cost`` for everybody who stays and takes it: those kept,
and those who would have stayed anyway; a leaver who is not kept takes nothing. So a listener who
leaves with the probability p is expected to bring

    p * saves * value - contact_cost - (1 - p * (1 - saves)) * offer_cost

``saves`` is one chance for all leavers. In truth an offer keeps some kinds and not others, which
only a hold-out tells.

Source: churn.md §4.5; Neslin et al., "Defection detection", Journal of Marketing Research 2006;
Verbraken, Verbeke & Baesens, "A novel profit maximizing metric for measuring classification
performance of customer churn prediction models", IEEE TKDE 2013.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betainc

from tenuto.errors import ContractError
from tenuto.evaluation._ranked import Floats, Ranked, checked
from tenuto.evaluation.curves import N_POINTS

#: The usual prior of the chance that an offer keeps a leaver: Beta(6, 14), mean 0.30.
PRIOR = (6.0, 14.0)
#: Cost of the offer and of the contact as shares of the value, as Verbraken et al. have them.
OFFER_SHARE, CONTACT_SHARE = 0.05, 0.005


def expected_profit(p, value, saves, contact_cost, offer_cost) -> Floats:
    """Expected profit of contacting each listener, in the money of ``value``.

    Parameters
    ----------
    p : probability of leaving; with the outcome, 0 or 1, in its place, this is what the contact
        brings on average over ``saves``
    value, saves, contact_cost, offer_cost : one for all or one per listener

    Examples
    --------
    >>> expected_profit([0.5, 0.0], 100, 0.3, 0.1, 10).round(2).tolist()
    [8.4, -10.1]
    """
    leaves, chance = np.asarray(p, dtype=np.float64), np.asarray(saves, dtype=np.float64)
    takes = 1 - leaves * (1 - chance)
    return leaves * chance * np.asarray(value) - contact_cost - takes * np.asarray(offer_cost)


def profit_curve(y, score, profit) -> pd.DataFrame:
    """What is earned when the first ``n_contacted`` by falling ``score`` are contacted.

    Parameters
    ----------
    y : 0 or 1 per row, 1 for who left
    score : what the list is ordered by
    profit : what contacting each row brings, see `expected_profit`

    Returns
    -------
    DataFrame, from nobody to everybody, at most 200 points and the maximum: ``n_contacted``,
    ``share_contacted``, ``profit``, ``share_found`` of the leavers, ``lift`` (NaN for nobody or
    without leavers), ``lift_cap`` of a perfect list, and ``is_maximum``, true once, for the
    shortest of the best. Tied rows count with their expected value: within a tie they are
    contacted in any order.
    """
    labels, scores = checked(y, score)
    ranked = Ranked(labels, scores)
    totals = ranked.running(np.ones(len(labels)))
    earned = _running(np.asarray(profit, dtype=np.float64)[ranked.order], ranked.starts)
    best = int(np.argmax(earned))
    n = np.unique(np.append(np.linspace(0, len(labels), N_POINTS - 1).round(), totals.rows[best]))
    found = np.interp(n, totals.rows, totals.positives)
    n_positive = totals.positives[-1]
    return pd.DataFrame(
        {
            "n_contacted": n.astype(np.int64),
            "share_contacted": n / max(len(labels), 1),
            "profit": np.interp(n, totals.rows, earned),
            "share_found": _over(found, np.full(len(n), n_positive)),
            "lift": _over(found * len(labels), n * n_positive),
            "lift_cap": _over(np.minimum(n, n_positive) * len(labels), n * n_positive),
            "is_maximum": n == totals.rows[best],
        }
    )


def expected_maximum_profit(
    y, p, offer_share: float = OFFER_SHARE, contact_share: float = CONTACT_SHARE
) -> dict[str, float]:
    """EMP: the profit per listener, in shares of a listener's value, when the cut is the best.

    The chance to keep a leaver is not known, but Beta(6, 14): for each chance the best cut of
    the list is taken, and the mean is over the chances.

    Returns
    -------
    dict with ``emp`` and ``share_contacted``, the mean of the best cuts; NaN without rows

    Raises
    ------
    ContractError : see `checked`; or if an offer costs as much as a listener is worth

    Notes
    -----
    With k contacted, of whom n1 leave and n0 stay, the profit is
    ``saves * n1 * (1 - offer) - n0 * offer - k * contact``: a line in ``saves`` for each cut,
    whose upper envelope is integrated piece by piece.
    """
    if not 0 <= offer_share < 1:
        raise ContractError(
            f"an offer of {offer_share} of the value cannot pay", mend="pass a share below 1"
        )
    labels, scores = checked(y, p)
    if len(labels) == 0:
        return {"emp": float("nan"), "share_contacted": float("nan")}
    totals = Ranked(labels, scores).running(np.ones(len(labels)))
    slope = totals.positives * (1 - offer_share)
    height = -(totals.rows - totals.positives) * offer_share - totals.rows * contact_share
    best, start = _envelope(slope, height)
    ends = np.append(start, 1.0)
    mass = np.diff(betainc(*PRIOR, ends))
    mean = PRIOR[0] / sum(PRIOR)
    first_moment = mean * np.diff(betainc(PRIOR[0] + 1, PRIOR[1], ends))
    return {
        "emp": float(slope[best] @ first_moment + height[best] @ mass) / len(labels),
        "share_contacted": float(totals.rows[best] @ mass) / len(labels),
    }


def _envelope(slope: Floats, height: Floats) -> tuple[np.ndarray, Floats]:
    """The lines that are highest somewhere on [0, 1], from left to right, and where they begin.

    Slopes are rising; of parallel lines only the highest can be on top.
    """
    best: list[int] = []
    start: list[float] = []
    for line in np.lexsort((-height, slope)):
        if best and slope[line] == slope[best[-1]]:
            continue
        begins = 0.0
        while best:
            begins = (height[best[-1]] - height[line]) / (slope[line] - slope[best[-1]])
            if begins > start[-1]:
                break
            best.pop()
            start.pop()
            begins = 0.0
        if begins < 1:
            best.append(int(line))
            start.append(max(begins, 0.0))
    return np.array(best), np.array(start)


def _running(amounts: Floats, starts: np.ndarray) -> Floats:
    sums = np.add.reduceat(amounts, starts) if len(amounts) else amounts
    return np.concatenate([[0.0], np.cumsum(sums)])


def _over(above: Any, below: Any) -> Floats:
    """A share; NaN over nothing."""
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
