"""What searches found for one question, in one folder: trials, what was chosen, and why.

    boosting.csv    every trial of a member
    chosen.json     member -> settings that are used instead of the defaults
    choices.json    member -> what the search came to, in figures and words

A member that is searched again replaces its own part. No file holds a clock time, so the same
search leaves the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.record import read_json, write_aside, write_json

CHOSEN, CHOICES = "chosen.json", "choices.json"
#: In what a choice says: the day from which on nothing was looked at; None where days are unknown.
KNOWN_UNTIL = "known_until"


class Shelf:
    """The ``folder`` of one question, which need not be there yet."""

    def __init__(self, folder: Path):
        self.folder = folder

    def settings(self, before: date | None = None) -> dict[str, dict[str, Any]]:
        """Member -> settings to use instead of the defaults; empty where nothing was found.

        ``before`` is the cutoff of whoever asks: settings that were chosen by looking at that
        day or later ones are left out, so that the past knows nothing of the future.
        """
        chosen, choices = self._read(CHOSEN), self._read(CHOICES)
        return {
            member: settings
            for member, settings in chosen.items()
            if before is None or _was_known(choices[member], before)
        }

    def choice(self, member: str) -> dict[str, Any] | None:
        """What the last search of ``member`` came to; None if it was not searched."""
        return self._read(CHOICES).get(member)

    def keep(self, member: str, choice: Mapping[str, Any], trials: pd.DataFrame) -> None:
        """Put what a search came to beside what is known of the other members.

        ``choice`` has ``settings``, {} where the defaults stay, and `KNOWN_UNTIL`; ``trials`` is
        a `trials_table`.
        """
        file = self.folder / f"{member}.csv"
        write_aside(file, lambda aside: trials.to_csv(aside, index=False))
        # What says from when on a choice may be used is there before the choice is.
        self._merge(CHOICES, member, choice)
        self._merge(CHOSEN, member, choice["settings"] or None)

    def _read(self, name: str) -> dict[str, Any]:
        file = self.folder / name
        return read_json(file) if file.is_file() else {}

    def _merge(self, name: str, member: str, value: Any) -> None:
        known = self._read(name)
        known.pop(member, None)
        write_json(self.folder / name, known if value is None else {**known, member: value})


def trials_table(trials: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """One row per trial, with its ``settings`` as JSON and its number as ``trial``."""
    records = [
        {**trial, "settings": json.dumps(trial["settings"], sort_keys=True)} for trial in trials
    ]
    return pd.DataFrame(records, columns=list(columns)).rename(columns={"number": "trial"})


def _was_known(choice: Mapping[str, Any], before: date) -> bool:
    return choice[KNOWN_UNTIL] is not None and date.fromisoformat(choice[KNOWN_UNTIL]) <= before
