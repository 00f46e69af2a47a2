"""The past and the future of a cutoff: two views of the rollups that share no day."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Self

import ibis
import ibis.expr.types as ir

from tenuto.engines import Engine
from tenuto.errors import ContractError
from tenuto.events.lake import Lake
from tenuto.timeline._user_range import UserRange


class Window:
    """Tables of the days ``[start, end)`` of all users, or of ``users``, read once each."""

    def __init__(
        self,
        engine: Engine,
        rollups: Lake,
        start: date | None,
        end: date,
        users: UserRange | None = None,
    ):
        self.engine = engine
        self._rollups = rollups
        self._user_range = users
        self._start = start
        self._end = end
        self._read: dict[str, ir.Table] = {}

    def has(self, table: str) -> bool:
        """Whether there is such a rollup: a source may know nothing of sessions or profiles."""
        return bool(self._rollups.days(table))

    def narrowed(self, rows: ir.Table) -> ir.Table:
        """Those of ``rows`` that are of the users looked at."""
        return rows if self._user_range is None else self._user_range.of(rows)

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
            is_of_users = "user_id" in rows.columns
            self._read[table] = Window.narrowed(self, rows) if is_of_users else rows
        return self._read[table]


class Past(Window):
    """What was known before ``cutoff``: the only thing that a feature sees.

    ``days_observed`` is how many days of log there are before the cutoff.
    """

    def __init__(
        self,
        engine: Engine,
        rollups: Lake,
        first_day: date,
        cutoff: date,
        users: UserRange | None = None,
    ):
        super().__init__(engine, rollups, None, cutoff, users)
        self.cutoff = cutoff
        self.days_observed = (cutoff - first_day).days
        self._people: ir.Table | None = None

    def among(self, people: ir.Table) -> Self:
        """The same past, of those in ``people`` (by ``user_id``) alone.

        What is known of a few then costs little more than reading the days.
        """
        narrowed = copy.copy(self)
        narrowed._people = people.select(person="user_id")
        return narrowed

    def within(self, users: UserRange) -> Self:
        """The same past, of the users of a range alone."""
        narrowed = copy.copy(self)
        narrowed._user_range, narrowed._read = users, {}
        return narrowed

    def narrowed(self, rows: ir.Table) -> ir.Table:
        """Those of ``rows``, from wherever they are, that are of the users looked at."""
        return self._among(super().narrowed(rows))

    def table(self, name: str, days: int | None = None) -> ir.Table:
        """A rollup with a column ``age_days`` (1 is the day before the cutoff).

        ``days`` limits it to the last so many days; by default everything before the cutoff.
        """
        rows = self._aged(self._all_days(name))
        rows = self._among(rows) if "user_id" in rows.columns else rows
        return rows if days is None else rows.filter(rows.age_days <= days)

    def _among(self, rows: ir.Table) -> ir.Table:
        if self._people is None:
            return rows
        return rows.semi_join(self._people, [("user_id", "person")])

    def _aged(self, rows: ir.Table) -> ir.Table:
        return rows.mutate(age_days=(ibis_date(self.cutoff) - rows.day).cast("int64"))


class Future(Window):
    """What came in ``[cutoff, cutoff + horizon_days)``: the only thing that a label sees."""

    def __init__(
        self,
        engine: Engine,
        rollups: Lake,
        cutoff: date,
        horizon_days: int,
        users: UserRange | None = None,
    ):
        super().__init__(engine, rollups, cutoff, cutoff + timedelta(days=horizon_days), users)
        self.cutoff = cutoff
        self.horizon_days = horizon_days

    def table(self, name: str) -> ir.Table:
        """A rollup with a column ``days_after`` (0 is the day of the cutoff)."""
        rows = self._all_days(name)
        return rows.mutate(days_after=(rows.day - ibis_date(self.cutoff)).cast("int64"))


def ibis_date(day: date) -> ir.DateValue:
    """A date as an Ibis literal."""
    return ibis.literal(day, "date")
