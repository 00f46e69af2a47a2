"""Keep listening: the listener's own songs, favourites of now and forgotten ones.

Songs are in the order of `replay`: how often and how lately (ACT-R). Every fifth place at least
is a forgotten favourite, while there are any: a song played three times or more, and not for two
weeks. Both numbers are arbitrary.

Source: recommenders.md §3.2, and what listeners ask for (§2, 25).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import CODES, Made, filled, side_by_side
from tenuto.recommenders._histories import Histories

LABEL = "Keep listening"
ORDER = 10

EVERY = 5
FORGOTTEN_DAYS = 14
MIN_PLAYS = 3


def make(desk: Desk, asked: Asked, k: int) -> Made:
    """Own songs; none for whoever has played nothing."""
    ranked = Made.of(*desk.replay.rank(asked.histories, k, False), "favourite")
    forgotten = _forgotten(desk, asked.histories, max(k // EVERY, 1))
    every_fifth = np.arange(1, forgotten.item.shape[1] + 1) * (EVERY - 1) - 0.5
    places = np.concatenate([np.arange(k), every_fifth])
    both = side_by_side(ranked, forgotten)
    both = both.ordered(np.where(both.item >= 0, places, np.inf), len(places))
    # A forgotten song that is high on the list anyway keeps the better of its places.
    return _told(filled(both, Made.empty(len(asked), 0), k), asked.histories)


def _is_forgotten(histories: Histories) -> NDArray[np.bool_]:
    return (
        (histories.n_plays >= MIN_PLAYS)
        & (histories.last_played_age > FORGOTTEN_DAYS)
        & (histories.opinion >= 0)
    )


def _forgotten(desk: Desk, histories: Histories, n: int) -> Made:
    """The ``n`` first songs of each that were not played lately, in the same order."""
    some = histories.where(_is_forgotten(histories))
    return Made.of(*desk.replay.rank(some, n, False), "forgotten")


def _told(made: Made, histories: Histories) -> Made:
    """With the reason of each place as the facts have it."""
    width = histories.n_items
    some = histories.where(_is_forgotten(histories))
    forgotten = some.row_of_entry() * width + some.item
    is_one = np.isin(np.arange(len(made))[:, None] * width + made.item, forgotten)
    code = np.where(is_one, CODES["forgotten"], CODES["favourite"]).astype(np.int8)
    return Made(made.item, made.score, code)
