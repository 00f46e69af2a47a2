"""What the listeners least likely to leave have in common, and what of it is more than activity.

Loyal are the fifth with the lowest probability of leaving, of people active in the last 14 days
(S2-I7). The probability is itself made of activity, so that they come often is no discovery:
the comparison is made once more among listeners who come about as often. Traits that go together
are no causes, and a trait made stronger need not make anybody stay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm, rankdata

from tenuto.evaluation.intervals import newcombe, wilson
from tenuto.insights._small_cells import MIN_LISTENERS
from tenuto.insights._traits import BY_NAME, traits_at, usable
from tenuto.insights._view import View

TITLE = "What do loyal listeners share?"

SHARE_LOYAL = 0.2
#: Labels that mean leaving; of the others the least likely are not the loyal ones.
LEAVING = (
    *("inactivity", "cancellation", "churned_in_bin", "will_churn_in_next_bin"),
    "will_churn_soon",
)
_ACTIVITY = "active_days_a_week"
_BANDS = 5
_FEWEST = 5 * MIN_LISTENERS
_FALSE_SHARE = 0.05


def tables(view: View) -> dict[str, pd.DataFrame]:
    """``loyal`` (one row per trait), and ``loyal_test`` (whether such listeners did stay)."""
    if view.scores.empty or view.label not in LEAVING:
        return {}
    traits = traits_at(view, view.past)
    probability = view.scores.set_index("user_id")["probability"].reindex(traits.index).dropna()
    traits = traits.loc[probability.index]
    if len(traits) < _FEWEST:
        return {}
    is_loyal = _lowest_fifth(probability)
    return {"loyal": _compared(traits, is_loyal), "loyal_test": _tested(view)}


def _lowest_fifth(probability: pd.Series) -> np.ndarray:
    """The fifth with the lowest probability; a tie goes to the smaller id."""
    order = np.lexsort((np.arange(len(probability)), probability.to_numpy()))
    is_lowest = np.zeros(len(probability), dtype=bool)
    is_lowest[order[: round(SHARE_LOYAL * len(order))]] = True
    return is_lowest


def _compared(traits: pd.DataFrame, is_loyal: np.ndarray) -> pd.DataFrame:
    """One row per trait, the largest difference first.

    ``effect`` is Cliff's delta, the chance that a loyal listener has more of the trait than
    another, less the chance of the reverse: 1 all have more, 0 no difference (Cliff, "Dominance
    statistics", Psychological Bulletin 1993), with a 95 % interval (Newcombe 2006). The columns
    ``_alike`` compare within fifths of active days a week (van Elteren 1960). ``q_value`` holds
    false discoveries to its level over all traits of the column (Benjamini & Hochberg 1995).
    """
    bands = pd.qcut(traits[_ACTIVITY].rank(method="first"), _BANDS, labels=False).to_numpy()
    rows = [
        _named(name)
        | _means(traits[name], is_loyal)
        | _effect(traits[name], is_loyal)
        | _effect_alike(traits[name], is_loyal, bands)
        for name in usable(traits)
    ]
    table = pd.DataFrame(rows)
    table = table[(table[["n_loyal", "n_others"]] >= MIN_LISTENERS).all(axis=1)]
    table.loc[table["trait"] == _ACTIVITY, ["effect_alike", "p_alike"]] = np.nan
    table = table.assign(
        q_value=_controlled(table["p_value"]), q_alike=_controlled(table["p_alike"])
    )
    found = table.assign(
        is_found=table["q_value"] < _FALSE_SHARE, is_found_alike=table["q_alike"] < _FALSE_SHARE
    )
    order = found.assign(size=-found["effect"].abs()).sort_values(["size", "trait"]).index
    return found.loc[order].reset_index(drop=True)


def _named(name: str) -> dict[str, Any]:
    return {"trait": name, "words": BY_NAME[name].words}


def _means(values: pd.Series, is_loyal: np.ndarray) -> dict[str, Any]:
    own, others = values[is_loyal].dropna(), values[~is_loyal].dropna()
    return {
        "n_loyal": len(own),
        "n_others": len(others),
        "mean": own.mean(),
        "mean_others": others.mean(),
    }


def _effect(values: pd.Series, is_loyal: np.ndarray) -> dict[str, Any]:
    delta, z, n_own, n_others = _dominance(values.to_numpy(), is_loyal)
    if not min(n_own, n_others):
        return dict.fromkeys(("effect", "low", "high", "p_value"), np.nan)
    low, high = newcombe((delta + 1) / 2, n_own, n_others)
    return {
        "effect": delta,
        "low": 2 * low - 1,
        "high": 2 * high - 1,
        "p_value": float(2 * norm.sf(abs(z))),
    }


def _effect_alike(values: pd.Series, is_loyal: np.ndarray, bands: np.ndarray) -> dict[str, Any]:
    """The mean delta within bands, weighted by pairs, and the test over all of them."""
    deltas, pairs, tested, weights = [], [], [], []
    for band in range(_BANDS):
        inside = bands == band
        delta, z, n_own, n_others = _dominance(values.to_numpy()[inside], is_loyal[inside])
        if min(n_own, n_others) == 0:
            continue
        deltas.append(delta)
        pairs.append(n_own * n_others)
        tested.append(z)
        weights.append(np.sqrt(n_own * n_others / (n_own + n_others + 1)))
    if not deltas:
        return {"effect_alike": np.nan, "p_alike": np.nan}
    z = np.dot(weights, tested) / np.sqrt(np.square(weights).sum())
    return {
        "effect_alike": float(np.average(deltas, weights=pairs)),
        "p_alike": float(2 * norm.sf(abs(z))),
    }


def _dominance(values: np.ndarray, is_own: np.ndarray) -> tuple[float, float, int, int]:
    """Cliff's delta, its z with ties corrected, and how many there are on both sides."""
    known = ~np.isnan(values)
    values, is_own = values[known], is_own[known]
    n, n_own = len(values), int(is_own.sum())
    n_others = n - n_own
    if not min(n_own, n_others):
        return np.nan, np.nan, n_own, n_others
    ranks = rankdata(values)
    above = ranks[is_own].sum() - n_own * (n_own + 1) / 2
    _, ties = np.unique(values, return_counts=True)
    variance = n_own * n_others / 12 * (n + 1 - (ties**3 - ties).sum() / (n * max(n - 1, 1)))
    gap = above - n_own * n_others / 2
    z = gap / np.sqrt(variance) if variance > 0 else 0.0
    return 2 * above / (n_own * n_others) - 1, float(z), n_own, n_others


def _controlled(p_values: pd.Series) -> pd.Series:
    known = p_values.dropna()
    adjusted = pd.Series(false_discovery_control(known) if len(known) else [], known.index)
    return adjusted.reindex(p_values.index).astype("float64")


def _tested(view: View) -> pd.DataFrame:
    """At the test cutoff: how many of the loyal fifth and of the others the label came true for."""
    column = f"probability_{view.model}"
    if view.test_scores.empty or column not in view.test_scores.columns:
        return pd.DataFrame()
    rows = view.test_scores[view.test_scores["is_active_14d"].astype(bool)].dropna(subset=["y"])
    rows = rows.sort_values("user_id", ignore_index=True)
    is_loyal = _lowest_fifth(rows[column])
    n = np.array([is_loyal.sum(), (~is_loyal).sum()])
    if n.min() < MIN_LISTENERS:
        return pd.DataFrame()
    came = np.array([rows.loc[is_loyal, "y"].sum(), rows.loc[~is_loyal, "y"].sum()])
    low, high = wilson(came, n)
    return pd.DataFrame(
        {
            "group": ["loyal", "others"],
            "n_listeners": n,
            "n_label": came.astype(int),
            "rate": came / n,
            "low": low,
            "high": high,
        }
    )
