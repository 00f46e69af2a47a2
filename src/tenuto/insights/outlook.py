"""How many are likely to upgrade, downgrade or cancel in the horizon, by plan.

Sums of the probabilities of what comes next (S4-W1) over the listeners of a plan, beside what
came of those who were there one horizon earlier, counted in the same way. Only where the source
has plans and the run has learned what comes next.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from tenuto import labels
from tenuto.evaluation.intervals import wilson
from tenuto.insights._small_cells import MIN_LISTENERS
from tenuto.insights._view import View
from tenuto.timeline import listeners

TITLE = "What will become of the plans?"

OUTCOMES = ("upgrades", "downgrades", "cancels")
_COUNTED = tuple(f"n_{outcome}" for outcome in OUTCOMES)
_PLANS = {0: "free", 1: "paid"}
# Nobody on the free plan can downgrade, and nobody on the paid one upgrade.
_IMPOSSIBLE = {("free", "downgrades"), ("paid", "upgrades")}
_Z = 1.959964


def tables(view: View) -> dict[str, pd.DataFrame]:
    """``outlook``: one row per plan and outcome.

    ``n_listeners`` of the plan at the cutoff, and ``expected``, how many of them it will come to,
    with the interval in which chance alone moves that number if the probabilities are true.
    ``n_before`` of the ``n_listeners_before`` who were on the plan one horizon before the cutoff
    it did come to: ``share_before`` with its interval. Of several changes the gravest counts.
    """
    if "is_paid" not in view.scores.columns:
        return {}
    rows = [
        {"plan": name, "outcome": outcome, "n_listeners": len(of_plan)}
        | _foretold(of_plan[f"probability_{outcome}"])
        for is_paid, name in _PLANS.items()
        for of_plan in [view.scores[view.scores["is_paid"] == is_paid]]
        for outcome in OUTCOMES
        if f"probability_{outcome}" in view.scores.columns
        and (name, outcome) not in _IMPOSSIBLE
        and len(of_plan) >= MIN_LISTENERS
    ]
    if not rows:
        return {}
    before = _before(view)
    return {"outlook": pd.DataFrame(rows).merge(before, on=["plan", "outcome"], how="left")}


def _foretold(probability: pd.Series) -> dict[str, float]:
    """Mean and sum, and the normal interval of a sum of independent yes-or-no, at least 0."""
    p = probability.to_numpy(dtype=np.float64)
    total, half = float(p.sum()), float(_Z * np.sqrt((p * (1 - p)).sum()))
    return {
        "mean_probability": float(p.mean()),
        "expected": total,
        "low": max(total - half, 0.0),
        "high": min(total + half, float(len(p))),
    }


def _before(view: View) -> pd.DataFrame:
    """What came in the horizon that ends at the cutoff, of those who were there when it began."""
    names = ["n_listeners_before", "n_before", "share_before", "low_before", "high_before"]
    then = view.cutoff - timedelta(days=view.horizon_days)
    columns = set(view.past.table("user_days").columns)
    if then <= view.timeline.first_day or not {"is_paid", *_COUNTED} <= columns:
        return pd.DataFrame(columns=["plan", "outcome", *names])
    people = listeners(view.past_at(then))
    people = people.filter(people.robot_reason.isnull() & people.days_since_cancelled.isnull())
    future = view.timeline.future(view.engine, then, view.horizon_days)
    came = labels.CATALOGUE.get("cancellation").label(people, future)
    plans = people.select(planned="user_id", is_paid="is_paid")
    joined = came.inner_join(plans, [("user_id", "planned")])
    counted = joined.group_by(["is_paid", "outcome"]).agg(n=joined.count())
    counts = view.frame(counted).dropna().assign(plan=lambda rows: rows["is_paid"].map(_PLANS))
    counts["n_listeners_before"] = counts.groupby("plan")["n"].transform("sum")
    counts = counts[counts["n"] >= MIN_LISTENERS].rename(columns={"n": "n_before"})
    n, total = counts["n_before"], counts["n_listeners_before"]
    low, high = wilson(n, total)
    found = counts.assign(share_before=n / total, low_before=low, high_before=high)
    return found[["plan", "outcome", *names]]
