"""What a finished run has saved, as far as it is served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.churn._results import ChurnSummary
from tenuto.errors import WorkspaceError
from tenuto.lists._desk import NEAR, OWN
from tenuto.lists._results import RecommendSummary
from tenuto.recommenders._contract import Recommender
from tenuto.record import read_json
from tenuto.retention._results import RetentionSummary
from tenuto.rollups import items_file
from tenuto.settings import Settings
from tenuto.workspace import Workspace


@dataclass(frozen=True)
class Run:
    """The results in ``runs/DAY`` of a workspace; what a step left out is empty here."""

    workspace: Workspace
    day: date

    @classmethod
    def find(cls, workspace: Workspace, day: date | str | None) -> Run:
        """The run at ``day``, by default the latest that came to its end.

        Raises
        ------
        WorkspaceError : if there is none, or it is of a version that kept less
        """
        runs = sorted(workspace.root.glob("runs/????-??-??/run.json"))
        found = [file.parent for file in runs if day is None or file.parent.name == str(day)]
        if not found:
            raise WorkspaceError(
                f"{workspace.root} has no finished run" + (f" at {day}" if day else ""),
                mend=f"tenuto run {workspace.root}" + (f" --cutoff {day}" if day else ""),
            )
        run = cls(workspace, date.fromisoformat(found[-1].name))
        run.check()
        return run

    def check(self) -> None:
        """Whether all that is served from it is there."""
        needed = ["recommend/recommendations.parquet", "recommend/curves.json", "recommend/hot.csv"]
        missing = [name for name in needed if not (self.folder / name).exists()]
        if missing:
            raise WorkspaceError(
                f"{self.folder} has no {', '.join(missing)}: an older version made it",
                mend=f"tenuto run {self.workspace.root} --cutoff {self.day}",
            )

    @property
    def folder(self) -> Path:
        return self.workspace.run_folder(self.day)

    @cached_property
    def settings(self) -> Settings:
        """As they were at the run, not as they are now."""
        return Settings(**read_json(self.folder / "run.json")["settings"])

    @cached_property
    def churn(self) -> ChurnSummary:
        return ChurnSummary.read(self.folder / "churn")

    @cached_property
    def retention(self) -> RetentionSummary:
        return RetentionSummary.read(self.folder / "retention")

    @cached_property
    def recommend(self) -> RecommendSummary:
        return RecommendSummary.read(self.folder / "recommend")

    @cached_property
    def items(self) -> pd.DataFrame:
        """``item_id``, ``title``, ``artist``, ``length_s``, first and last day, one row each."""
        return pd.read_parquet(items_file(self.workspace))

    @property
    def lists_file(self) -> Path:
        return self.folder / "recommend" / "recommendations.parquet"

    def table(self, name: str) -> pd.DataFrame:
        """A Parquet file of the run; without rows or columns where it is not there."""
        file = self.folder / name
        return pd.read_parquet(file) if file.exists() else pd.DataFrame()

    def said(self, name: str) -> dict[str, Any]:
        """A JSON file of the run; empty where it is not there."""
        file = self.folder / name
        found: dict[str, Any] = read_json(file) if file.exists() else {}
        return found

    @cached_property
    def models(self) -> dict[str, Recommender]:
        """The recommenders that the lists are from, by name."""
        folders = sorted((self.folder / "recommend" / "models").iterdir())
        return {folder.name: Recommender.load(folder) for folder in folders if folder.is_dir()}

    @property
    def model(self) -> Recommender:
        """The one that most new songs are from; "auto" has come to some member by the run."""
        others = [name for name in self.models if name not in (NEAR, OWN)]
        return self.models[next(iter(others), NEAR)]

    def histories(self) -> list[Path]:
        """Files of scores of this run and of those before it, oldest first."""
        found = sorted(self.workspace.root.glob("runs/????-??-??/churn/churn_scores.parquet"))
        return [file for file in found if file.parents[1].name <= self.day.isoformat()]
