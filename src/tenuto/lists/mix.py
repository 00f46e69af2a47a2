"""Mix: own songs and new ones in one list, in the order of how likely each is to be played.

How likely the song at each place of either kind is to be played is learned from lists that were
judged; own songs are in the order of `replay`, new ones in that of Discover. For a listener who
may leave, own songs count as likelier, so that the Mix leans to the familiar.

With ``recommend.mix_share = "own"`` the listener's own repeat share (of plays, drawn towards that
of all) of the places goes to own songs, and the order is the same. That is fair to those who
rarely repeat, and costs accuracy: an own song far down is still likelier to be played than the
first new one, where people repeat much (docs/decisions/0021).

Source: recommenders.md §5.3 and 3.2 (repeat and new apart); Steck, "Calibrated recommendations",
RecSys 2018, for a list that keeps a listener's own shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.lists import discover as new_songs
from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import Made, side_by_side
from tenuto.lists._shares import repeat_shares

LABEL = "Mix"
ORDER = 30
DRAWS_ON = ("discover",)

#: So many times likelier, and one, own songs count for whoever is surest to leave. Arbitrary.
_LEANING = 3.0


def make(desk: Desk, asked: Asked, k: int, discover: Made | None = None) -> Made:
    """Own and new songs; only new ones for whoever has played nothing."""
    own = Made.of(*desk.replay.rank(asked.histories, k, False), "favourite")
    new = new_songs.make(desk, asked, k) if discover is None else discover
    leaning = 1 + _LEANING * desk.lean * asked.risk
    likely_own = leaning[:, None] * desk.curves.at("own", k)[None, :]
    likely_new = np.tile(desk.curves.at("new", k), (len(asked), 1))
    offered = np.hstack([own.item >= 0, new.item >= 0])
    if desk.mix_share == "own":
        offered &= _in_own_share(desk, asked, own, new, k)
    likely = np.hstack([likely_own, likely_new])
    return side_by_side(own, new).ordered(np.where(offered, -likely, np.inf), k)


def _in_own_share(desk: Desk, asked: Asked, own: Made, new: Made, k: int) -> NDArray[np.bool_]:
    """Which places of both are taken; who has too few of one kind gets more of the other."""
    share = repeat_shares(asked.histories, desk.repeat_share)
    share = share + desk.lean * asked.risk * (1 - share)
    n_own, n_new = (own.item >= 0).sum(axis=1), (new.item >= 0).sum(axis=1)
    wanted = np.clip(np.rint(k * share).astype(np.int64), k - n_new, n_own)
    place = np.tile(np.arange(k), (len(asked), 1))
    return np.hstack([place < wanted[:, None], place < (k - wanted)[:, None]])
