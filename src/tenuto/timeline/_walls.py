"""The past and the future of a cutoff: two views of the rollups that share no day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from tenuto.engines import Engine
from tenuto.errors import ContractError, CutoffError
from tenuto.events.lake import Lake
from tenuto.timeline._own_clock import own_cutoffs


class _Window:
    """Tables of the days ``[start, end)``, read once each."""

    def __init__(self, engine: Engine, rollups: Lake, start: date | None, end: date):
        self.engine = engine
        self._rollups = rollups
        self._start = start
        self._end = end
        self._read: dict[str, ir.Table] = {}

    def has(self, table: str) -> bool:
        """Whether there is such a rollup: a source may know nothing of sessions or profiles."""
        return bool(self._rollups.days(table))

    def _all_days(self, table: str) -> ir.Table:
        if table not in self._read:
            files = self._rollups.files(table, since=self._start, before=self._end)
            if not files:
                # No partition in the window: the schema comes from any day, the rows from none.
                files = self._rollups.files(table)[:1]
                if not files:
                    raise ContractError(f"there is no rollup '{table}'", mend="tenuto ingest W")
            rows = self.engine.read_parquet(files)
            rows = rows.filter(rows.day < self._end)
            if self._start is not None:
                rows = rows.filter(rows.day >= self._start)
            self._read[table] = rows
        return self._read[table]


class Past(_Window):
    """What was known before ``cutoff``: the only thing that a feature sees.

    ``days_observed`` is how many days of log there are before the cutoff.
    """

    def __init__(self, engine: Engine, rollups: Lake, first_day: date, cutoff: date):
        super().__init__(engine, rollups, None, cutoff)
        self.cutoff = cutoff
        self.days_observed = (cutoff - first_day).days

    def table(self, name: str, days: int | None = None) -> ir.Table:
        """A rollup with a column ``age_days`` (1 is the day before the cutoff).

        ``days`` limits it to the last so many days; by default everything before the cutoff.
        """
        rows = self._aged(self._all_days(name))
        return rows if days is None else rows.filter(rows.age_days <= days)

    def _aged(self, rows: ir.Table) -> ir.Table:
        return rows.mutate(age_days=(ibis_date(self.cutoff) - rows.day).cast("int64"))


class Future(_Window):
    """What came in ``[cutoff, cutoff + horizon_days)``: the only thing that a label sees."""

    def __init__(self, engine: Engine, rollups: Lake, cutoff: date, horizon_days: int):
        super().__init__(engine, rollups, cutoff, cutoff + timedelta(days=horizon_days))
        self.cutoff = cutoff
        self.horizon_days = horizon_days

    def table(self, name: str) -> ir.Table:
        """A rollup with a column ``days_after`` (0 is the day of the cutoff)."""
        rows = self._all_days(name)
        return rows.mutate(days_after=(rows.day - ibis_date(self.cutoff)).cast("int64"))


class OwnPast(Past):
    """A past with a cutoff for each user: the end of a bin on the clock of the registration.

    ``age_days`` counts back from the user's own cutoff, which is at most ``cutoff``. Users
    without a whole bin in the log have no rows.
    """

    def __init__(self, engine: Engine, rollups: Lake, first_day: date, cutoff: date, bin_days: int):
        super().__init__(engine, rollups, first_day, cutoff)
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
        rows = _Window(past.engine, past._rollups, None, end)._all_days(name)
        own = past.cutoffs.select(own_user="user_id", own_cutoff="own_cutoff")
        dated = rows.inner_join(own, [("user_id", "own_user")]).drop("own_user")
        after = dated.mutate(days_after=(dated.day - dated.own_cutoff).cast("int64"))
        within = (after.days_after >= self._first_day_after) & (
            after.days_after < self.horizon_days
        )
        return after.filter(within).drop("own_cutoff")


@dataclass(frozen=True)
class Timeline:
    """The days of a service and what may be asked about them.

    ``precision`` is the source's: "day" sources cannot take a cutoff within a day.
    """

    rollups: Lake
    precision: str = "day"

    @property
    def days(self) -> list[date]:
        return self.rollups.days("user_days")

    @property
    def first_day(self) -> date:
        return self._known_days()[0]

    @property
    def end(self) -> date:
        """The day after the last day of log: the latest cutoff that there can be."""
        return self._known_days()[-1] + timedelta(days=1)

    def parse_cutoff(self, text: str | date) -> date:
        """The cutoff that ``text`` names.

        Raises
        ------
        CutoffError : if it is not a date, finer than the source can tell, or outside the data
        """
        cutoff = _parse(text, self.precision)
        if not self.first_day < cutoff <= self.end:
            raise CutoffError(
                f"{cutoff} is outside the data, which run from {self.first_day} "
                f"to {self.end - timedelta(days=1)}",
                mend=f"use a day from {self.first_day + timedelta(days=1)} to {self.end}",
            )
        return cutoff

    def digests(self) -> dict[str, str | None]:
        """The digest of every day's rollups: what any result depends on."""
        return {day.isoformat(): self.rollups.digest("user_days", day) for day in self.days}

    def past(self, engine: Engine, cutoff: date) -> Past:
        return Past(engine, self.rollups, self.first_day, cutoff)

    def future(self, engine: Engine, cutoff: date, horizon_days: int) -> Future:
        """The label side of ``cutoff``.

        Raises
        ------
        CutoffError : if the window is still open, because its labels are not known yet
        """
        if not self.is_closed(cutoff, horizon_days):
            raise CutoffError(
                f"the {horizon_days} days after {cutoff} are not over: the log ends "
                f"on {self.end - timedelta(days=1)}",
                mend=f"use a cutoff up to {self.last_closed_cutoff(horizon_days)}",
            )
        return Future(engine, self.rollups, cutoff, horizon_days)

    def own_past(self, engine: Engine, cutoff: date, bin_days: int) -> OwnPast:
        """What each user had done by the end of the own bin that closed last before ``cutoff``."""
        return OwnPast(engine, self.rollups, self.first_day, cutoff, bin_days)

    def own_future(self, past: OwnPast, bins: tuple[int, int]) -> OwnFuture:
        """The days of the own ``bins`` of each user, 0 being the one that ``past`` ends with.

        Raises
        ------
        CutoffError : if some user's last bin may still be open (K48)
        """
        days = bins[1] * past.bin_days
        if not self.is_closed(past.cutoff, days):
            raise CutoffError(
                f"not every bin of {past.bin_days} days that follows one closed by {past.cutoff} "
                f"is over: the log ends on {self.end - timedelta(days=1)}",
                mend=f"use a cutoff up to {self.last_closed_cutoff(days)}",
            )
        return OwnFuture(past, bins)

    def is_closed(self, cutoff: date, horizon_days: int) -> bool:
        """Whether everything in ``[cutoff, cutoff + horizon_days)`` has happened."""
        return cutoff + timedelta(days=horizon_days) <= self.end

    def last_closed_cutoff(self, horizon_days: int) -> date:
        return self.end - timedelta(days=horizon_days)

    def _known_days(self) -> list[date]:
        days = self.days
        if not days:
            raise CutoffError("there are no events yet", mend="tenuto ingest W")
        return days


def _parse(text: str | date, precision: str) -> date:
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except ValueError as failure:
        raise CutoffError(f"'{text}' is not a date", mend="write it like 2017-04-29") from failure
    if moment.tzinfo is not None:
        # Days are those of UTC: midnight somewhere else is within one of them.
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.time() != datetime.min.time():
        is_day = precision == "day"
        carried = "the source can tell (its plays carry a day, not a time)"
        why = carried if is_day else "a day, and what is known is summed by day"
        raise CutoffError(
            f"{text} is finer than {why}",
            mend=f"use a midnight, e.g. --cutoff {moment.date()}",
        )
    return moment.date()


def ibis_date(day: date) -> ir.DateValue:
    """A date as an Ibis literal."""
    return ibis.literal(day, "date")
