"""Not the same thing over again: each next item is weighed against those already on the list.

Maximal marginal relevance: Carbonell & Goldstein, "The use of MMR, diversity-based reranking for
reordering documents and producing summaries", SIGIR 1998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.reranking import _similar
from tenuto.reranking._candidates import Candidates
from tenuto.reranking._facts import Facts, known
from tenuto.reranking._settings import at_least_0, share

LABEL = "diversity"
TURN = 60
NEEDS = ("vectors",)
SETTINGS = {
    "strength": "what it counts to be unlike the rest of the list; 1 minus the paper's lambda",
    "depth": "from how many candidates the list is chosen",
}
STRENGTH = "strength"


def rerank(
    candidates: Candidates, facts: Facts, k: int, *, strength: float = 0.3, depth: int = 50
) -> Candidates:
    """The first ``k`` chosen one by one, the others after them in their order.

    Each time the highest of ``(1 - strength) * relevance - strength * cosine`` to the likest item
    chosen before. Relevance falls with the logarithm of the place, from 1 to nearly 0 at
    ``depth``. Ties go to the earlier place.
    """
    share(strength=strength)
    at_least_0(depth=depth)
    first = candidates.first(max(int(depth), k))
    places = np.arange(1, first.item.shape[1] + 1)
    relevance = 1 - np.log(places) / np.log(len(places) + 1)
    turn = np.full(candidates.item.shape, candidates.item.shape[1], dtype=np.float64)
    for rows, alike in _similar.among(known(facts.vectors), first.item):
        is_open = first.is_there()[rows]
        turn[rows, : len(places)] = _turns(relevance, alike, is_open, min(k, len(places)), strength)
    return candidates.by(turn)


def _turns(
    relevance: NDArray[np.float64],
    alike: NDArray[np.float64],
    is_open: NDArray[np.bool_],
    k: int,
    strength: float,
) -> NDArray[np.float64]:
    """When each place is chosen, from 0; infinite for those that are not."""
    rows = np.arange(len(alike))
    nearest = np.zeros(is_open.shape)
    turn = np.full(is_open.shape, np.inf)
    for now in range(k):
        worth = np.round((1 - strength) * relevance - strength * nearest, 9)
        chosen = np.where(is_open, worth, -np.inf).argmax(axis=1)
        was_open = is_open[rows, chosen]
        turn[rows[was_open], chosen[was_open]] = now
        is_open = is_open.copy()
        is_open[rows, chosen] = False
        nearest = np.maximum(nearest, alike[rows, :, chosen])
    return turn
