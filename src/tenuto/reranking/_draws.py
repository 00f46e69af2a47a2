"""Chance that can be drawn again: numbers in (0, 1) made of what they are for, without a state."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)


def uniform(*parts) -> NDArray[np.float64]:
    """One number per element of ``parts``, whole numbers that are broadcast against each other.

    The same parts give the same number, on every machine and in every order; a change in any of
    them gives another one.

    Notes
    -----
    The finaliser of SplitMix64: Steele, Lea & Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014.
    """
    mixed = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            mixed = _mixed((mixed + _STEP) ^ np.asarray(part, dtype=np.int64).view(np.uint64))
    # The 53 bits that a double holds, and never 0.
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def listener_numbers(user_ids: pd.Index) -> NDArray[np.int64]:
    """A whole number for each id, wherever in whatever table it stands.

    Whole numbers are themselves; text is hashed.
    """
    if pd.api.types.is_integer_dtype(user_ids.dtype):
        return user_ids.to_numpy(dtype=np.int64)
    return pd.util.hash_array(user_ids.to_numpy(dtype=object), categorize=False).view(np.int64)


def _mixed(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))
