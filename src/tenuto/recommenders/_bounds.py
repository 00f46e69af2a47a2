"""Settings that must be numbers above a bound."""

from __future__ import annotations

from tenuto.errors import SettingsError


def check_settings(**least: tuple[float, float]) -> None:
    """Each setting with the least it may be; 0 stands for "above 0".

    Raises
    ------
    SettingsError : for the first that is below
    """
    for name, (value, lowest) in least.items():
        if not (value >= lowest and value > 0):
            bound = f"at least {lowest}" if lowest else "above 0"
            raise SettingsError(f"{name} is {value}", mend=f"use a number {bound}")
