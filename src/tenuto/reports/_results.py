"""What a run saved, read when a section asks for it; nothing is computed again."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.errors import WorkspaceError
from tenuto.privacy import read_table
from tenuto.record import read_json
from tenuto.reports._label import Label
from tenuto.reports._words import as_date
from tenuto.workspace import Workspace

HEADLINE = "active_14d"
RULE = "recency_rule"
FLOOR = "base_rate"


class Results:
    """The saved results of one cutoff.

    A table that only some runs have (a log too short for a model has no metrics) is empty
    where it is missing.

    Raises
    ------
    WorkspaceError : when a result that every run has is asked for and is not there
    """

    def __init__(self, workspace: Workspace, cutoff: date | str):
        self.cutoff = as_date(cutoff)
        self.folder = workspace.run_folder(self.cutoff)
        self._audit = workspace.audit
        self.root = workspace.root
        self._mend = f"tenuto run {workspace.root} --cutoff {self.cutoff}"

    @cached_property
    def run(self) -> dict[str, Any]:
        """``run.json``: settings, versions and digests."""
        return self._json(self.folder / "run.json")

    @cached_property
    def churn(self) -> dict[str, Any]:
        """The summary of the churn study; ``skipped`` says why there is none."""
        return self._json(self.folder / "churn" / "summary.json")

    @cached_property
    def recommend(self) -> dict[str, Any]:
        """The summary of the lists of songs."""
        return self._json(self.folder / "recommend" / "summary.json")

    @cached_property
    def ledger(self) -> list[dict[str, Any]]:
        """What became of the lines of each raw file, by key."""
        files = sorted((self._audit / "ledger").glob("*.json"))
        if not files:
            self._refuse(self._audit / "ledger")
        return [read_json(file) for file in files]

    @cached_property
    def ignored_files(self) -> dict[str, str]:
        """Files in the folder of logs that were not read, and why."""
        file = self._audit / "ignored_files.json"
        return read_json(file) if file.exists() else {}

    @cached_property
    def completeness(self) -> pd.DataFrame:
        """One row per day, part and kind that there is or should be; parts and notes are text."""
        table = self._table(self._audit / "completeness.csv", dtype={"part": "str"})
        return table.assign(day=[as_date(day) for day in table["day"]]) if len(table) else table

    def data(self, name: str, *, is_needed: bool = True) -> pd.DataFrame:
        """A table of what the log looks like, such as ``activity``; some are of some logs only."""
        return self._table(self.folder / "data" / f"{name}.csv", is_needed=is_needed)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """One row per protocol, population, model and metric."""
        return self.churn_table("metrics")

    def churn_table(self, name: str, *, is_needed: bool = True) -> pd.DataFrame:
        """A table of the churn study; empty where there was no study."""
        is_needed = is_needed and self.has_model
        return self._table(self.folder / "churn" / f"{name}.csv", is_needed=is_needed)

    def recommend_table(self, name: str, *, is_needed: bool = True) -> pd.DataFrame:
        """A table of the recommenders; empty where it is missing and may be."""
        return self._table(self.folder / "recommend" / f"{name}.csv", is_needed=is_needed)

    def call_list(self, rows: int) -> pd.DataFrame:
        """The first ``rows`` of those who can still be kept; only they are read."""
        file = self.folder / "churn" / "churn_scores.parquet"
        if not file.exists():
            self._refuse(file)
        top = pd.read_parquet(file, filters=[("rank_active_14d", "<=", rows)])
        return top.sort_values("rank_active_14d", ignore_index=True)

    def has_step(self, step: str | None) -> bool:
        """Whether there is the folder of a step, of this run or of the workspace."""
        return step is None or any((place / step).is_dir() for place in (self.folder, self.root))

    @property
    def has_model(self) -> bool:
        return self.churn.get("skipped") is None

    @property
    def settings(self) -> dict[str, Any]:
        return self.run["settings"]

    @property
    def model(self) -> str:
        """The model behind the call list."""
        return str(self.churn.get("model"))

    @property
    def horizon_days(self) -> int:
        return int(self.settings["churn"]["horizon_days"])

    @property
    def label(self) -> Label:
        """What the models of this run foretell."""
        return Label.of(self.churn, self.settings["churn"])

    @property
    def is_ranked(self) -> bool:
        """Whether there were enough of those whom the label is about to rank models (K40)."""
        return bool(self.churn.get("is_ranked", True))

    def metric(
        self, name: str, model: str, population: str = HEADLINE, protocol: str = "forward"
    ) -> dict[str, Any] | None:
        """One row of the metrics, or None where there is none or its value is not defined."""
        if self.metrics.empty:
            return None
        rows = self.metrics.query(
            "protocol == @protocol and population == @population "
            "and model == @model and metric == @name"
        )
        if rows.empty or pd.isna(rows["value"].iloc[0]):
            return None
        return {str(key): value for key, value in rows.iloc[0].items()}

    @property
    def better_models(self) -> list[str]:
        """Models that rank better than the rule, beyond chance, among the headline."""
        if self.metrics.empty or not self.is_ranked:
            return []
        rows = self.metrics.query(
            "protocol == 'forward' and population == @HEADLINE "
            "and metric == 'auc' and verdict == 'better'"
        )
        return sorted(rows["model"])

    def _json(self, file: Path) -> Any:
        if not file.exists():
            self._refuse(file)
        return read_json(file)

    def _table(self, file: Path, *, is_needed: bool = True, dtype: Any = None) -> pd.DataFrame:
        """A CSV file."""
        if not file.exists():
            if is_needed:
                self._refuse(file)
            return pd.DataFrame()
        return read_table(file, dtype)

    def _refuse(self, file: Path) -> None:
        raise WorkspaceError(
            f"the report of {self.cutoff} needs {file}, which is not there", mend=self._mend
        )
