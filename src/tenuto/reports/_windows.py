"""Which days the models looked at: windows of features and of outcomes around each cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from tenuto.reports._results import Results
from tenuto.reports._words import as_date, listing


@dataclass(frozen=True)
class Window:
    """Days ``[start, end)`` on one side of a cutoff.

    roles : of "training", "test" and "call list", those that the cutoff has
    side : "features" or "outcome"
    is_known : whether all of it is in the log (the outcome of a call list often is not)
    """

    cutoff: date
    roles: tuple[str, ...]
    side: str
    start: date
    end: date
    is_known: bool = True

    @property
    def role(self) -> str:
        """The roles in words."""
        return listing(self.roles)


def windows_of(results: Results) -> list[Window]:
    """Both windows of every cutoff of the run, earliest first.

    The features' window is the longest one that the honest models use; a few habits look at
    everything before the cutoff.
    """
    roles: dict[date, list[str]] = {}
    summary = results.churn
    for name in ("training_cutoffs", "calling_cutoffs"):
        for cutoff in summary.get(name) or ():
            roles[as_date(cutoff)] = ["training"]
    if summary.get("test_cutoff"):
        roles.setdefault(as_date(summary["test_cutoff"]), []).append("test")
    roles.setdefault(results.cutoff, []).append("call list")
    return [
        window
        for cutoff in sorted(roles)
        for window in _both_sides(results, cutoff, tuple(roles[cutoff]))
    ]


def _both_sides(results: Results, cutoff: date, roles: tuple[str, ...]) -> list[Window]:
    before = timedelta(days=int(results.settings["churn"]["min_history_days"]))
    start, end = results.label.window(cutoff)
    is_known = end <= log_end(results)
    return [
        Window(cutoff, roles, "features", cutoff - before, cutoff),
        Window(cutoff, roles, "outcome", start, end, is_known),
    ]


def log_days(results: Results) -> list[date]:
    """The days of log that the run knew of, in order."""
    return sorted(as_date(day) for day in results.run["inputs"])


def log_end(results: Results) -> date:
    """The day after the last day of log."""
    days = log_days(results)
    return days[-1] + timedelta(days=1) if days else results.cutoff


def faults(results: Results) -> pd.DataFrame:
    """Files that are missing, cut short, too large or copies, with ``touches`` (K37).

    ``touches`` says which windows have their day in them; "" when none has.
    """
    table = results.completeness
    if table.empty:
        return table.assign(touches=[])
    found = table[table["state"] != "ok"].sort_values(["day", "kind", "part"], ignore_index=True)
    windows = windows_of(results)
    return found.assign(touches=[_touched(day, windows) for day in found["day"]])


def _touched(day: date, windows: list[Window]) -> str:
    said = []
    for side in ("features", "outcome"):
        hit = [window for window in windows if window.side == side and _holds(window, day)]
        roles = dict.fromkeys(role for window in hit for role in window.roles)
        if roles:
            said.append(f"{side} of {listing(roles)}")
    return "; ".join(said)


def _holds(window: Window, day: date) -> bool:
    return window.start <= day < window.end
