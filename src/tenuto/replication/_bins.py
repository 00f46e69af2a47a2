"""The table of users and bins of S4, as it was built and on the full grid."""

from __future__ import annotations

from datetime import datetime, time

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from tenuto.events.actions import count_column
from tenuto.replication._contract import Log

BIN_DAYS = 14
LABELS = ("churned_in_bin", "will_churn_in_next_bin", "will_churn_soon")

_BIN_S = BIN_DAYS * 86_400
_ACTIONS = (
    *("about", "add_friend", "add_to_playlist", "downgrade_page", "error", "help", "home"),
    *("logout", "play", "advert", "save_settings", "settings", "dislike", "like", "upgrade_page"),
)


def binned(log: Log, *, is_full_grid: bool) -> pd.DataFrame:
    """One row per user and bin: ``user_id``, ``bin``, the 25 inputs, and the three labels.

    ``bin`` is the whole number of 14 days from the registration to the event (S4-F2), to the
    second. As published there is a row where there are events, and whoever does not cancel
    later in the log is a 0. On the full grid there is a row for every bin of which the log
    holds all days, up to the cancellation; a label whose bin is not over is NULL (K48).
    """
    dated = _dated(log)
    counts = log.frame(_counts(dated).order_by(["user_id", "bin"]))
    users = log.frame(_users(dated).order_by("user_id"))
    rows = (
        _grid(log, users).merge(counts, on=["user_id", "bin"], how="left")
        if is_full_grid
        else (counts.merge(users, on="user_id"))
    )
    rows = rows.sort_values(["user_id", "bin"], ignore_index=True)
    numbers = [name for name in counts.columns if name not in ("user_id", "bin")]
    rows[numbers] = rows[numbers].fillna(0).astype(int)
    downgraded = rows.groupby("user_id")["downgraded_in_bin"]
    rows["previously_downgraded"] = (downgraded.cumsum() - rows["downgraded_in_bin"] > 0).astype(
        int
    )
    _add_labels(rows, is_full_grid)
    return rows.drop(columns=["start_s", "cancel_bin", "last_bin"], errors="ignore")


def _dated(log: Log) -> ir.Table:
    """Events with the user's registration and the bin; users without one are left out."""
    told = log.profiles.filter(log.profiles.registered.notnull())
    starts = told.group_by(told_user="user_id").agg(
        start_s=lambda rows: rows.registered.min().epoch_seconds(),
        is_male=lambda rows: (rows.gender == "M").any().fill_null(False).cast("int64"),
    )
    joined = log.events.inner_join(starts, [("user_id", "told_user")]).drop("told_user")
    # Some act before they register: that is their first bin, as int() of a negative share is 0.
    since = ibis.greatest(joined.timestamp.epoch_seconds() - joined.start_s, 0)
    return joined.mutate(bin=since // _BIN_S)


def _counts(dated: ir.Table) -> ir.Table:
    actions = {
        count_column(action): (dated.action == action).ifelse(1, None).count()
        for action in _ACTIONS
    }
    named = dated.item_id.split(" — ")[0]
    return dated.group_by(["user_id", "bin"]).agg(
        **actions,
        paid_in_bin=dated.is_paid.any().cast("int64"),
        free_in_bin=(~dated.is_paid).any().cast("int64"),
        downgraded_in_bin=(dated.action == "downgrade").any().cast("int64"),
        upgraded_in_bin=(dated.action == "upgrade").any().cast("int64"),
        n_sessions=dated.session_id.nunique(),
        n_artists=named.nunique(),
        n_songs=dated.item_id.nunique(),
    )


def _users(dated: ir.Table) -> ir.Table:
    return dated.group_by("user_id").agg(
        start_s=dated.start_s.min(),
        is_male=dated.is_male.max(),
        cancel_bin=dated.bin.min(where=dated.action == "cancel"),
    )


def _grid(log: Log, users: pd.DataFrame) -> pd.DataFrame:
    """Every bin of every user that the log holds whole, up to the one of the cancellation."""
    first_s, end_s = (
        (datetime.combine(day, time.min) - datetime(1970, 1, 1)).total_seconds()
        for day in (log.first_day, log.end)
    )
    first = np.ceil((first_s - users["start_s"]).clip(lower=0) / _BIN_S).astype(int)
    last = np.floor((end_s - users["start_s"]) / _BIN_S).astype(int) - 1
    until = np.fmin(last, users["cancel_bin"].astype(float)).astype(int)
    n_bins = (until - first + 1).clip(lower=0)
    rows = users.loc[users.index.repeat(n_bins)].assign(last_bin=last.repeat(n_bins).to_numpy())
    number = rows.groupby("user_id").cumcount().to_numpy()
    return rows.assign(bin=first.repeat(n_bins).to_numpy() + number)


def _add_labels(rows: pd.DataFrame, is_full_grid: bool) -> None:
    """The three labels, in place; ``will_churn_soon`` is either of the others."""
    cancelled = rows["cancel_bin"]
    now, then = (cancelled == rows["bin"]), (cancelled == rows["bin"] + 1)
    rows["churned_in_bin"] = now.astype(float)
    rows["will_churn_in_next_bin"] = then.astype(float)
    rows["will_churn_soon"] = (now | then).astype(float)
    if is_full_grid:
        # Who cancels in this bin has no next one; and a bin that is not over tells nothing.
        is_open = (rows["bin"] + 1 > rows["last_bin"]) & ~then
        rows.loc[is_open | now, "will_churn_in_next_bin"] = np.nan
        rows.loc[is_open & ~now, "will_churn_soon"] = np.nan
