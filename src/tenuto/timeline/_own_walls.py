"""The past and the future of a cutoff that each user has alone (see ``_own_clock.py``)."""

from __future__ import annotations

from datetime import date, timedelta

import ibis.expr.types as ir

from tenuto.engines import Engine
from tenuto.events.lake import Lake
from tenuto.timeline._own_clock import own_cutoffs
from tenuto.timeline._user_range import UserRange
from tenuto.timeline._walls import Past, Window


class OwnPast(Past):
    """A past with a cutoff for each user: the end of a bin on the clock of the registration.

    ``age_days`` counts back from the user's own cutoff, which is at most ``cutoff``. Users
    without a whole bin in the log have no rows.
    """

    def __init__(
        self,
        engine: Engine,
        rollups: Lake,
        first_day: date,
        cutoff: date,
        bin_days: int,
        users: UserRange | None = None,
    ):
        super().__init__(engine, rollups, first_day, cutoff, users)
        self.bin_days = bin_days
        self.cutoffs = engine.cache(own_cutoffs(self._starts(), first_day, cutoff, bin_days))

    def _starts(self) -> ir.Table:
        """``user_id`` and ``start_day``: the registration, or the first day seen if earlier."""
        seen = (
            self._all_days("user_days")
            .group_by("user_id")
            .agg(start_day=lambda rows: rows.day.min())
        )
        if not self.has("user_profile_days"):
            return seen
        told = (
            self._all_days("user_profile_days")
            .group_by(told_user="user_id")
            .agg(registered_day=lambda rows: rows.registered.min().date())
        )
        joined = seen.left_join(told, [("user_id", "told_user")])
        earlier = (joined.registered_day < joined.start_day).fill_null(False)
        return joined.select(
            "user_id", start_day=earlier.ifelse(joined.registered_day, joined.start_day)
        )

    def _aged(self, rows: ir.Table) -> ir.Table:
        own = self.cutoffs.select(own_user="user_id", own_cutoff="own_cutoff")
        dated = rows.inner_join(own, [("user_id", "own_user")]).drop("own_user")
        aged = dated.mutate(age_days=(dated.own_cutoff - dated.day).cast("int64"))
        return aged.filter(aged.age_days >= 1).drop("own_cutoff")


class OwnFuture:
    """The bins of each user that a label looks at; ``days_after`` the user's own cutoff.

    Days of the bin that the past ends with are negative, from -``bin_days``.
    """

    def __init__(self, past: OwnPast, bins: tuple[int, int]):
        self.cutoff = past.cutoff
        self.horizon_days = bins[1] * past.bin_days
        self._past = past
        self._first_day_after = (bins[0] - 1) * past.bin_days

    def table(self, name: str) -> ir.Table:
        """A rollup with ``days_after`` the user's own cutoff."""
        past = self._past
        end = past.cutoff + timedelta(days=self.horizon_days)
        rows = Window(past.engine, past._rollups, None, end, past._user_range)._all_days(name)
        own = past.cutoffs.select(own_user="user_id", own_cutoff="own_cutoff")
        dated = rows.inner_join(own, [("user_id", "own_user")]).drop("own_user")
        after = dated.mutate(days_after=(dated.day - dated.own_cutoff).cast("int64"))
        within = (after.days_after >= self._first_day_after) & (
            after.days_after < self.horizon_days
        )
        return after.filter(within).drop("own_cutoff")
