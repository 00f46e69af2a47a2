"""What was tuned, kept in the workspace: every trial, what was chosen, and why.

    tuning/inactivity-h14/boosting.csv   every trial of a model
                          chosen.json    model -> settings that are used instead of the defaults
                          choices.json   model -> what the search came to, in figures and words
                          advice.json    the models held against each other, the last time

A model that is tuned again replaces its own part. No file holds a clock time, so the same search
leaves the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from tenuto.churn._search_trials import Trial
from tenuto.churn._tuning_advice import Advice
from tenuto.churn._tuning_choice import Choice
from tenuto.record import write_json
from tenuto.search import shelf
from tenuto.search.shelf import trials_table
from tenuto.workspace import Workspace

_ADVICE = "advice.json"
_COLUMNS = ("model", "number", "rung", "settings", "n_rows", "log_loss", "auc")


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
        return self._of(label, horizon_days).settings(before)

    def everything(self, before: date | None = None) -> dict[str, dict[str, dict[str, Any]]]:
        """`settings` of every label and horizon there are any for: what a run may depend on."""
        folders = sorted((self.root / "tuning").glob("*"))
        chosen = {folder.name: shelf.Shelf(folder).settings(before) for folder in folders}
        return {name: settings for name, settings in chosen.items() if settings}

    def keep(self, label: str, horizon_days: int, choice: Choice, trials: Sequence[Trial]) -> None:
        """Put a model's trials, and what was chosen, beside those of the other models."""
        records = [{"model": choice.model, **asdict(trial)} for trial in trials]
        table = trials_table(records, _COLUMNS)
        self._of(label, horizon_days).keep(choice.model, choice.to_dict(), table)

    def keep_advice(self, label: str, horizon_days: int, advice: Advice) -> None:
        """Put down how the models compare."""
        write_json(self.folder(label, horizon_days) / _ADVICE, advice.to_dict())

    def _of(self, label: str, horizon_days: int) -> shelf.Shelf:
        return shelf.Shelf(self.folder(label, horizon_days))


def tuned_settings(
    workspace: Workspace | Path, label: str, horizon_days: int, *, before: date | None = None
) -> dict[str, dict[str, Any]]:
    """Model -> settings to use instead of the defaults; empty where nothing was tuned.

    ``before`` is the test cutoff of whoever asks: settings that were chosen by looking at that
    day or later ones are left out, so that a study in the past knows nothing of the future.
    """
    root = workspace.root if isinstance(workspace, Workspace) else Path(workspace)
    return Shelf(root).settings(label, horizon_days, before)
