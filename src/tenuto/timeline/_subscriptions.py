"""What a log of subscriptions looks like before anything is predicted: plans and cancellations.

Cancellations are counted against time at risk, never against users alone: who has been there
for two days has not had the time to leave.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from scipy.stats import chi2

from tenuto.timeline._walls import Past

#: Lower ends of spans of days since the registration. Arbitrary: weeks, then the usual months.
TENURES = (0, 7, 14, 30, 60, 90, 180, 365)

# What leads to leaving, step by step; a source that has not all of them has a shorter funnel.
_FUNNEL = (
    ("n_settings", "looked at the settings"),
    ("n_downgrade_pages", "looked at a lesser plan"),
    ("n_cancel_pages", "asked to cancel"),
    ("n_cancels", "cancelled"),
)


def subscription_tables(past: Past) -> dict[str, pd.DataFrame]:
    """Those of the tables below for which the source tells enough."""
    columns = set(past.table("user_days").columns)
    tables = {
        "cancel_funnel": (cancel_funnel, {"n_cancels"}),
        "plan_changes": (
            plan_changes,
            {"n_cancels", "is_paid", "n_upgrades", "n_downgrades"},
        ),
        "cancellation_rates": (cancellation_rates, {"n_cancels", "is_paid"}),
    }
    return {name: build(past) for name, (build, needs) in tables.items() if needs <= columns}


def cancel_funnel(past: Past) -> pd.DataFrame:
    """``step`` and ``n_users``: how many users ever got so far, from being seen to cancelling."""
    days = past.table("user_days")
    steps = {name: words for name, words in _FUNNEL if name in days.columns}
    reached = {name: days.user_id.nunique(where=days[name] > 0).fill_null(0) for name in steps}
    counts = days.aggregate(seen=days.user_id.nunique(), **reached)
    row = past.engine.to_arrow(counts).to_pylist()[0]
    words = {"seen": "seen", **steps}
    return pd.DataFrame({"step": list(words.values()), "n_users": [row[name] for name in words]})


def plan_changes(past: Past) -> pd.DataFrame:
    """One row per week from the first day of the log: who was active and what became of plans.

    Columns: ``week`` (its first day), ``n_active_users``, ``n_upgrades``, ``n_downgrades``,
    ``n_cancelled_paid``, ``n_cancelled_free`` (by the plan on the day); the last week may be short.
    """
    days = past.table("user_days")
    paid, free = days.is_paid == 1, days.is_paid == 0
    weeks_ago = (past.days_observed - days.age_days) // 7
    table = days.group_by(number=weeks_ago).agg(
        n_active_users=days.user_id.nunique(),
        n_upgrades=days.n_upgrades.sum(),
        n_downgrades=days.n_downgrades.sum(),
        n_cancelled_paid=days.n_cancels.sum(where=paid).fill_null(0),
        n_cancelled_free=days.n_cancels.sum(where=free).fill_null(0),
    )
    frame = past.engine.to_arrow(table.order_by("number")).to_pandas()
    first_day = pd.Timestamp(past.cutoff) - pd.Timedelta(days=past.days_observed)
    week = (first_day + pd.to_timedelta(frame.pop("number") * 7, unit="D")).dt.date
    frame.insert(0, "week", week)
    return frame


def cancellation_rates(past: Past) -> pd.DataFrame:
    """Cancellations per 1,000 days at risk, by plan and by days since the registration.

    A day is at risk from the first event of a user to the cancellation or the cutoff; between
    two active days the plan is the one last seen. Columns: ``plan`` ("paid", "free" or "all"),
    ``tenure_from`` (days since the registration; NULL in the rows over all of them),
    ``user_days``, ``n_cancelled``, ``per_1000_days`` with ``low`` and ``high``, the exact 95 %
    interval of a Poisson count (Garwood, Biometrika 1936).
    """
    spells = past.engine.to_arrow(_spells(past)).to_pandas()
    parts = [
        spells.groupby(["plan", "tenure_from"], as_index=False)[["user_days", "n_cancelled"]].sum(),
        spells.groupby("plan", as_index=False)[["user_days", "n_cancelled"]].sum(),
        spells.groupby("tenure_from", as_index=False)[["user_days", "n_cancelled"]]
        .sum()
        .assign(plan="all"),
        spells[["user_days", "n_cancelled"]].sum().to_frame().T.assign(plan="all"),
    ]
    table = pd.concat(parts, ignore_index=True).query("user_days > 0")
    n, thousands = table["n_cancelled"], table["user_days"] / 1000
    columns = ["plan", "tenure_from", "user_days", "n_cancelled"]
    return table[columns].assign(
        per_1000_days=n / thousands,
        # The lower end for no cancellation at all is not defined by the quantile; it is 0.
        low=(chi2.ppf(0.025, 2 * n.clip(lower=1)) / 2 / thousands).where(n > 0, 0.0),
        high=chi2.ppf(0.975, 2 * n + 2) / 2 / thousands,
    )


def _spells(past: Past) -> ir.Table:
    """Days at risk and cancellations, summed by plan and tenure."""
    days = past.table("user_days")
    later = ibis.window(group_by="user_id", order_by="day")
    next_age = days.age_days.lead().over(later).fill_null(0)
    # The day of the cancellation is the last one at risk.
    lasted = (days.n_cancels > 0).ifelse(1, days.age_days - next_age)
    spells = days.mutate(lasted=lasted, plan=(days.is_paid == 1).ifelse("paid", "free"))
    spells = _with_tenure(past, spells)
    from_days = ibis.cases(
        *((spells.tenure >= start, start) for start in reversed(TENURES)), else_=0
    )
    known = spells.mutate(tenure_from=spells.tenure.isnull().ifelse(None, from_days))
    sums = known.group_by(["plan", "tenure_from"]).agg(
        user_days=known.lasted.sum(), n_cancelled=(known.n_cancels > 0).sum()
    )
    return sums.order_by(["plan", "tenure_from"])


def _with_tenure(past: Past, spells: ir.Table) -> ir.Table:
    """``tenure``: days from the registration to the day of the row, NULL where it is unknown."""
    if not past.has("user_profile_days"):
        return spells.mutate(tenure=ibis.null("int64"))
    profiles = past.table("user_profile_days")
    told = profiles.group_by(told_user="user_id").agg(
        registered_day=lambda rows: rows.registered.min().date()
    )
    joined = spells.left_join(told, [("user_id", "told_user")])
    tenure = (joined.day - joined.registered_day).cast("int64")
    # Not greatest(tenure, 0): that skips NULL, and an unknown registration would be today's.
    return joined.mutate(tenure=(tenure < 0).ifelse(0, tenure)).drop("told_user", "registered_day")
