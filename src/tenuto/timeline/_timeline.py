"""The days of a service, and what may be asked about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from tenuto.engines import Engine
from tenuto.errors import CutoffError
from tenuto.events.lake import Lake
from tenuto.timeline._own_walls import OwnFuture, OwnPast
from tenuto.timeline._user_range import UserRange
from tenuto.timeline._walls import Future, Past


@dataclass(frozen=True)
class Timeline:
    """The days of a service and what may be asked about them.

    ``precision`` is the source's: "day" sources cannot take a cutoff within a day. ``users`` is
    the part of the listeners that pasts and futures are of; None is all.
    """

    rollups: Lake
    precision: str = "day"
    users: UserRange | None = None

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
        return Past(engine, self.rollups, self.first_day, cutoff, self.users)

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
        return Future(engine, self.rollups, cutoff, horizon_days, self.users)

    def own_past(self, engine: Engine, cutoff: date, bin_days: int) -> OwnPast:
        """What each user had done by the end of the own bin that closed last before ``cutoff``."""
        return OwnPast(engine, self.rollups, self.first_day, cutoff, bin_days, self.users)

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

    def user_ids(self, engine: Engine) -> pa.Array:
        """Of all who were ever seen, in order."""
        days = engine.read_parquet(self.rollups.files("user_days"))
        ids = engine.to_arrow(days.select("user_id").distinct().order_by("user_id"))
        return ids["user_id"]

    def of_users(self, users: UserRange) -> Timeline:
        """The same days, of these users alone."""
        return replace(self, users=users)

    def is_closed(self, cutoff: date, horizon_days: int) -> bool:
        """Whether everything in ``[cutoff, cutoff + horizon_days)`` has happened."""
        return cutoff + timedelta(days=horizon_days) <= self.end

    def last_closed_cutoff(self, horizon_days: int) -> date:
        return self.end - timedelta(days=horizon_days)

    def _known_days(self) -> list[date]:
        days = self.days
        if not days:
            raise CutoffError(
                "there are no events: no log was read, or every line of it was set aside",
                mend="tenuto ingest WORKSPACE reads the logs, and says what was wrong with them",
            )
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
