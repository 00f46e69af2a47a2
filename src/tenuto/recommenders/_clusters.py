"""Listeners of like taste together, so that each cluster can have its own blend (S2-W4).

A listener is a direction: the taste, weighed by its logarithm, seen along a few singular vectors
and scaled to length 1. Clusters are those of k-means on the directions. Who comes later is put
with the nearest centre in the same way, so a listener's cluster depends on nobody else.

The number of clusters is the one on which halves of the listeners agree best: centres learned
from one half and from the other put everybody in the same clusters (adjusted Rand index; Hubert &
Arabie, "Comparing partitions", J. Classification 1985).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders._factors import factors_of_table, table_of_factors
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._weighting import weighted

#: The cluster of a listener without taste.
NO_CLUSTER = -1
_COUNTS = range(2, 9)
#: Numbers of clusters that leave one smaller than this share of the listeners are out.
_SPLINTER = 0.03
# So many are learned from; the others are put where they belong.
_LEARNED_FROM = 20_000
_STARTS, _SPLITS = 3, 3
#: Fewer listeners with taste than this are not clustered. Arbitrary.
FEWEST = 50


@dataclass(frozen=True)
class ListenerClusters:
    """Clusters numbered from 0, the largest first.

    directions : float32, (items, factors): singular vectors of the taste
    centres : float32, (clusters, factors)
    choice : one row per number of clusters tried: ``n_clusters``, ``agreement`` (1 the same
        clusters, 0 as by chance), ``smallest`` (share of listeners), ``is_chosen``
    """

    directions: NDArray[np.float32]
    centres: NDArray[np.float32]
    choice: pd.DataFrame

    @classmethod
    def fit(
        cls,
        histories: Histories,
        *,
        n_clusters: int | None = None,
        embedding_size: int = 16,
        random_state: int = 42,
    ) -> Self:
        """Learn clusters from everybody with taste.

        Parameters
        ----------
        n_clusters : 2 to 8 are tried unless it is given

        Raises
        ------
        NotEnoughData : if fewer than `FEWEST` listeners have taste
        ContractError : if ``n_clusters`` or ``embedding_size`` is below 1
        """
        if min(embedding_size, 1 if n_clusters is None else n_clusters) < 1:
            raise ContractError("a number is below 1", mend="ask for one cluster or more")
        taste = _with_taste(histories)
        rng = np.random.default_rng(random_state)
        # One thread: sums in another order would move a listener on the border.
        with threadpool_limits(1):
            size = min(embedding_size, min(taste.shape) - 1)
            directions = randomized_svd(taste, size, random_state=random_state)[2].T
            directions = np.ascontiguousarray(directions, dtype=np.float32)
            points = _points(taste, directions)
            sample = points[np.sort(rng.permutation(len(points))[:_LEARNED_FROM])]
            counts = _COUNTS if n_clusters is None else (n_clusters,)
            choice = _choice(points, sample, counts, random_state, rng)
            chosen = int(choice.loc[choice["is_chosen"], "n_clusters"].iloc[0])
            centres = _largest_first(points, _centres(sample, chosen, random_state))
        return cls(directions, centres, choice)

    def assign(self, histories: Histories) -> NDArray[np.int64]:
        """The cluster of each row, `NO_CLUSTER` without taste; known listener or new alike."""
        if histories.n_items != len(self.directions):
            raise ContractError(
                f"histories of {histories.n_items} items, clusters of {len(self.directions)}",
                mend="number the items as in the fit",
            )
        taste = weighted(histories.taste(), "log")
        found = np.full(len(histories), NO_CLUSTER, dtype=np.int64)
        has_taste = np.diff(taste.indptr) > 0
        if has_taste.any():
            found[has_taste] = _nearest(_points(taste[has_taste], self.directions), self.centres)
        return found

    def of_items(self, was: pd.Index, now: pd.Index) -> Self:
        """For items numbered as in ``now``; those that were not in ``was`` say nothing."""
        row = was.get_indexer(now)
        known = np.where(row[:, None] >= 0, self.directions[row], np.float32(0))
        return replace(self, directions=np.ascontiguousarray(known, dtype=np.float32))

    def to_tables(self) -> dict[str, pa.Table]:
        """Tables to be saved."""
        return {
            "cluster_directions": table_of_factors(self.directions),
            "cluster_centres": table_of_factors(self.centres),
            "cluster_choice": pa.Table.from_pandas(self.choice, preserve_index=False),
        }

    @classmethod
    def of_tables(cls, tables: dict[str, pa.Table]) -> Self:
        """Undo `to_tables`."""
        return cls(
            factors_of_table(tables["cluster_directions"]),
            factors_of_table(tables["cluster_centres"]),
            tables["cluster_choice"].to_pandas(),
        )


def _with_taste(histories: Histories) -> csr_array:
    taste = weighted(histories.taste(), "log")
    taste = taste[np.diff(taste.indptr) > 0]
    if taste.shape[0] < FEWEST or taste.shape[1] < 2:
        raise NotEnoughData(
            f"{taste.shape[0]} listeners with taste are too few for clusters",
            mend=f"take a longer window, or do without below {FEWEST}",
        )
    return taste


def _points(taste: csr_array, directions: NDArray[np.float32]) -> NDArray[np.float64]:
    """(listeners, factors), of length 1; 0 for who likes only what the directions do not know."""
    seen = np.asarray(taste.astype(np.float64) @ directions.astype(np.float64))
    length = np.sqrt((seen**2).sum(axis=1, keepdims=True))
    unit = np.divide(seen, length, out=np.zeros_like(seen), where=length > 1e-12)
    # Rounded, so that the order of additions cannot move a listener.
    return np.round(unit, 9)


def _centres(points: NDArray[np.float64], count: int, random_state: int) -> NDArray[np.float32]:
    means = MiniBatchKMeans(
        min(count, len(points)), n_init=_STARTS, batch_size=4_096, random_state=random_state
    )
    return means.fit(points).cluster_centers_.astype(np.float32)


def _nearest(points: NDArray[np.float64], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The lower number where two are as near."""
    wide = centres.astype(np.float64)
    distances = (wide**2).sum(axis=1) - 2 * points @ wide.T
    return np.round(distances, 9).argmin(axis=1)


def _choice(
    points: NDArray[np.float64], sample: NDArray[np.float64], counts, random_state: int, rng
) -> pd.DataFrame:
    splits = [np.array_split(rng.permutation(len(sample)), 2) for _ in range(_SPLITS)]
    rows = []
    for count in counts:
        agreed = [_agreement(sample, halves, count, random_state) for halves in splits]
        sizes = np.bincount(_nearest(points, _centres(sample, count, random_state)))
        smallest = sizes.min() / len(points) if len(sizes) == count else 0.0
        rows.append((count, float(np.mean(agreed)), float(smallest)))
    table = pd.DataFrame(rows, columns=["n_clusters", "agreement", "smallest"])
    sound = table[table["smallest"] >= _SPLINTER]
    # Where every number leaves a splinter, the fewest clusters have the largest ones.
    best = sound["agreement"].idxmax() if len(sound) else 0
    return table.assign(is_chosen=table.index == best)


def _agreement(points: NDArray[np.float64], halves, count: int, random_state: int) -> float:
    one, other = (
        _nearest(points, _centres(points[np.sort(half)], count, random_state)) for half in halves
    )
    return float(adjusted_rand_score(one, other))


def _largest_first(
    points: NDArray[np.float64], centres: NDArray[np.float32]
) -> NDArray[np.float32]:
    sizes = np.bincount(_nearest(points, centres), minlength=len(centres))
    # Of two of the same size the one further left on the first axis is first: arbitrary.
    return centres[np.lexsort((centres[:, 0], -sizes))]
