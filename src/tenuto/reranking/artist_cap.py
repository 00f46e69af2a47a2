"""Not too many of one artist in the first k."""

from __future__ import annotations

import numpy as np

from tenuto.reranking._candidates import Candidates, place_in_group
from tenuto.reranking._facts import Facts, known
from tenuto.reranking._settings import at_least_0

LABEL = "artist cap"
TURN = 80
NEEDS = ("artist",)
SETTINGS = {"at_most": "how many items of one artist among the first k; 0 is no limit"}
STRENGTH = "at_most"
IS_PROMISE = True


def rerank(candidates: Candidates, facts: Facts, k: int, *, at_most: int = 2) -> Candidates:
    """An artist's further items behind the first ``k``; all in their order otherwise.

    A promise, so where the candidates do not last the list has fewer than ``k``. Items of unknown
    artists are not limited.
    """
    at_least_0(at_most=at_most)
    if at_most == 0:
        return candidates
    artist = known(facts.artist).astype(np.int64)[candidates.item]
    is_known = candidates.is_there() & (artist >= 0)
    n_before = place_in_group(np.where(is_known, artist, -1))
    is_too_many = is_known & (n_before >= at_most)
    n_allowed = np.cumsum(candidates.is_there() & ~is_too_many, axis=1)
    is_short = n_allowed[:, -1:] < k
    # Just behind the k-th that is allowed, unless it stands further down already.
    behind = np.maximum(n_allowed, k) - 0.5
    turn = np.where(is_too_many, behind, n_allowed - 1.0)
    kept = candidates.without(is_too_many & is_short)
    return kept.by(np.where(is_short, np.arange(turn.shape[1]), turn))
