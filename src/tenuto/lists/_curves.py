"""How likely the song at each place of two lists is to be played: so that they can be merged.

One curve for own songs and one for new ones, each falling with the place. They are learned from
lists that were judged; until there are any, those of two public sets stand in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

#: Places that a curve says something of; below them it goes on falling as 1/place.
N_PLACES = 50


@dataclass(frozen=True)
class Curves:
    """P(played in the horizon) by place, from 0.

    n_users : that it was learned from, 0 for the usual
    """

    own: NDArray[np.float64]
    new: NDArray[np.float64]
    n_users: int = 0

    @classmethod
    def usual(cls) -> Curves:
        """Own songs first: the shape seen on public logs (docs/recommender-benchmarks.md)."""
        place = np.arange(1.0, N_PLACES + 1)
        return cls(0.4 / np.sqrt(place), 0.05 / np.sqrt(place))

    @classmethod
    def learned(cls, own: NDArray[np.bool_], new: NDArray[np.bool_]) -> Curves:
        """From hits, one row per listener and one column per place, of at least one listener."""
        return cls(_falling(own), _falling(new), len(own))

    def at(self, kind: str, n: int) -> NDArray[np.float64]:
        """The first ``n`` values of "own" or "new"."""
        curve: NDArray[np.float64] = getattr(self, kind)
        further = curve[-1] * len(curve) / np.arange(len(curve) + 1, max(n, len(curve)) + 1)
        return np.concatenate([curve, further])[:n]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"own": self.own.tolist(), "new": self.new.tolist(), "n_users": self.n_users}

    @classmethod
    def of_dict(cls, said: dict[str, Any]) -> Curves:
        """Undo `to_dict`."""
        return cls(np.array(said["own"]), np.array(said["new"]), said["n_users"])


def _falling(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of hits at each place, smoothed so that it never rises."""
    shares = hits.mean(axis=0)
    fitted = IsotonicRegression(increasing=False, y_min=1e-6).fit_transform(
        np.arange(len(shares)), shares
    )
    # Steps become slopes, so that places within a step keep their order.
    return np.asarray(fitted) * (1 - 1e-6 * np.arange(len(shares)))
