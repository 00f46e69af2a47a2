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
from tenuto.lists._made import Made

LABEL = "Discover"
ORDER = 20


def make(desk: Desk, asked: Asked, k: int) -> Made:
    """New songs for everybody; fewer than ``k`` only where there are no more that may be shown:
    not heard, and against no promise of the re-ranking.
    """
    made = Made.empty(len(asked), k)
    full = np.flatnonzero(asked.n_recent >= desk.min_items)
    few = np.flatnonzero((asked.n_recent > 0) & (asked.n_recent < desk.min_items))
    # One listener alone, who asks now, is not to wait for lists of nobody.
    if len(full):
        made.put(full, desk.for_you(asked.take(full), k))
    if len(few):
        made.put(few, desk.near(asked.take(few), k))
    short = np.flatnonzero(made.item[:, -1] < 0)
    if len(short):
        begun = Made(made.item[short], made.score[short], made.code[short])
        made.put(short, desk.filled_up(begun, asked.take(short), k))
    return made
