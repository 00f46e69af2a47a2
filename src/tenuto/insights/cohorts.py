"""Of those who came in the same week, how many are still there each week after.

Weeks run on each listener's own clock: week 0 is the day of the first event and the six after
it. So a falling total is not read as a service in decline when its listeners merely get older
(K1), and a cohort's last week is not half a week. Who is known to have registered before the
log began is a cohort of its own. Source: S2-W2.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto.evaluation.intervals import wilson
from tenuto.insights._groups import device_of, place_of, plan_of
from tenuto.insights._small_cells import with_blanks, without_small
from tenuto.insights._view import View

TITLE = "Do those who come stay?"

WEEK_DAYS = 7
# More lines than this cannot be told apart in a picture.
_VALUES_SHOWN = 6
_FIGURES = ("share_active", "low", "high")


def tables(view: View) -> dict[str, pd.DataFrame]:
    """``cohorts`` (week of arrival x week since) and ``cohorts_by_group`` (plan, device, place)."""
    listeners, weeks = _listeners(view), _active_weeks(view)
    cohorts = _retention(view, listeners, weeks, ["cohort"])
    groups = {"plan": plan_of(view), "device": device_of(view), "place": place_of(view)}
    parts = [
        _by_group(view, listeners, weeks, name, of) for name, of in groups.items() if of is not None
    ]
    by_group = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return {"cohorts": cohorts, "cohorts_by_group": by_group}


def _listeners(view: View) -> ir.Table:
    """``user_id``, ``first_age`` (days from the first event to the cutoff), ``cohort``.

    ``cohort`` counts weeks from the first day of log; -1 for who had registered before it.
    """
    seen = view.people("user_days").group_by("user_id").agg(first_age=lambda t: t.age_days.max())
    cohort = ((view.n_days - seen.first_age) / WEEK_DAYS).floor().cast("int64")
    if not view.past.has("user_profile_days"):
        return seen.mutate(cohort=cohort)
    told = (
        view.past.table("user_profile_days")
        .group_by(told_user="user_id")
        .agg(registered=lambda t: t.registered.min().date())
    )
    joined = seen.mutate(cohort=cohort).left_join(told, [("user_id", "told_user")])
    first_day = ibis.literal(view.timeline.first_day, "date")
    is_older = (joined.registered < first_day).fill_null(False)
    return joined.mutate(cohort=is_older.ifelse(-1, joined.cohort)).drop("told_user", "registered")


def _active_weeks(view: View) -> ir.Table:
    """One row per listener and week of the own clock with any event."""
    days = view.people("user_days")
    first = days.group_by(who="user_id").agg(who_first=days.age_days.max())
    joined = days.inner_join(first, [("user_id", "who")])
    week = ((joined.who_first - joined.age_days) / WEEK_DAYS).floor().cast("int64")
    return joined.select("user_id", week=week).distinct()


def _retention(view: View, listeners: ir.Table, weeks: ir.Table, by: list[str]) -> pd.DataFrame:
    """One row per cohort and week; of the listeners whose week is wholly in the log.

    ``is_open`` marks the weeks that are not over for all of the cohort: what is known of them
    is about those who came first.
    """
    n_weeks = -(-view.n_days // WEEK_DAYS)
    grid = view.engine.from_arrow(pa.table({"week": pa.array(range(n_weeks), pa.int64())}))
    offered = listeners.cross_join(grid)
    is_over = offered.first_age >= (offered.week + 1) * WEEK_DAYS
    active = weeks.select(active_user="user_id", active_week="week")
    joined = offered.mutate(is_over=is_over).left_join(
        active, [("user_id", "active_user"), ("week", "active_week")]
    )
    is_over, is_there = joined.is_over, joined.active_user.notnull()
    counts = joined.group_by([*by, "week"]).agg(
        n_cohort=joined.count(),
        n_listeners=is_over.ifelse(1, 0).sum(),
        n_active=(is_over & is_there).ifelse(1, 0).sum(),
    )
    return _told(view, view.frame(counts.order_by([*by, "week"])))


def _told(view: View, counts: pd.DataFrame) -> pd.DataFrame:
    n = counts["n_listeners"].to_numpy()
    low, high = wilson(counts["n_active"], n)
    table = counts.assign(
        share_active=counts["n_active"] / np.where(n > 0, n, np.nan),
        low=low,
        high=high,
        is_open=n < counts["n_cohort"].to_numpy(),
    )
    table = without_small(table[table["n_listeners"] > 0], "n_cohort")
    if "cohort" in table.columns:
        table.insert(1, "first_day", _first_days(view, table["cohort"]))
    return with_blanks(table, "n_listeners", "n_active", *_FIGURES)


def _first_days(view: View, cohorts: pd.Series) -> list:
    """The first day of each cohort's week; unknown for those from before the log."""
    start = pd.Timestamp(view.timeline.first_day)
    return [
        None if cohort < 0 else (start + pd.Timedelta(weeks=int(cohort))).date()
        for cohort in cohorts
    ]


def _by_group(
    view: View, listeners: ir.Table, weeks: ir.Table, name: str, of: ir.Table
) -> pd.DataFrame:
    """`_retention` of the largest groups, all cohorts together."""
    joined = listeners.inner_join(of.rename(of_user="user_id"), [("user_id", "of_user")])
    table = _retention(view, joined, weeks, ["group"])
    sizes = table[table["week"] == 0].sort_values(["n_cohort", "group"], ascending=[False, True])
    shown = sizes["group"].head(_VALUES_SHOWN)
    kept = table[table["group"].isin(shown)].reset_index(drop=True)
    kept.insert(0, "kind", name)
    return kept
