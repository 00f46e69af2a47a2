"""The part of a taste that a factor model can learn from, and back from it to all items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


def liked_part(taste: csr_array) -> tuple[csr_array, NDArray[np.int64]]:
    """Listeners with taste by items that somebody likes, and the numbers of those items."""
    liked = csr_array(taste[np.flatnonzero(np.diff(taste.indptr))])
    items = np.flatnonzero(np.bincount(liked.indices, minlength=taste.shape[1]))
    return csr_array(liked[:, items]), items


def spread_out(
    factors: NDArray[np.float32], items: NDArray[np.int64], n_items: int
) -> NDArray[np.float32]:
    """One row for each of ``n_items``, NaN for those not among ``items``."""
    every = np.full((n_items, factors.shape[1]), np.nan, dtype=np.float32)
    every[items] = factors
    return every
