"""What the plan would have brought at the test, against the trivial rule: curves and figures.

At the test the outcome is known. Each listener gets the action that the settings choose by the
probability of that day; who left is kept with the action's chance. So the figures hold for the
settings, not for the world: whether an action keeps as many as assumed, only a hold-out tells.
Rules of the service's own are left out, since they may ask for what was not kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tenuto.actions._choice import LEAVE_ALONE, choose
from tenuto.actions._people import people_of
from tenuto.evaluation.intervals import LEVEL, N_DRAWS
from tenuto.evaluation.profit import expected_maximum_profit, expected_profit, profit_curve
from tenuto.settings import RetentionSettings

RULE = "recency_rule"


def profit_at_the_test(
    scores: pd.DataFrame, model: str, settings: RetentionSettings, random_state: int
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The curves of ``model`` and of the recency rule, and their figures.

    Parameters
    ----------
    scores : the rows of ``test_scores.parquet``; those active in the last 14 days are taken

    Returns
    -------
    curves : see `profit_curve`, with a column ``ranking``
    figures : one dict per ranking: ``n_stop`` contacted and ``profit_stop`` when stopping where
        nothing more is expected, with ``low`` and ``high``; ``n_best`` and ``profit_best``, the
        maximum in hindsight; ``profit_all`` of contacting everybody whom an action suits;
        ``difference`` to the rule with its interval; ``emp``, ``emp_share``
    """
    active = scores[scores["is_active_14d"].astype(bool)].reset_index(drop=True)
    names = [name for name in dict.fromkeys([model, RULE]) if f"probability_{name}" in active]
    plans = {name: _plan(active, name, settings) for name in names}
    if active.empty or not plans:
        return pd.DataFrame(), []
    y = active["y"].to_numpy()
    curves = [
        profit_curve(y, plan["expected_value"], plan["profit"]).assign(ranking=name)
        for name, plan in plans.items()
    ]
    stopped = pd.DataFrame(
        {name: plan["profit"].where(plan["is_planned"], 0.0) for name, plan in plans.items()}
    )
    rng = np.random.default_rng([random_state, 31])
    figures = [
        {"ranking": name, "n_listeners": len(y)}
        | _on_the_curve(plan, curve)
        | _intervals(stopped, name, rng)
        | _emp(y, active[f"probability_{name}"])
        for (name, plan), curve in zip(plans.items(), curves, strict=True)
    ]
    return pd.concat(curves, ignore_index=True), figures


def _plan(active: pd.DataFrame, name: str, settings: RetentionSettings) -> pd.DataFrame:
    """What would be done for each, and what it brings given who left."""
    people = people_of(
        active.assign(probability=active[f"probability_{name}"]), settings, settings.songs
    )
    plan = choose(people, settings, must_contact=True)
    stops = choose(people, settings)["action"] == LEAVE_ALONE
    profit = expected_profit(
        active["y"], people["value"], plan["saves"], plan["contact_cost"], plan["offer_cost"]
    )
    return plan.assign(profit=profit, is_planned=~stops)


def _on_the_curve(plan: pd.DataFrame, curve: pd.DataFrame) -> dict[str, Any]:
    best = curve[curve["is_maximum"]].iloc[0]
    return {
        "n_stop": int(plan["is_planned"].sum()),
        "n_best": int(best["n_contacted"]),
        "profit_best": float(best["profit"]),
        "profit_all": float(plan["profit"].sum()),
    }


def _intervals(stopped: pd.DataFrame, name: str, rng: np.random.Generator) -> dict[str, Any]:
    """Totals, and the difference to the rule, listener by listener, with percentile intervals."""
    low, high = _interval(stopped[name].to_numpy(), rng)
    found = {"profit_stop": float(stopped[name].sum()), "low": low, "high": high}
    if name == RULE or RULE not in stopped:
        return found | dict.fromkeys(["difference", "difference_low", "difference_high"])
    gap = (stopped[name] - stopped[RULE]).to_numpy()
    low, high = _interval(gap, rng)
    return found | {"difference": float(gap.sum()), "difference_low": low, "difference_high": high}


def _interval(amounts: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Of the total, when as many listeners are drawn again."""
    n = len(amounts)
    totals = [amounts[rng.integers(0, n, n)].sum() for _ in range(N_DRAWS)]
    low, high = np.quantile(totals, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _emp(y: np.ndarray, probability: pd.Series) -> dict[str, float]:
    found = expected_maximum_profit(y, probability)
    return {"emp": found["emp"], "emp_share": found["share_contacted"]}
