"""How much of what a listener plays is a song the listener had played before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenuto.recommenders._histories import Histories

#: As many imagined plays with the repeat share of all are added to those of each. Arbitrary.
_IMAGINED = 10


def repeat_share(histories: Histories) -> float:
    """The share of all plays that were repeats; half where nobody played, never 0 or 1."""
    n_plays, n_repeats = _counted(histories)
    return float((n_repeats.sum() + 1) / (n_plays.sum() + 2))


def repeat_shares(histories: Histories, overall: float) -> NDArray[np.float64]:
    """Each listener's share of plays that were repeats, drawn towards ``overall``.

    The first play of each song in the log is new, all others are repeats. A listener without
    plays has ``overall``.
    """
    n_plays, n_repeats = _counted(histories)
    return (n_repeats + _IMAGINED * overall) / (n_plays + _IMAGINED)


def _counted(histories: Histories) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    row = histories.row_of_entry()
    n_plays = np.bincount(row, histories.n_plays, minlength=len(histories))
    n_items = np.bincount(row, histories.n_plays > 0, minlength=len(histories))
    return n_plays.astype(np.float64), (n_plays - n_items).astype(np.float64)
