"""Bins on each user's own clock: so many days from the registration, and again, and again.

Subscriptions run from the day they began, not from the first of the month (S4-F2). Every user
has a bin for every such span, also where nothing happened in it; a bin that is not over has no
label (K48).
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir


def bins(starts: ir.Table, first_day: date, end: date, bin_days: int) -> ir.Table:
    """The full grid of users and bins that the log from ``first_day`` up to ``end`` touches.

    Parameters
    ----------
    starts : ``user_id`` and ``start_day``, when the user's clock began

    Returns
    -------
    ``user_id``, ``bin`` (0 is the first after the start), ``start_day``, ``end_day`` (the day
    after its last), ``is_whole``: the log holds all of its days. The bins of a user
    partition the days of the log from the start on.
    """
    days_before = (ibis.literal(first_day, "date") - starts.start_day).cast("int64")
    first_bin = ibis.greatest(days_before, 0) // bin_days
    last_bin = ((ibis.literal(end, "date") - starts.start_day).cast("int64") - 1) // bin_days
    numbered = starts.mutate(bin=ibis.range(first_bin, last_bin + 1, 1).unnest())
    start_day = _days_later(numbered.start_day, numbered.bin * bin_days)
    end_day = _days_later(numbered.start_day, (numbered.bin + 1) * bin_days)
    grid = numbered.select("user_id", "bin", start_day=start_day, end_day=end_day)
    return grid.mutate(is_whole=(grid.start_day >= first_day) & (grid.end_day <= end))


def own_cutoffs(starts: ir.Table, first_day: date, cutoff: date, bin_days: int) -> ir.Table:
    """``user_id``, ``bin`` and ``own_cutoff``: the end of the last whole bin before ``cutoff``."""
    since = (ibis.literal(cutoff, "date") - starts.start_day).cast("int64")
    ended = starts.mutate(n_ended=since // bin_days)
    dated = ended.select(
        "user_id",
        bin=ended.n_ended - 1,
        own_cutoff=_days_later(ended.start_day, ended.n_ended * bin_days),
        began=_days_later(ended.start_day, (ended.n_ended - 1) * bin_days),
    )
    return dated.filter((dated.bin >= 0) & (dated.began >= first_day)).drop("began")


def _days_later(day: ir.DateValue, days: ir.IntegerValue) -> ir.DateValue:
    return (day.cast("timestamp") + days.as_interval("D")).date()
