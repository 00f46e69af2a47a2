"""What a recipe is given, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

from tenuto.churn._contract import ChurnModel
from tenuto.engines import Engine
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.events.lake import Lake

# Fewer cancellations cannot be split into two halves that both hold some.
_FEWEST_CANCELLED = 10


@dataclass(frozen=True)
class Log:
    """All events of a service of subscriptions, as an Ibis table, and what it knew of users.

    Raises
    ------
    SettingsError : if its source has no sessions, plans, clocks or cancellations
    NotEnoughData : if fewer than ten users cancelled
    """

    engine: Engine
    events: ir.Table
    profiles: ir.Table
    first_day: date
    end: date

    @classmethod
    def read(cls, engine: Engine, lake: Lake) -> Log:
        """The log in ``lake``."""
        days = lake.days("events")
        if not days:
            raise NotEnoughData(
                "there are no events: no log was read, or every line of it was set aside",
                mend="tenuto ingest WORKSPACE reads the logs, and says what was wrong with them",
            )
        events = engine.cache(engine.read_parquet(lake.files("events")))
        profiles = engine.read_parquet(lake.files("profiles"))
        log = cls(engine, events, profiles, days[0], days[-1] + timedelta(days=1))
        log._check()
        return log

    def frame(self, table: ir.Table) -> pd.DataFrame:
        return self.engine.to_arrow(table).to_pandas()

    def _check(self) -> None:
        events = self.events
        found = self.frame(
            events.aggregate(
                n_timestamp=events.timestamp.count(),
                n_session=events.session_id.count(),
                n_is_paid=events.is_paid.count(),
                n_registered=self._n_registered(),
                n_cancelled=events.user_id.nunique(where=events.action == "cancel"),
            )
        ).iloc[0]
        missing = [name[2:] for name in found.index if name != "n_cancelled" and not found[name]]
        if missing:
            raise SettingsError(
                f"the recipe needs {', '.join(missing)}, of which this log tells nothing",
                mend="run it on logs of subscriptions, such as those of `tenuto simulate sparkify`",
            )
        if found["n_cancelled"] < _FEWEST_CANCELLED:
            raise NotEnoughData(
                f"{found['n_cancelled']} users cancelled, fewer than {_FEWEST_CANCELLED}",
                mend="take a longer log or more users",
            )

    def _n_registered(self) -> int:
        profiles = self.profiles
        return int(self.frame(profiles.aggregate(n=profiles.registered.count()))["n"].iloc[0])


@dataclass(frozen=True)
class Replication:
    """``scores`` has one row per variant, label and model; ``models`` name -> fitted model."""

    scores: pd.DataFrame
    models: Mapping[str, ChurnModel]
    says: tuple[str, ...]


def write_replication(found: Replication, folder: Path) -> None:
    """``scores.csv``, ``says.txt``, and the models with a list of them."""
    found.scores.to_csv(folder / "scores.csv", index=False)
    (folder / "says.txt").write_text("\n".join(found.says) + "\n", "utf-8")
    rows = [
        (name, model.name(), len(model.columns), model.save(folder / "models" / name))
        for name, model in found.models.items()
    ]
    table = pd.DataFrame(rows, columns=["path", "model", "n_columns", "digest"])
    table.to_csv(folder / "models.csv", index=False)
