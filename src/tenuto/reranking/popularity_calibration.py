"""As much of the well known and of the rare as in the listener's own history.

Items are put in three groups by popularity: the head, the fewest items that together have
half of all listening; the tail, the rarest with a fifth of it; the middle between. The top k then
has of each group the listener's own share, or a part of the way to it. Within a group the order
stays, so of each group the best come.

Steck, "Calibrated recommendations", RecSys 2018, asks for a trade-off between relevance and the
divergence of the two distributions. Here the way towards the listener's shares is itself the
setting: it does not depend on the scale of the scores, and with three groups the best list for
given shares is known at once, without a greedy search.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.reranking._candidates import Candidates, place_in_group
from tenuto.reranking._facts import Facts, Pairs, known
from tenuto.reranking._settings import share

LABEL = "popularity as in the listener's history"
TURN = 50
NEEDS = ("popularity", "heard")
SETTINGS = {
    "strength": "how far to go from the list's shares (0) to the listener's (1)",
    "head": "the share of all listening that the most popular items have together",
    "tail": "the share of all listening that the rarest items have together",
}
STRENGTH = "strength"
#: So many items as the list has them stand in each history beside its own: one rare song heard
#: does not make a list of nothing but rare songs. Arbitrary.
_PRIOR = 2.0
_N_GROUPS = 3


def rerank(
    candidates: Candidates,
    facts: Facts,
    k: int,
    *,
    strength: float = 0.8,
    head: float = 0.5,
    tail: float = 0.2,
) -> Candidates:
    """The best of each group, as many as the shares ask for, before all others.

    Where a group runs out, the best of the other groups take its places. The list of a listener
    who has heard nothing stays as it is.
    """
    share(strength=strength, head=head, tail=tail, **{"head + tail": round(head + tail, 9)})
    group_of_item = groups(known(facts.popularity), head, tail)
    group = np.where(candidates.is_there(), group_of_item[candidates.item], _N_GROUPS)
    n_listed = np.stack([(group[:, :k] == which).sum(1) for which in range(_N_GROUPS)], axis=1)
    n_wanted = _wanted(n_listed, _counts(known(facts.heard), group_of_item), strength)
    n_wanted = np.column_stack([n_wanted, np.zeros(len(n_wanted), dtype=np.int64)])
    return candidates.led_by(place_in_group(group) < np.take_along_axis(n_wanted, group, axis=1))


def groups(popularity: NDArray[np.float64], head: float, tail: float) -> NDArray[np.int64]:
    """0 for the head, 1 for the middle, 2 for the tail; the item on an edge is of the higher.

    An item that nobody has heard is of the tail. Ties go to the lower item number.
    """
    order = np.argsort(-popularity, kind="stable")
    # Listening of everything more popular than the item.
    before = np.cumsum(popularity[order]) - popularity[order]
    edges = np.array([head, 1.0 - tail]) * popularity.sum()
    found = np.empty(len(popularity), dtype=np.int64)
    found[order] = np.searchsorted(edges - 1e-9 * popularity.sum(), before, side="right")
    return np.where(popularity > 0, found, _N_GROUPS - 1)


def _counts(heard: Pairs, group_of_item: NDArray[np.int64]) -> NDArray[np.int64]:
    cell = heard.row_of_entry() * _N_GROUPS + group_of_item[heard.item]
    return np.bincount(cell, minlength=len(heard) * _N_GROUPS).reshape(len(heard), _N_GROUPS)


def _wanted(
    n_listed: NDArray[np.int64], n_heard: NDArray[np.int64], strength: float
) -> NDArray[np.int64]:
    """How many places each group gets: shares in whole places, the largest remainders first."""
    places = n_listed.sum(axis=1, keepdims=True)
    total = n_heard.sum(axis=1, keepdims=True)
    listed = n_listed / np.maximum(places, 1)
    own = (n_heard + _PRIOR * listed) / (total + _PRIOR)
    part = np.where(total > 0, strength, 0.0)
    exact = np.round(places * ((1 - part) * listed + part * own), 9)
    whole = np.floor(exact).astype(np.int64)
    left = places - whole.sum(axis=1, keepdims=True)
    by_remainder = np.argsort(whole - exact, axis=1, kind="stable")
    gets_one = np.empty_like(whole)
    turn = np.arange(_N_GROUPS)[None, :]
    np.put_along_axis(gets_one, by_remainder, (turn < left).astype(np.int64), 1)
    return whole + gets_one
