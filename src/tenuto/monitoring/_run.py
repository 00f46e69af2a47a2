"""What a run has saved of its churn study, as monitoring needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.churn._contract import ChurnModel
from tenuto.churn._results import SUMMARY_FILE, ChurnSummary
from tenuto.evaluation.folds import user_fold
from tenuto.record import digest_of, digest_of_file
from tenuto.saved import MANIFEST


@dataclass(frozen=True)
class Run:
    """The folder of one run; tables of an older version may be missing and are then empty."""

    folder: Path

    @cached_property
    def summary(self) -> ChurnSummary:
        return ChurnSummary.read(self.churn)

    @property
    def churn(self) -> Path:
        return self.folder / "churn"

    @property
    def has_models(self) -> bool:
        """Whether there was a study at all: a log may be too short for one."""
        return (self.churn / SUMMARY_FILE).exists() and self.summary.skipped is None

    @property
    def model(self) -> str:
        """The model behind the call list."""
        return str(self.summary.model)

    @property
    def cutoff(self) -> date:
        return date.fromisoformat(self.summary.cutoff)

    def table(self, name: str) -> pd.DataFrame:
        """A CSV of the study; empty where there is none, or nothing in it."""
        file = self.churn / f"{name}.csv"
        if not file.exists() or not file.read_bytes()[:2].strip():
            return pd.DataFrame()
        return pd.read_csv(file)

    def rows(self, name: str) -> pd.DataFrame:
        """A Parquet file of the study; empty where there is none."""
        file = self.churn / f"{name}.parquet"
        return pd.read_parquet(file) if file.exists() else pd.DataFrame()

    def model_digest(self, name: str) -> str | None:
        """SHA-256 of the manifest of a saved model, which names it; None where none is kept."""
        manifest = self.churn / "models" / name / MANIFEST
        return digest_of_file(manifest) if manifest.exists() else None

    @cached_property
    def scores_digest(self) -> str | None:
        """SHA-256 of the models that the saved scores come from; None where none are kept.

        Its first digits are the ``model_version`` of the call list.
        """
        parts = self.churn / "folds" / self.model
        folder = parts if parts.is_dir() else self.churn / "models" / self.model
        names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.json"))
        return digest_of([digest_of_file(folder / name) for name in names]) if names else None

    @cached_property
    def fold_models(self) -> list[ChurnModel]:
        """The models of the call list, one per fold of users; none in an older run."""
        folder = self.churn / "folds" / self.model
        if not folder.is_dir():
            return []
        parts = sorted((part for part in folder.iterdir() if part.is_dir()), key=_number)
        return [ChurnModel.load(part) for part in parts]

    def scores(self, user_id: np.ndarray, X: pd.DataFrame) -> np.ndarray:
        """What the model of each listener's fold says: it did not train on that listener.

        Empty where the run kept no models by fold.
        """
        models = self.fold_models
        if not models:
            return np.empty(0)
        folds = user_fold(user_id, len(models), "forward")
        said = np.full(len(X), np.nan)
        for number, model in enumerate(models):
            said[folds == number] = model.predict(X[folds == number])
        return said


def _number(folder: Path) -> int:
    return int(folder.name) if folder.name.isdecimal() else 0
