"""How much a preference weighs where a member compares listeners or items.

Preferences come on any scale: scores of 1 to 5, shares of a song played, thousands of plays. A
few people's thousands then outweigh everybody else, which is how raw counts spoil a factorisation
(recommenders.md §5.1: 0.17 against 0.32 of NDCG@100 for a truncated SVD).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import UnknownName

#: By name: of preferences above 0, weights above 0. None looks at other entries, so a listener's
#: weights are the same in any company.
WEIGHTINGS: dict[str, Callable[[NDArray], NDArray]] = {
    "binary": np.ones_like,
    "log": np.log1p,
    "sqrt": np.sqrt,
    "linear": np.copy,
}


def weights(preference: NDArray[np.float32], how: str) -> NDArray[np.float64]:
    """Weights of preferences; 0 stays 0.

    Raises
    ------
    UnknownName : if there is no such weighting
    """
    known = np.asarray(preference, dtype=np.float64)
    return np.where(known > 0, _of(how)(known), 0.0)


def weighted(taste: csr_array, how: str) -> csr_array:
    """``taste`` with float32 weights in place of preferences; entries of 0 are dropped.

    Raises
    ------
    UnknownName : if there is no such weighting
    """
    data = weights(taste.data, how).astype(np.float32)
    result = csr_array((data, taste.indices.copy(), taste.indptr.copy()), shape=taste.shape)
    result.eliminate_zeros()
    return result


def check_weighting(how: str) -> str:
    """``how``, if there is such a weighting.

    Raises
    ------
    UnknownName : if there is not
    """
    _of(how)
    return how


def _of(how: str) -> Callable[[NDArray], NDArray]:
    if how not in WEIGHTINGS:
        raise UnknownName(
            f"no weighting '{how}'. There are: {', '.join(sorted(WEIGHTINGS))}",
            mend="use one of these",
        )
    return WEIGHTINGS[how]
