"""What was tuned, kept in the workspace: every trial, what was chosen, and why.

    tuning/inactivity-h14/boosting.csv   every trial of a model
                          chosen.json    model -> settings that are used instead of the defaults
                          choices.json   model -> what the search came to, in figures and words
                          advice.json    the models held against each other, the last time

A model that is tuned again replaces its own part. No file holds a clock time, so the same search
leaves the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.churn._search_halving import Trial
from tenuto.churn._tuning_advice import Advice
from tenuto.churn._tuning_choice import Choice
from tenuto.record import read_json, write_aside, write_json
from tenuto.workspace import Workspace

_CHOSEN, _CHOICES, _ADVICE = "chosen.json", "choices.json", "advice.json"


class Shelf:
    """Where the tuning of one workspace is kept; ``root`` is the workspace's folder."""

    def __init__(self, root: Path):
        self.root = root

    def folder(self, label: str, horizon_days: int) -> Path:
        """Where the tuning of one label lies, or will."""
        return self.root / "tuning" / f"{label}-h{horizon_days}"

    def settings(
        self, label: str, horizon_days: int, before: date | None = None
    ) -> dict[str, dict[str, Any]]:
        """See `tuned_settings`."""
        return _chosen_in(self.folder(label, horizon_days), before)

    def everything(self, before: date | None = None) -> dict[str, dict[str, dict[str, Any]]]:
        """`settings` of every label and horizon there are any for: what a run may depend on."""
        folders = sorted((self.root / "tuning").glob("*"))
        chosen = {folder.name: _chosen_in(folder, before) for folder in folders}
        return {name: settings for name, settings in chosen.items() if settings}

    def keep(self, label: str, horizon_days: int, choice: Choice, trials: Sequence[Trial]) -> None:
        """Put a model's trials, and what was chosen, beside those of the other models."""
        folder = self.folder(label, horizon_days)
        table = _table(choice.model, trials)
        write_aside(folder / f"{choice.model}.csv", lambda aside: table.to_csv(aside, index=False))
        # What says from when on a choice may be used is there before the choice is.
        _merge(folder / _CHOICES, choice.model, choice.to_dict())
        _merge(folder / _CHOSEN, choice.model, choice.settings or None)

    def keep_advice(self, label: str, horizon_days: int, advice: Advice) -> None:
        """Put down how the models compare."""
        write_json(self.folder(label, horizon_days) / _ADVICE, advice.to_dict())


def tuned_settings(
    workspace: Workspace | Path, label: str, horizon_days: int, *, before: date | None = None
) -> dict[str, dict[str, Any]]:
    """Model -> settings to use instead of the defaults; empty where nothing was tuned.

    ``before`` is the test cutoff of whoever asks: settings that were chosen by looking at that
    day or later ones are left out, so that a study in the past knows nothing of the future.
    """
    root = workspace.root if isinstance(workspace, Workspace) else Path(workspace)
    return Shelf(root).settings(label, horizon_days, before)


def _chosen_in(folder: Path, before: date | None) -> dict[str, dict[str, Any]]:
    if not (folder / _CHOSEN).is_file():
        return {}
    chosen, choices = read_json(folder / _CHOSEN), read_json(folder / _CHOICES)
    return {
        model: settings
        for model, settings in chosen.items()
        if before is None or date.fromisoformat(choices[model]["known_until"]) <= before
    }


def _table(model: str, trials: Sequence[Trial]) -> pd.DataFrame:
    records = [
        {"model": model, **asdict(trial), "settings": json.dumps(trial.settings, sort_keys=True)}
        for trial in trials
    ]
    names = ["model", "number", "rung", "settings", "n_rows", "log_loss", "auc"]
    return pd.DataFrame(records, columns=names).rename(columns={"number": "trial"})


def _merge(file: Path, model: str, value: Any) -> None:
    known = read_json(file) if file.is_file() else {}
    known.pop(model, None)
    write_json(file, known if value is None else {**known, model: value})
