"""Discover: nothing that the listener has heard before, however long ago.

What is known of a listener decides from whom the list is (the cold-start ladder): with
``min_items`` songs in the window or more, from the model; with fewer, from what is near those
songs; with none, from what is popular on the listener's device, or at all. A list that runs
short is filled up from the next rung down. "5 or more" is what the earlier projects did,
whatever they wrote (K35).
"""

from __future__ import annotations

import numpy as np

from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._made import Made, filled

LABEL = "Discover"
ORDER = 20


def make(desk: Desk, asked: Asked, k: int) -> Made:
    """New songs for everybody; fewer than ``k`` only where all there is was heard."""
    made = Made.empty(len(asked), k)
    full = np.flatnonzero(asked.n_recent >= desk.min_items)
    few = np.flatnonzero((asked.n_recent > 0) & (asked.n_recent < desk.min_items))
    made.put(full, desk.for_you(asked.take(full), k))
    made.put(few, desk.near(asked.take(few), k))
    short = np.flatnonzero(made.item[:, -1] < 0)
    made.put(short, _filled(desk, asked.take(short), made, short, k))
    return made


def _filled(desk: Desk, asked: Asked, made: Made, rows, k: int) -> Made:
    begun = Made(made.item[rows], made.score[rows], made.code[rows])
    return filled(begun, desk.popular(asked, 2 * k), k)
