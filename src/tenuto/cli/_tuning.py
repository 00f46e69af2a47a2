"""How a search of settings reads on a terminal, and how its time is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenuto.cli._output import print_places, print_table
from tenuto.errors import SettingsError

if TYPE_CHECKING:
    from tenuto.churn._tuning import Tuning
    from tenuto.churn._tuning_choice import Choice

_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """The time that ``text`` says: 90s, 10m, 1.5h; without a unit, seconds.

    Raises
    ------
    SettingsError : if it says no time, or none at all
    """
    said = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip().lower())
    if said is None or float(said[1]) == 0:
        raise SettingsError(f"--budget {text} is no time", mend="write it like 90s, 10m or 2h")
    return float(said[1]) * _UNITS_S[said[2]]


def print_tuning(found: Tuning, place: Path) -> None:
    """What was tried on whom, what was taken, and which model to use."""
    print(f"{found.split}\n")
    columns = ["model", "trials", "log loss", "gain of the best", "95% interval", "settings"]
    print_table(columns, [_row(choice) for choice in found.choices])
    print()
    for choice in found.choices:
        print(f"{choice.model}: {choice.why}.")
    if found.advice is not None:
        print("\n" + "\n".join(found.advice.said))
    if any(choice.settings for choice in found.choices):
        print("\nRuns from now on use what was found.")
    print_places({"every trial": place})


def _row(choice: Choice) -> list[Any]:
    taken = ", ".join(f"{name}={value}" for name, value in sorted(choice.settings.items()))
    # Four decimals: log losses of good settings differ there.
    figures = (choice.log_loss, choice.gain, choice.gain_low, choice.gain_high)
    loss, gain, low, high = ("" if value != value else f"{value:.4f}" for value in figures)
    between = f"{low} to {high}" if low else ""
    return [choice.model, choice.n_trials, loss, gain, between, taken or "the defaults"]
