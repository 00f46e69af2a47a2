"""What a question may look at: the past of a cutoff and what the run found out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

from tenuto.engines import Engine
from tenuto.record import read_json
from tenuto.timeline import HEADLINE, POPULATIONS, Past, Timeline, robots

#: Who can still be kept: active in the last so many days.
ACTIVE_DAYS = POPULATIONS[HEADLINE] or 14


@dataclass(frozen=True)
class View:
    """One cutoff of a service as the questions see it.

    label : the member of ``labels`` that the run foretells
    model : the model behind the call list; "" where there was no study
    test_cutoff : the cutoff at which the models were judged; None where there was no study
    scores : one row per listener at the cutoff (``churn_scores``); empty without a study
    test_scores : one row per listener at ``test_cutoff`` with the outcome ``y``; may be empty
    items : ``item_id``, ``title`` and ``artist`` of every item
    """

    engine: Engine
    timeline: Timeline
    cutoff: date
    horizon_days: int
    label: str
    model: str = ""
    test_cutoff: date | None = None
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    test_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    random_state: int = 0

    @classmethod
    def of_run(
        cls,
        engine: Engine,
        timeline: Timeline,
        cutoff: date,
        *,
        churn: Path,
        items: Path,
        horizon_days: int,
        label: str,
        random_state: int = 0,
    ) -> View:
        """The view of a run whose churn step is saved in ``churn``; it may have been skipped.

        ``items`` is the file of titles and artists; ``label`` counts where nothing was studied.
        """
        file = churn / "summary.json"
        summary = read_json(file) if file.exists() else {}
        judged = summary.get("test_cutoff")
        return cls(
            engine,
            timeline,
            cutoff,
            horizon_days,
            summary.get("label") or label,
            summary.get("model") or "",
            date.fromisoformat(judged) if judged else None,
            _read(churn / "churn_scores.parquet"),
            _read(churn / "test_scores.parquet"),
            _read(items),
            random_state,
        )

    @cached_property
    def past(self) -> Past:
        """What was known before the cutoff."""
        return self.timeline.past(self.engine, self.cutoff)

    def past_at(self, cutoff: date) -> Past:
        """What was known before another cutoff, such as the one of the test."""
        return self.past if cutoff == self.cutoff else self.timeline.past(self.engine, cutoff)

    @cached_property
    def n_days(self) -> int:
        """Days of log before the cutoff."""
        return self.past.days_observed

    def people(self, table: str, past: Past | None = None, days: int | None = None) -> ir.Table:
        """A rollup without the rows of robots, with ``age_days`` (1 is the day before)."""
        past = past or self.past
        machines = robots(past).select(machine="user_id")
        rows = past.table(table, days)
        return rows.anti_join(machines, [("user_id", "machine")])

    def frame(self, table: ir.Table) -> pd.DataFrame:
        """The rows of an expression; keep it small: one row per listener at most."""
        return self.engine.to_arrow(table).to_pandas()


def _read(file: Path) -> pd.DataFrame:
    return pd.read_parquet(file) if file.exists() else pd.DataFrame()
