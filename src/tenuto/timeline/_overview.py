"""What the log looks like before anything is predicted: days, actions, and how much users do."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd

from tenuto.timeline._walls import Past

_BINS = 24


def activity_by_day(past: Past) -> pd.DataFrame:
    """One row per day: ``day``, ``n_active_users``, ``n_new_users`` and one count per action."""
    days = past.table("user_days")
    first = days.group_by("user_id").agg(day=days.day.min())
    new = first.group_by(new_day="day").agg(n_new_users=lambda rows: rows.count())
    counts = {
        name: days[name].sum()
        for name in days.columns
        if name.startswith("n_") and "share" not in name
    }
    daily = days.group_by("day").agg(n_active_users=days.count(), **counts)
    table = daily.left_join(new, [("day", "new_day")]).drop("new_day")
    table = table.mutate(n_new_users=table.n_new_users.fill_null(0)).order_by("day")
    return past.engine.to_arrow(table).to_pandas()


def events_per_user(past: Past) -> pd.DataFrame:
    """The histogram of log10(events per user): ``from_events``, ``to_events``, ``n_users``.

    Bins of equal width on the logarithmic scale, from 1 to the busiest user.
    """
    days = past.table("user_days")
    users = days.group_by("user_id").agg(n=days.n_events.sum())
    counted = users.group_by("n").agg(n_users=lambda rows: rows.count()).order_by("n")
    table = past.engine.to_arrow(counted).to_pandas()
    edges = np.logspace(0, np.log10(max(table["n"].max(), 10) + 1), _BINS + 1)
    histogram, _ = np.histogram(table["n"], bins=edges, weights=table["n_users"])
    return pd.DataFrame(
        {"from_events": edges[:-1], "to_events": edges[1:], "n_users": histogram.astype(int)}
    )


def device_shares(past: Past) -> pd.DataFrame:
    """``device``, ``n_users`` and ``n_events``; a user with two devices counts for both."""
    days = past.table("user_day_devices")
    table = days.group_by("device").agg(
        n_users=days.user_id.nunique(), n_events=days.n_events.sum()
    )
    return past.engine.to_arrow(table.order_by([ibis.desc("n_users"), "device"])).to_pandas()
