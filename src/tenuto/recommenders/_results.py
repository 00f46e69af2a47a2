"""Lists for everyone as files, the charts, and how good the lists would have been."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tenuto.engines import Engine
from tenuto.errors import NotEnoughData
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._charts import hot_lists
from tenuto.recommenders._interactions import interactions_before
from tenuto.recommenders._judge import judge
from tenuto.recommenders._lists import Ladder
from tenuto.recommenders._titles import with_titles
from tenuto.record import read_json, write_json
from tenuto.settings import RecommendSettings
from tenuto.timeline import Timeline

SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class RecommendSummary:
    """The short of the lists: for how many listeners, from whom, and the top of the charts."""

    cutoff: str
    n_listeners: int
    n_rows: int
    recommenders: tuple[str, ...]
    rungs: dict[str, int]
    hot_this_week: tuple[str, ...]
    judged_at: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, folder: Path) -> RecommendSummary:
        return cls(**read_json(folder / SUMMARY_FILE))


def write_recommendations(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    items: pd.DataFrame,
    settings: RecommendSettings,
    horizon_days: int,
    random_state: int,
    folder: Path,
) -> None:
    """Write lists for every listener, the charts and the judgement into ``folder``."""
    names = settings.recommenders or CATALOGUE.names()
    past = timeline.past(engine, cutoff)
    ladder = Ladder(past, settings.preference, names, settings.min_items, settings.window_days)
    n_rows, rungs = _write_lists(ladder, items, settings.k, folder)
    hot = hot_lists(past, items, preference=settings.preference)
    hot.to_csv(folder / "hot.csv", index=False)
    for name, model in ladder.models.items():
        model.save(folder / "models" / name)
    judged_at = _judged_at(timeline, cutoff, horizon_days)
    if judged_at is not None:
        metrics = _metrics(engine, timeline, judged_at, names, settings, horizon_days, random_state)
        metrics.to_csv(folder / "metrics.csv", index=False)
    top = hot[hot["list"] == "week"].head(3)
    summary = RecommendSummary(
        cutoff=cutoff.isoformat(),
        n_listeners=len(ladder.user_ids),
        n_rows=n_rows,
        recommenders=tuple(names),
        rungs=rungs,
        hot_this_week=tuple(_named(row) for row in top.itertuples()),
        judged_at=None if judged_at is None else judged_at.isoformat(),
    )
    write_json(folder / SUMMARY_FILE, summary.to_dict())


def _write_lists(
    ladder: Ladder, items: pd.DataFrame, k: int, folder: Path
) -> tuple[int, dict[str, int]]:
    """Lists a part at a time, so that memory does not grow with the listeners."""
    n_rows, listeners = 0, pd.Series(dtype="int64")
    parquet: pq.ParquetWriter | None = None
    csv: pa_csv.CSVWriter | None = None
    try:
        for lists in ladder.lists(k):
            named = with_titles(lists, items).astype({"list": "str", "reason_code": "str"})
            table = pa.Table.from_pandas(named, preserve_index=False)
            if parquet is None or csv is None:
                schema = table.schema.remove_metadata()
                parquet = pq.ParquetWriter(folder / "recommendations.parquet", schema)
                csv = pa_csv.CSVWriter(folder / "recommendations.csv", schema)
            table = table.replace_schema_metadata(None).cast(parquet.schema)
            parquet.write_table(table)
            csv.write_table(table)
            n_rows += len(named)
            reached = named.groupby("reason_code")["user_id"].nunique()
            listeners = listeners.add(reached, fill_value=0)
    finally:
        for writer in (parquet, csv):
            if writer is not None:
                writer.close()
    return n_rows, {str(rung): int(n) for rung, n in listeners.sort_index().items()}


def _judged_at(timeline: Timeline, cutoff: date, horizon_days: int) -> date | None:
    """The latest cutoff up to ``cutoff`` of which it is known what was played next."""
    latest = min(cutoff, timeline.last_closed_cutoff(horizon_days))
    return latest if latest > timeline.first_day else None


def _metrics(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    names: list[str],
    settings: RecommendSettings,
    horizon_days: int,
    random_state: int,
) -> pd.DataFrame:
    past = timeline.past(engine, cutoff)
    plays = timeline.future(engine, cutoff, horizon_days).table("user_item_days")
    heard = plays.filter(plays.n_plays > 0).select("user_id", "item_id").distinct()
    heard = heard.order_by(["user_id", "item_id"])
    interactions = interactions_before(past, settings.preference, settings.window_days)
    rng = np.random.default_rng([random_state, 11])
    try:
        records = judge(interactions, engine.to_arrow(heard).to_pandas(), names, rng, k=settings.k)
    except NotEnoughData:
        # Nobody came back: there is nothing to judge by, and the empty table says so.
        records = []
    return pd.DataFrame(records)


def _named(row: Any) -> str:
    artist = f" by {row.artist}" if isinstance(row.artist, str) else ""
    title = row.title if isinstance(row.title, str) else f"item {row.item_id}"
    return f"{title}{artist}"
