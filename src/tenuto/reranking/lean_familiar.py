"""The list of a listener at risk of leaving leans to the familiar.

Familiar is what the listener has heard, and in part what an artist sings of whom they have heard
something: n songs of the artist make it n / (n + 1). At a risk of 0 nothing changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.reranking._candidates import Candidates
from tenuto.reranking._facts import Facts, Pairs, known
from tenuto.reranking._settings import at_least_0

LABEL = "the familiar for who may leave"
TURN = 30
NEEDS = ("risk", "heard")
SETTINGS = {
    "strength": "how often the place of a familiar item is halved for one who is sure to leave"
}
STRENGTH = "strength"


def rerank(candidates: Candidates, facts: Facts, k: int, *, strength: float = 2.0) -> Candidates:
    """Places pulled forward by ``strength`` times risk times familiarity.

    The default is arbitrary: for one who is sure to leave, a familiar item at place 8 stands
    beside a new one at place 2. Without ``artist`` only what was heard itself is familiar; an
    unknown risk is no risk.
    """
    at_least_0(strength=strength)
    heard = known(facts.heard)
    familiar = heard.has(candidates.item).astype(np.float64)
    if facts.artist is not None:
        familiar = np.maximum(familiar, _artist_heard(candidates.item, facts.artist, heard))
    risk = np.clip(np.nan_to_num(known(facts.risk)), 0.0, 1.0)
    return candidates.leaned(-strength * risk[:, None] * familiar)


def _artist_heard(item: NDArray, artist: NDArray, heard: Pairs) -> NDArray[np.float64]:
    """n / (n + 1) for n heard items of the same artist; 0 for an unknown artist."""
    width = int(artist.max(initial=0)) + 1
    sung_by = artist[heard.item].astype(np.int64)
    own = (heard.row_of_entry() * width + sung_by)[sung_by >= 0]
    key, count = np.unique(own, return_counts=True)
    by = np.where(item >= 0, artist[item], -1).astype(np.int64)
    asked = np.arange(len(item))[:, None] * width + by
    if len(key) == 0:
        return np.zeros(item.shape)
    place = np.minimum(np.searchsorted(key, asked), len(key) - 1)
    n = np.where((key[place] == asked) & (by >= 0), count[place], 0)
    return n / (n + 1.0)
