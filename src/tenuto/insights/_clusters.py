"""Clusters of listeners by their traits: how many, how sharp, and how sure.

The number is the one on which halves of the listeners agree best: centres learned from one half
and from the other put everybody in the same groups (adjusted Rand index; Hubert & Arabie,
"Comparing partitions", J. Classification 1985), mean of some splits; numbers that leave a splinter
are out. k-means itself never says that there are no groups, so the mean silhouette goes with it
(Rousseeuw, "Silhouettes", J. Comp. Appl. Math. 1987): below 0.25 the groups are cuts through a
cloud.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tenuto.insights._small_cells import MIN_LISTENERS
from tenuto.insights._traits import scaled, usable

#: Fewer listeners than this are not grouped at all.
FEWEST = 100
_COUNTS = range(3, 8)
_SPLINTER = 0.03
# So many are learned from and judged by; the others are put where they belong.
_LEARNED_FROM, _JUDGED_BY = 20_000, 2_000
_STARTS, _SPLITS = 3, 4
# Beyond three standard deviations a listener is extreme, and no more than that.
_FARTHEST = 3.0


@dataclass(frozen=True)
class Clusters:
    """Groups of listeners, numbered from 1, the largest first.

    ``choice`` has one row per number tried: ``n_segments``, ``agreement`` (1 the same groups, 0
    as by chance), ``silhouette``, ``smallest`` (share of listeners) and ``is_chosen``.
    """

    columns: tuple[str, ...]
    middle: pd.Series
    spread: pd.Series
    centres: np.ndarray
    choice: pd.DataFrame

    def of(self, traits: pd.DataFrame) -> np.ndarray:
        """The number of the nearest centre for every row of ``traits``."""
        return _nearest(self._standardised(traits), self.centres) + 1

    def _standardised(self, traits: pd.DataFrame) -> np.ndarray:
        known = scaled(traits.reindex(columns=list(self.columns)))
        return _standardised(known, self.middle, self.spread)


def find_clusters(traits: pd.DataFrame, random_state: int) -> Clusters | None:
    """Clusters of the rows of ``traits``; None where there are too few rows or traits."""
    columns = usable(traits, is_behaviour=True)
    if len(traits) < FEWEST or len(columns) < 2:
        return None
    known = scaled(traits[columns])
    middle, spread = known.mean(), known.std(ddof=0)
    points = _standardised(known, middle, spread)
    rng = np.random.default_rng(random_state)
    sample = points[np.sort(rng.permutation(len(points))[:_LEARNED_FROM])]
    # One thread: sums in another order would move a listener on the border.
    with threadpool_limits(1):
        tried = {count: _centres(sample, count, random_state) for count in _COUNTS}
        agreements = _agreements(sample, random_state, rng)
        choice = _choice(points, tried, agreements, rng)
    chosen = int(choice.loc[choice["is_chosen"], "n_segments"].iloc[0])
    centres = _largest_first(points, tried[chosen])
    return Clusters(tuple(columns), middle, spread, centres, choice)


def _standardised(known: pd.DataFrame, middle: pd.Series, spread: pd.Series) -> np.ndarray:
    """Deviations in standard deviations; what is unknown is in the middle."""
    deviations = ((known - middle) / spread).clip(-_FARTHEST, _FARTHEST).fillna(0.0)
    return deviations.to_numpy(dtype=np.float64)


def _centres(points: np.ndarray, count: int, random_state: int) -> np.ndarray:
    return KMeans(count, n_init=_STARTS, random_state=random_state).fit(points).cluster_centers_


def _nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    distances = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return distances.argmin(axis=1)


def _choice(
    points: np.ndarray, tried: dict[int, np.ndarray], agreements: dict[int, float], rng
) -> pd.DataFrame:
    judged = points[np.sort(rng.permutation(len(points))[:_JUDGED_BY])]
    rows = []
    for count, centres in tried.items():
        smallest = int(np.bincount(_nearest(points, centres), minlength=count).min())
        groups = _nearest(judged, centres)
        sharpness = silhouette_score(judged, groups) if len(set(groups)) > 1 else np.nan
        rows.append((count, agreements[count], sharpness, smallest / len(points)))
    columns = ["n_segments", "agreement", "silhouette", "smallest"]
    table = pd.DataFrame(rows, columns=columns)
    sound = table[table["smallest"] >= max(_SPLINTER, MIN_LISTENERS / len(points))]
    # Where every number leaves a splinter, the fewest groups have the largest ones.
    best = sound["agreement"].idxmax() if len(sound) else 0
    return table.assign(is_chosen=table.index == best)


def _agreements(points: np.ndarray, random_state: int, rng) -> dict[int, float]:
    """How alike two halves of the listeners group everybody, by the number of groups."""
    found: dict[int, list[float]] = {count: [] for count in _COUNTS}
    for _ in range(_SPLITS):
        order = rng.permutation(len(points))
        halves = [np.sort(half) for half in np.array_split(order, 2)]
        for count, scores in found.items():
            first, second = (
                _nearest(points, _centres(points[half], count, random_state)) for half in halves
            )
            scores.append(float(adjusted_rand_score(first, second)))
    return {count: float(np.mean(scores)) for count, scores in found.items()}


def _largest_first(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    sizes = np.bincount(_nearest(points, centres), minlength=len(centres))
    # Of two of the same size the one further left on the first trait is first: arbitrary.
    return centres[np.lexsort((centres[:, 0], -sizes))]
