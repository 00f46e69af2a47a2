"""Time in periods: who was still there when each began, and what came in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenuto.churn._follow_up import FollowUp

# Fine where most is decided: half of those who come back do so on the first days. Coarse later,
# but never over a week, so that days 7, 14, 21 and 28 are borders.
_BORDERS = (0, 1, 2, 4, 7, 10, 14, 21, 28)


@dataclass(frozen=True)
class Spells:
    """Person-periods: one row for each period that an example began without its event.

    row : which example
    period : which period, from 0
    happened : 1 if the event came in the period, else 0
    """

    row: np.ndarray
    period: np.ndarray
    happened: np.ndarray

    def of(self, rows: np.ndarray) -> Spells:
        """The person-periods of the examples in a bool mask, numbered as before."""
        kept = rows[self.row]
        return Spells(self.row[kept], self.period[kept], self.happened[kept])


def borders(follow_up: FollowUp) -> np.ndarray:
    """Where periods begin, and where the last one ends: days after the cutoff, from 0.

    The end of the label's horizon is one of them; none is later than somebody was followed.
    """
    days = sorted({*_BORDERS, follow_up.horizon_days})
    return np.array([day for day in days if day <= follow_up.followed_days.max()])


def spells(follow_up: FollowUp, edges: np.ndarray) -> Spells:
    """The person-periods of examples in the periods between ``edges``.

    A period that an example was not followed through to its end is left out, event or not:
    to keep the events alone of a half-known period would make it look dangerous.
    """
    starts, ends = edges[:-1], edges[1:]
    day, followed = follow_up.event_day[:, np.newaxis], follow_up.followed_days[:, np.newaxis]
    is_there = ~(day < starts) & (ends <= followed)
    row, period = np.nonzero(is_there)
    came = (day < ends)[row, period]
    return Spells(row, period, came.astype(np.int8))


def once(y: np.ndarray) -> Spells:
    """A single period in which the label is what happened: where times are not known."""
    return Spells(np.arange(len(y)), np.zeros(len(y), dtype=np.int64), y)


def base_hazards(found: Spells, n_periods: int) -> np.ndarray:
    """The share of each period's examples to whom it happened then, never 0 or 1 (Laplace)."""
    n = np.bincount(found.period, minlength=n_periods)
    happened = np.bincount(found.period, found.happened, n_periods)
    return (happened + 1) / (n + 2)


def survival(hazards: np.ndarray, edges: np.ndarray, days: np.ndarray) -> np.ndarray:
    """P(no event in ``[0, day)``) for each row of hazards and each of ``days``.

    Within a period the chance is the same every day; after the last one it goes on as in it.

    Parameters
    ----------
    hazards : shape (n, n_periods), in [0, 1]
    edges : ``n_periods + 1`` days, rising from 0
    """
    lengths = np.diff(edges)[:, np.newaxis]
    elapsed = (np.asarray(days) - edges[:-1, np.newaxis]) / lengths
    most = np.ones_like(lengths, dtype=np.float64)
    most[-1] = np.inf
    # A hazard of exactly 1 would be minus infinity times no time, which is not a number.
    stays = np.log1p(-np.minimum(hazards, 1 - 1e-12))
    return np.exp(stays @ np.clip(elapsed, 0, most))
