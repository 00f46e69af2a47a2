"""The weights of `signals`, learned from what the listeners themselves came back to.

Every pair of listener and song with a signal before the cutoff is a case; it is a hit if the
listener plays the song in the days after, and does not skip it. A logistic regression finds how
much each signal says of that. Weights of what speaks for a song are kept at 0 or more, of skips
at 0 or less: where the log says otherwise, the signal is left out instead of turned round.

The half-life is the one, of a few, under which the cases are likeliest. Listeners are in two
halves: weights come from one, and the other says whether they are better than the usual ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from tenuto.errors import NotEnoughData
from tenuto.preferences._catalogue import settings_of
from tenuto.preferences._signals import AGAINST, SIGNALS, pair_signals
from tenuto.preferences._sums import with_counts
from tenuto.timeline import Future, Past

#: A week, a fortnight, a month, a season.
HALF_LIVES_DAYS = (7.0, 14.0, 30.0, 90.0)

_PLAYS = ("heard", "finished")
# Arbitrary: fewer hits, or misses, in a half say nothing of six weights.
_FEWEST = 50
# Keeps signals that move together from running apart; far too weak to matter otherwise.
_RIDGE = 1e-4


@dataclass(frozen=True)
class LearnedWeights:
    """What was learned, and whether it is any better.

    settings : keyword -> value for `signals`: the six weights and ``half_life_days``, scaled so
        that a whole play of yesterday counts as much as by the usual ones. A signal that the
        log never shows keeps its usual weight.
    auc, auc_usual : how well learned and usual settings rank the pairs of the listeners that
        nothing was learned from: the chance that a hit has more than a miss, 0.5 by luck
    n_pairs, share_hits : the cases of both halves, and the share of hits among them
    """

    settings: dict[str, float]
    auc: float
    auc_usual: float
    n_pairs: int
    share_hits: float

    @property
    def is_better(self) -> bool:
        """Whether to use them."""
        return self.auc > self.auc_usual


def learned_weights(
    past: Past,
    future: Future,
    window_days: int = 30,
    *,
    half_lives_days: Sequence[float] = HALF_LIVES_DAYS,
    max_pairs: int = 500_000,
    random_state: int = 0,
) -> LearnedWeights:
    """Learn from the window before a cutoff and the days after it, which must be over.

    Parameters
    ----------
    past, future : the two sides of one cutoff
    half_lives_days : the ones to choose from; the usual one is always among them
    max_pairs : of more, listeners are drawn

    Raises
    ------
    NotEnoughData : if hardly any pair is a hit, or hardly any is not
    """
    usual = settings_of("signals")
    half_lives = sorted({*half_lives_days, usual["half_life_days"]})
    users = _some_users(past, window_days, max_pairs, np.random.default_rng(random_state))
    halves = {days: _halves(past, future, window_days, days, users) for days in half_lives}
    for half in halves[half_lives[0]]:
        _refuse_too_few(half)
    fits = {days: _fit(first) for days, (first, _) in halves.items()}
    best = min(half_lives, key=lambda days: fits[days][1])
    weights = _scaled(fits[best][0], halves[best][0], usual)
    first, second = halves[best]
    is_hit = np.concatenate([first["is_hit"], second["is_hit"]])
    return LearnedWeights(
        settings={**weights, "half_life_days": best},
        auc=_auc(second, weights),
        auc_usual=_auc(halves[usual["half_life_days"]][1], usual),
        n_pairs=len(is_hit),
        share_hits=float(is_hit.mean()),
    )


def _some_users(past: Past, window_days: int, max_pairs: int, rng: np.random.Generator) -> pa.Table:
    """Users in an order drawn by chance, with ``is_first`` for every other one."""
    days = past.table("user_item_days", days=window_days)
    counted = days.group_by("user_id").agg(n_pairs=days.item_id.nunique()).order_by("user_id")
    table = past.engine.to_arrow(counted)
    drawn = table.take(rng.permutation(table.num_rows))
    so_far = np.cumsum(drawn["n_pairs"].to_numpy())
    # At least two listeners, so that there are two halves.
    drawn = drawn.slice(0, max(int(np.searchsorted(so_far, max_pairs, side="right")), 2))
    is_first = pa.array(np.arange(drawn.num_rows) % 2 == 0)
    return pa.table({"drawn_user": drawn["user_id"], "is_first": is_first})


def _halves(
    past: Past, future: Future, window_days: int, half_life_days: float, users: pa.Table
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per case with `SIGNALS` and ``is_hit``, of either half of the users."""
    pairs = pair_signals(past, window_days, half_life_days)
    drawn = past.engine.from_arrow(users)
    pairs = pairs.filter(~pairs.is_disliked).inner_join(drawn, [("user_id", "drawn_user")])
    on = [("user_id", "hit_user"), ("item_id", "hit_item")]
    joined = pairs.left_join(_hits(future), on)
    is_hit = joined.hit_user.notnull()
    cases = joined.select("user_id", "item_id", "is_first", *SIGNALS, is_hit=is_hit)
    # Sorted: sums of floats, and so the last digits of what is learned, depend on the order.
    frame = past.engine.to_arrow(cases.order_by(["user_id", "item_id"])).to_pandas()
    is_first = frame["is_first"].to_numpy(dtype=bool)
    return frame[is_first], frame[~is_first]


def _hits(future: Future) -> ir.Table:
    days = with_counts(future.table("user_item_days"), ("n_plays", "n_share_00_20"))
    played = days.group_by(hit_user="user_id", hit_item="item_id").agg(
        n=(days.n_plays - days.n_share_00_20).sum()
    )
    return played.filter(played.n > 0).select("hit_user", "hit_item")


def _refuse_too_few(half: pd.DataFrame) -> None:
    n_hits = int(half["is_hit"].sum())
    if min(n_hits, len(half) - n_hits) < _FEWEST:
        raise NotEnoughData(
            f"of {len(half)} songs of half of the listeners, {n_hits} were played again: too few "
            f"to learn weights from (it takes {_FEWEST} that were and {_FEWEST} that were not)",
            mend="set the weights, or leave them as they are",
        )


def _fit(cases: pd.DataFrame) -> tuple[dict[str, float], float]:
    """Weights, and the mean log loss of the cases under them."""
    x = cases[list(SIGNALS)].to_numpy(dtype=np.float64)
    spread = x.std(axis=0)
    x = x / np.where(spread > 0, spread, 1.0)
    sign = np.where(cases["is_hit"], 1.0, -1.0)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, margin = parameters[:-1], sign * (x @ parameters[:-1] + parameters[-1])
        slope = -sign / (1 + np.exp(np.clip(margin, -500, 500))) / len(sign)
        gradient = np.append(x.T @ slope + _RIDGE * weights, slope.sum())
        return np.logaddexp(0, -margin).mean() + _RIDGE / 2 * weights @ weights, gradient

    bounds = [(None, 0) if name in AGAINST else (0, None) for name in SIGNALS] + [(None, None)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
    weights = found.x[:-1] / np.where(spread > 0, spread, 1.0)
    return dict(zip(SIGNALS, weights.tolist(), strict=True)), float(found.fun)


def _scaled(
    weights: dict[str, float], cases: pd.DataFrame, usual: dict[str, float]
) -> dict[str, float]:
    """``weights`` in the size of the usual ones; the usual ones where nothing was learned."""
    seen = [name for name in SIGNALS if cases[name].any()]
    plays = [name for name in seen if name in _PLAYS]
    # Where plays say nothing, the most telling signal gives the size.
    of_size = plays if sum(weights[name] for name in plays) > 0 else seen
    learned = sum(abs(weights[name]) for name in of_size)
    if learned == 0:
        return {name: usual[name] for name in SIGNALS}
    factor = sum(abs(usual[name]) for name in of_size) / learned
    return {
        name: round(weights[name] * factor, 4) if name in seen else usual[name] for name in SIGNALS
    }


def _auc(cases: pd.DataFrame, weights: dict[str, float]) -> float:
    total = sum(cases[name].to_numpy() * weights[name] for name in SIGNALS)
    return float(roc_auc_score(cases["is_hit"], np.maximum(total, 0.0)))
