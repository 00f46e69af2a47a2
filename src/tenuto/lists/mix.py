"""Mix: own songs and new ones, in the share in which the listener repeats.

Of ``k`` places the listener's own repeat share (of plays, drawn towards that of all) goes to own
songs, in the order of `replay`, the rest to what Discover would say; who has too few of one gets
more of the other. Places are in the order of how likely each is to be played, which is learned
for either list by its place and leans to what the listener repeats more, or less, than others.
For a listener who is likely to leave, the share leans to the familiar.

Source: recommenders.md §5.3 and 3.2 (repeat and new apart); Steck, "Calibrated recommendations",
RecSys 2018, for a list that keeps a listener's own shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.lists import discover
from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import Made, side_by_side
from tenuto.lists._shares import repeat_shares

LABEL = "Mix"
ORDER = 30


def make(desk: Desk, asked: Asked, k: int) -> Made:
    """Own and new songs; only new ones for whoever has played nothing."""
    own = Made.of(*desk.replay.rank(asked.histories, k, False), "favourite")
    new = discover.make(desk, asked, k)
    share = familiar_share(desk, asked)
    n_own = (own.item >= 0).sum(axis=1)
    n_new = (new.item >= 0).sum(axis=1)
    wanted = np.clip(np.rint(k * share).astype(np.int64), k - n_new, n_own)
    both = side_by_side(own, new)
    likely = np.hstack([_likely(desk, "own", share, k), _likely(desk, "new", share, k)])
    place = np.tile(np.arange(k), (len(asked), 1))
    taken = np.hstack([place < wanted[:, None], place < (k - wanted)[:, None]])
    return both.ordered(np.where(taken & (both.item >= 0), -likely, np.inf), k)


def familiar_share(desk: Desk, asked: Asked) -> NDArray[np.float64]:
    """The share of own songs that each listener's Mix is made for, 0 to 1."""
    share = repeat_shares(asked.histories, desk.repeat_share)
    return share + desk.lean * asked.risk * (1 - share)


def _likely(desk: Desk, kind: str, share: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """How likely each place is played by each listener: the curve, and how they differ from all."""
    leaning = share / desk.repeat_share if kind == "own" else (1 - share) / (1 - desk.repeat_share)
    return leaning[:, None] * desk.curves.at(kind, k)[None, :]
