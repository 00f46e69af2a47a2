"""What a setting may be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tenuto.errors import SettingsError


def at_least_0(**settings: float) -> None:
    """Raise SettingsError if one is negative or not a number."""
    _in_range(settings, np.inf, "at least 0")


def share(**settings: float) -> None:
    """Raise SettingsError if one is not from 0 to 1."""
    _in_range(settings, 1.0, "from 0 to 1")


def _in_range(settings: Mapping[str, float], highest: float, words: str) -> None:
    for name, value in settings.items():
        if not 0 <= value <= highest:
            raise SettingsError(f"{name} is {value}", mend=f"give {name} a number {words}")
