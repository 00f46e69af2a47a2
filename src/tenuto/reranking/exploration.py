"""Some places go to items from further down, rather to those that few have been shown.

What is never shown is never played, and a recommender learns nothing about it. A stated share of
the places is the price of learning; the last ones of the list pay it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.reranking import _settings
from tenuto.reranking._candidates import Candidates
from tenuto.reranking._draws import uniform
from tenuto.reranking._facts import Facts, known

LABEL = "exploration"
TURN = 70
NEEDS = ("listener", "day")
SETTINGS = {
    "share": "how many of the k places, on average over listeners and days",
    "depth": "how far down the list is looked for items to try",
    "seed": "of the draws; the same listener has the same list all day",
}
STRENGTH = "share"
# The draws of how many places, and of which items, must not be the same numbers.
_PLACES, _ITEMS = 0, 1


def rerank(
    candidates: Candidates,
    facts: Facts,
    k: int,
    *,
    share: float = 0.1,
    depth: int = 100,
    seed: int = 0,
) -> Candidates:
    """The last of the ``k`` places given to items drawn from the places after ``k``.

    The chance of an item is as 1 / (1 + ``n_shown``) where that is known. Where ``share * k`` is
    not whole, a draw per listener and day decides on one place more. A list that ends within the
    first ``k`` stays as it is.
    """
    _settings.share(share=share)
    _settings.at_least_0(depth=depth)
    listener, day = known(facts.listener), known(facts.day)
    n_places = np.floor(share * k + uniform(seed, listener, day, _PLACES)).astype(np.int64)
    place = np.arange(candidates.item.shape[1])
    is_drawn = candidates.is_there() & (place >= k) & (place < depth)
    item = np.where(is_drawn, candidates.item, 0)
    wait = -np.log(uniform(seed, listener[:, None], day, _ITEMS, item))
    if facts.n_shown is not None:
        wait = wait * (1.0 + facts.n_shown[item])
    wait = np.where(is_drawn, wait, np.inf)
    is_tried = is_drawn & (_rank(wait) < n_places[:, None])
    n_stay = k - is_tried.sum(axis=1, keepdims=True)
    return candidates.by(np.where(is_tried, 1.0, np.where(place < n_stay, 0.0, 2.0)))


def _rank(wait: NDArray[np.float64]) -> NDArray[np.int64]:
    """The order of each row's values: 0 for the smallest."""
    return np.argsort(np.argsort(wait, axis=1, kind="stable"), axis=1, kind="stable")
