"""How subscribers leave: on the way to cancelling, from plan to plan, by plan and tenure, and next.

Only where a log tells of cancellations; the tables are those of `tenuto.timeline`, the model of
what comes next is that of S4-W1.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pandas as pd

from tenuto.reports._cancellation_charts import bars_of_steps, bars_of_weeks, dots_with_bars
from tenuto.reports._next_step import next_step
from tenuto.reports._parts import Figure, Paragraph, Part, Row
from tenuto.reports._results import Results
from tenuto.reports._words import count, figure, percent, plural

TITLE = "Cancellations"
ORDER = 45

_MONTH_DAYS = 30
# Below so many in a week the count swings by chance as much as it is large.
_FEW_A_WEEK = 10
_RATES_NOTE = (
    "Per 1,000 days at risk and not per listener: who signed up two days ago has not had the time "
    "to leave, and who has cancelled is at risk no longer. A day is at risk from a listener's "
    "first event to the cancellation or the cutoff; between two active days the plan is the one "
    "last seen. Bars are exact 95% intervals of a Poisson count; the scale is one of square roots."
)


def section(results: Results) -> list[Part]:
    """The funnel, the flow of plans, the rates and what comes next; nothing without these."""
    funnel = results.data("cancel_funnel", is_needed=False)
    if funnel.empty:
        return []
    return [
        *_funnel(funnel),
        *_flow(results.data("plan_changes", is_needed=False)),
        *_rates(results.data("cancellation_rates", is_needed=False)),
        *next_step(results),
    ]


def _funnel(funnel: pd.DataFrame) -> list[Part]:
    seen, cancelled = int(funnel["n_users"].iloc[0]), int(funnel["n_users"].iloc[-1])
    says = (
        f"{count(cancelled)} of the {plural(seen, 'listener')} seen have cancelled "
        f"({percent(cancelled / max(seen, 1))}). {_before_the_last(funnel)}"
    )
    shown = funnel.assign(
        share=funnel["n_users"] / max(seen, 1),
        label=[f"{count(n)} ({percent(n / max(seen, 1), 0)})" for n in funnel["n_users"]],
    )
    note = (
        "Listeners who ever did it before the cutoff, and their share of all seen. The steps do "
        "not hold each other: one may look at a lesser plan without ever opening the settings."
    )
    svg = bars_of_steps(shown, "cancel_funnel", f"From being seen to cancelling. {says}")
    return [Figure("cancel_funnel", "On the way to cancelling", svg, says.strip(), note)]


def _before_the_last(funnel: pd.DataFrame) -> str:
    """What the step before the last says about when it is late."""
    if len(funnel) < 3 or not funnel["n_users"].iloc[-2]:
        return ""
    step, asked = str(funnel["step"].iloc[-2]), int(funnel["n_users"].iloc[-2])
    share = funnel["n_users"].iloc[-1] / asked
    if share >= 0.95:
        return (
            f"Of the {count(asked)} who {step}, {percent(share, 0)} went through with it: on that "
            "page it is too late, so look at the steps before it."
        )
    return (
        f"Of the {count(asked)} who {step}, {percent(1 - share, 0)} did not go through with it: "
        "they thought better of it, or met an error."
    )


def _flow(weeks: pd.DataFrame) -> list[Part]:
    kinds = {
        "n_upgrades": ("main", "upgrades"),
        "n_downgrades": ("truncated", "downgrades"),
        "n_cancelled_paid": ("missing", "cancelled while paid"),
        "n_cancelled_free": ("oversized", "cancelled while free"),
    }
    totals = {name: int(weeks[name].sum()) for name in kinds}
    gained = totals["n_upgrades"] - totals["n_downgrades"] - totals["n_cancelled_paid"]
    balance = "gained" if gained >= 0 else "lost"
    says = (
        f"In {plural(len(weeks), 'week')} {plural(totals['n_upgrades'], 'upgrade')}, "
        f"{plural(totals['n_downgrades'], 'downgrade')} and "
        f"{plural(totals['n_cancelled_paid'] + totals['n_cancelled_free'], 'cancellation')}, "
        f"{count(totals['n_cancelled_paid'])} of them while paid: the paid plan {balance} "
        f"{count(abs(gained))} on balance. {_trend(weeks)}"
    )
    svg = bars_of_weeks(weeks, kinds, "plan_changes", f"Changes of plan by week. {says}")
    note = (
        "Events, not listeners: one may go up and down several times. Above the line into the "
        "paid plan, below it out of a plan. Weeks begin on the first day of log; the last one may "
        "be short. Those who signed up as paid are not in it."
    )
    key = [("main", "upgrades"), *(kinds[name] for name in list(kinds)[1:])]
    return [Figure("plan_changes", "Changes of plan by week", svg, says, note, swatches=key)]


def _trend(weeks: pd.DataFrame) -> str:
    cancelled = weeks["n_cancelled_paid"] + weeks["n_cancelled_free"]
    low, high = int(cancelled.min()), int(cancelled.max())
    said = f"Cancellations in a week: {count(low)} to {count(high)}"
    if len(weeks) > 1 and cancelled.mean() < _FEW_A_WEEK:
        return f"{said}; so few swing by chance, so do not read a trend from two weeks."
    return f"{said}."


def _rates(rates: pd.DataFrame) -> list[Part]:
    if rates.empty:
        return []
    whole = rates[rates["tenure_from"].isna()]
    plans = whole.assign(name=whole["plan"].replace({"all": "all plans"}))
    plans = plans.sort_values("plan", ascending=False)
    spans = rates[rates["tenure_from"].notna() & (rates["plan"] == "all")]
    spans = spans.sort_values("tenure_from")
    drawn: list[Part] = [Paragraph(_over_all(plans))]
    figures = [_rate_figure("rates_by_plan", "By plan", plans, _by_plan(plans))]
    if len(spans) > 1:
        named = spans.assign(name=_names_of_spans(spans["tenure_from"]))
        title = "By days since the registration"
        figures.append(_rate_figure("rates_by_tenure", title, named, _by_tenure(named)))
    return [*drawn, Row(figures), Paragraph(_RATES_NOTE)]


def _over_all(plans: pd.DataFrame) -> str:
    everybody = plans[plans["plan"] == "all"].iloc[0]
    low, value, high = (
        percent(1 - math.exp(-_MONTH_DAYS * everybody[name] / 1000), 0)
        for name in ("low", "per_1000_days", "high")
    )
    return (
        f"{count(everybody['n_cancelled'])} cancellations in {count(everybody['user_days'])} days "
        f"at risk are {_rate(everybody)} per 1,000 days. At that rate {value} of listeners have "
        f"cancelled after {_MONTH_DAYS} days ({low} to {high})."
    )


def _by_plan(plans: pd.DataFrame) -> str:
    by_plan = {str(row["plan"]): row for row in plans.to_dict("records")}
    if not {"free", "paid"} <= by_plan.keys():
        return "There is one plan only."
    free, paid = by_plan["free"], by_plan["paid"]
    said = f"Free {_rate(free)}, paid {_rate(paid)}."
    if free["low"] <= paid["high"] and paid["low"] <= free["high"]:
        return f"{said} The intervals overlap: no difference is shown."
    faster, slower = ("free", "paid") if free["low"] > paid["high"] else ("paid", "free")
    return f"{said} Listeners on the {faster} plan cancel faster than those on the {slower} one."


def _by_tenure(spans: pd.DataFrame) -> str:
    rows = spans.to_dict("records")
    lowest = min(rows, key=lambda row: row["high"])
    highest = max(rows, key=lambda row: row["low"])
    if highest["low"] <= lowest["high"]:
        return "All intervals overlap: no difference between early and late is shown."
    return (
        f"Most at {highest['name']} ({_rate(highest)}), least at {lowest['name']} "
        f"({_rate(lowest)}): these intervals do not overlap."
    )


def _rate(row: Any) -> str:
    return f"{figure(row['per_1000_days'], 1)} [{figure(row['low'], 1)}, {figure(row['high'], 1)}]"


def _names_of_spans(starts: pd.Series) -> list[str]:
    """A span of days by its ends: "14 to 29 days"; the last one is open."""
    first = [int(start) for start in starts]
    ends = [f"{start} to {end - 1} days" for start, end in pairwise(first)]
    return [*ends, f"{first[-1]} days and more"]


def _rate_figure(name: str, title: str, rows: pd.DataFrame, says: str) -> Figure:
    svg = dots_with_bars(
        rows.rename(columns={"per_1000_days": "value"}),
        name,
        f"Cancellations per 1,000 days at risk. {title}. {says}",
        x_title="cancellations per 1,000 days at risk",
    )
    listed = [
        f"{row['name']}: {count(row['n_cancelled'])} in {count(row['user_days'])} days"
        for row in rows.to_dict("records")
    ]
    return Figure(name, title, svg, says, f"{'; '.join(listed)}.", is_wide=False)
