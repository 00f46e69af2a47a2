"""How long a song was played: mostly to the end, or hardly at all."""

from __future__ import annotations

import numpy as np

# Shares of plays below 20 %, 20-40, 40-60, 60-80 and from 80 % of the length (section 4).
SHARES = np.array([0.455, 0.083, 0.049, 0.027, 0.386])
EDGES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
ZERO_SHARE = 0.076  # of the plays below 20 %: skipped before the first second
FULL_SHARE = 0.545  # of the plays from 80 %: exactly the whole length
OVER_SHARE = 0.05  # of the same: one second more than the length, from rounding


def played_seconds(
    length_s: np.ndarray, finishing: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Whole seconds played, at most one more than the length.

    ``finishing`` (mean one half) is the listener's way to listen to the end: it moves plays
    between the first and the last bucket and leaves the others alone.
    """
    n = len(length_s)
    bucket = _buckets(finishing, rng)
    within = rng.random(n)
    # Skips crowd at the very beginning of a song.
    within = np.where(bucket == 0, within**2.5, within)
    share = EDGES[bucket] + within * np.diff(EDGES)[bucket]
    seconds = np.floor(share * length_s).astype(np.int64)
    ending = rng.random(n)
    is_last = bucket == len(SHARES) - 1
    seconds[(bucket == 0) & (ending < ZERO_SHARE)] = 0
    seconds = np.where(is_last & (ending < FULL_SHARE + OVER_SHARE), length_s, seconds)
    return seconds + (is_last & (ending < OVER_SHARE))


def _buckets(finishing: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The bucket of each play, 0 to 4."""
    draw = rng.random(len(finishing))
    finished = np.clip(SHARES[-1] + (finishing - 0.5) * 0.7, 0.02, 0.82)
    # One stretch of the draw each: buckets 1 to 3, then the finished plays, then the skips.
    middle = np.searchsorted(np.cumsum(SHARES[1:4]), draw, side="right") + 1
    is_finished = (middle == 4) & (draw < SHARES[1:4].sum() + finished)
    return np.where(middle < 4, middle, np.where(is_finished, 4, 0))
