"""The past and the future of a cutoff: two views of the rollups that share no day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from tenuto.engines import Engine
from tenuto.errors import ContractError, CutoffError
from tenuto.events.lake import Lake


class _Window:
    """Tables of the days ``[start, end)``, read once each."""

    def __init__(self, engine: Engine, rollups: Lake, start: date | None, end: date):
        self.engine = engine
        self._rollups = rollups
        self._start = start
        self._end = end
        self._read: dict[str, ir.Table] = {}

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
        rows = self._all_days(name)
        rows = rows.mutate(age_days=(ibis_date(self.cutoff) - rows.day).cast("int64"))
        return rows if days is None else rows.filter(rows.age_days <= days)


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
        cutoff = _parse(text)
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


def _parse(text: str | date) -> date:
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
        raise CutoffError(
            f"{text} is finer than the source can tell (its plays carry a day, not a time)",
            mend=f"use a midnight, e.g. --cutoff {moment.date()}",
        )
    return moment.date()


def ibis_date(day: date) -> ir.DateValue:
    """A date as an Ibis literal."""
    return ibis.literal(day, "date")
