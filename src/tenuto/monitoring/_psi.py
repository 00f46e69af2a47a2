"""How far a distribution has moved: the population stability index over stored bins.

    PSI = sum over bins of (now - then) * ln(now / then), shares of each bin

0.1 to 0.2 is worth watching, more than 0.2 an alert: a custom of credit scoring, and arbitrary.
Half a row is added to every bin, so that an empty one is no infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2

from tenuto.errors import ContractError

N_BINS = 10
WATCH, ALERT = 0.1, 0.2
STEADY, WATCHED, ALERTED, TOO_FEW = "steady", "watch", "alert", "too few"
#: One in a thousand: a hundred features are looked at every day.
_CHANCE = 0.001
_SMOOTHING = 0.5


@dataclass(frozen=True)
class Histogram:
    """How many rows fell into each bin.

    edges : the upper ends of all bins but the last, rising; a value on an edge is below it
    counts : one per bin, one more than there are edges, and last the rows without a value
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: np.ndarray, n_bins: int = N_BINS) -> Histogram:
        """Bins of equal mass, as far as tied values allow; NaN has a bin of its own.

        Where there is one value only, a bin below and one above it stand ready.
        """
        known = np.asarray(values, dtype=np.float64)
        known = known[~np.isnan(known)]
        if len(known) == 0:
            return cls((), (0, len(values)))
        at = np.arange(1, n_bins) / n_bins
        edges = np.unique(np.quantile(known, at, method="inverted_cdf"))
        if known.min() == known.max():
            edges = np.array([np.nextafter(known[0], -np.inf), known[0]])
        return cls(tuple(map(float, edges)), counted(edges, values))

    def count(self, values: np.ndarray) -> tuple[int, ...]:
        """How many of other ``values`` fall into these bins."""
        return counted(np.asarray(self.edges, dtype=np.float64), values)

    @property
    def n(self) -> int:
        return sum(self.counts)

    @property
    def share_null(self) -> float:
        return self.counts[-1] / self.n if self.n else float("nan")

    def to_json(self) -> dict[str, Any]:
        return {"edges": list(self.edges), "counts": list(self.counts)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Histogram:
        """Undo `to_json`.

        Raises
        ------
        ContractError : if there is not one count per bin and one for NULL
        """
        edges, counts = tuple(map(float, value["edges"])), tuple(map(int, value["counts"]))
        if len(counts) != len(edges) + 2:
            raise ContractError(
                f"a histogram has {len(edges)} edges and {len(counts)} counts",
                mend="delete the folder monitoring of that run and run it again",
            )
        return cls(edges, counts)


def counted(edges: np.ndarray, values: np.ndarray) -> tuple[int, ...]:
    """Rows per bin, those without a value last."""
    asked = np.asarray(values, dtype=np.float64)
    is_null = np.isnan(asked)
    bins = np.searchsorted(edges, asked[~is_null], side="left")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    return (*map(int, counts), int(is_null.sum()))


def psi(then: Sequence[int], now: Sequence[int]) -> float:
    """The index between two lists of counts of the same bins; NaN where either has no rows.

    Examples
    --------
    >>> psi([50, 50], [50, 50])
    0.0
    >>> round(psi([5000, 5000], [6000, 4000]), 3)
    0.041
    """
    if not sum(then) or not sum(now):
        return float("nan")
    shares = [_shares(np.asarray(counts, dtype=np.float64)) for counts in (then, now)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def noise_limit(then: Sequence[int], now: Sequence[int]) -> float:
    """What chance alone passes once in a thousand times: few rows are never alike.

    Notes
    -----
    Without drift PSI is about chi-squared with (bins - 1) degrees of freedom, times
    (1/n + 1/m). Yurdakul & Naranjo, "Statistical properties of the population stability
    index", Journal of Risk Model Validation 2020.
    """
    n_used = int(((np.asarray(then) > 0) | (np.asarray(now) > 0)).sum())
    return chance_limit(sum(then), sum(now), n_used - 1)


def chance_limit(n_then: int, n_now: int, degrees: int) -> float:
    """`noise_limit` from the rows and degrees of freedom alone; 0 where there are none."""
    if min(n_then, n_now, degrees) < 1:
        return 0.0
    return float(chi2.isf(_CHANCE, degrees) * (1 / n_then + 1 / n_now))


def level_of(distance: float, limit: float = 0.0) -> str:
    """In a word. A distance that chance explains is steady, however large.

    Where chance alone passes the alert there is no telling: "too few".
    """
    if np.isnan(distance):
        return TOO_FEW
    if distance <= max(limit, WATCH):
        return TOO_FEW if limit > ALERT else STEADY
    return ALERTED if distance > ALERT else WATCHED


def _shares(counts: np.ndarray) -> np.ndarray:
    smoothed = counts + _SMOOTHING
    return smoothed / smoothed.sum()
