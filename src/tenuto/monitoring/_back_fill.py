"""The days of a back-fill, and what became of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tenuto.errors import CutoffError
from tenuto.monitoring._run import Run

DONE, KEPT, NO_MODEL, FAILED = "done", "kept", "no model", "failed"


@dataclass(frozen=True)
class FilledDay:
    """What became of one day.

    state : "done", "kept" (finished before), "no model" (too short a log for one) or "failed"
    said : the verdict, why there is no model, or what was wrong and how to mend it
    is_leak : whether a guard stopped it
    alarms : what was off in this run and in the one before, in words
    """

    cutoff: date
    state: str
    said: str = ""
    is_leak: bool = False
    alarms: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"cutoff": self.cutoff.isoformat()}


def is_finished(run_folder: Path) -> bool:
    """Whether a run has come to its end, with models.

    One without is tried again: when it was made the log may have been too short.
    """
    is_whole = all((run_folder / name).exists() for name in ("run.json", "report.html"))
    return is_whole and Run(run_folder).has_models


def days_between(first: date | str, last: date | str, every_days: int) -> list[date]:
    """``first``, and every ``every_days`` from then on, up to ``last`` if it is met.

    Raises
    ------
    CutoffError : if one of them is no day, or there is none between them

    Examples
    --------
    >>> [str(day) for day in days_between("2017-04-01", "2017-04-09", 4)]
    ['2017-04-01', '2017-04-05', '2017-04-09']
    """
    start, end = _as_day(first), _as_day(last)
    if every_days < 1:
        raise CutoffError(f"a run every {every_days} days", mend="use --every 1 or more")
    if end < start:
        raise CutoffError(
            f"there is no day from {start} to {end}", mend=f"use --from {end} --to {start}"
        )
    return [start + timedelta(days=n) for n in range(0, (end - start).days + 1, every_days)]


def _as_day(text: date | str) -> date:
    try:
        return text if isinstance(text, date) else date.fromisoformat(text)
    except ValueError as failure:
        raise CutoffError(f"'{text}' is not a day", mend="write it like 2017-04-29") from failure
