"""A service that has been run once, small and with hard values, for tests of warehouses."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from conftest import FIRST_DAY, day_of, event, workspace_over
from sql_tables import duckdb_of_its_own
from tenuto import rollups
from tenuto.events.lake import Lake, put_file
from tenuto.sources import musicbox
from tenuto.workspace import Workspace

CUTOFF, SECOND_DAY = date(2017, 4, 1), date(2017, 3, 31)
BIG = 2**62 + 1
#: Text that CSV, SQL or an encoding could spoil.
HARD_TEXT = [
    "",
    "NULL",
    "\\N",
    "\\.",
    'a "quoted", one',
    "two\nlines\r\n",
    "七里香 🎵",
    "%s {}",
    None,
]
SCORES = pa.table(
    {
        "rank": pa.array(range(1, 10), pa.int64()),
        "user_id": pa.array([BIG - n for n in range(9)], pa.int64()),
        "probability": pa.array([0.1, 1 / 3, 1e-300, -0.0, None, 1.0, 5e-324, 0.2, 0.3]),
        "score": pa.array([float("inf"), float("-inf"), float("nan"), *[0.5] * 6]),
        "is_active_14d": pa.array([True, False, None, *[True] * 6]),
        "first_day": pa.array([date(1970, 1, 1), date(9999, 12, 31), None, *[FIRST_DAY] * 6]),
        "seen": pa.array(
            [datetime(2017, 3, 30, 23, 59, 59, 999_999), datetime(1969, 1, 1), None]
            + [datetime(2017, 3, 30, 0, 0, 11)] * 6,
            pa.timestamp("us"),
        ),
        "fold": pa.array([1, None, *[2] * 7], pa.int32()),
        "said": pa.array(HARD_TEXT, pa.string()),
    }
)


def run_service(folder: Path) -> Workspace:
    """Two days of sums, and a run at the day after with scores and lists."""
    (folder / "logs").mkdir(parents=True)
    workspace = workspace_over(folder / "logs", folder / "workspace")
    with duckdb_of_its_own() as engine:
        for day in (FIRST_DAY, SECOND_DAY):
            _write_sums(engine, workspace, day)
        items = pa.table(
            {
                "item_id": pa.array([BIG, 7], pa.int64()),
                "title": pa.array(["晴天", None]),
                "artist": pa.array(["周杰伦", "O'Neil; DROP"]),
            }
        )
        put_file(engine, rollups.items_file(workspace), engine.from_arrow(items), "items")
    write_run(workspace, CUTOFF, SCORES)
    return workspace


def _write_sums(engine, workspace: Workspace, day: date) -> None:
    events = [
        event(BIG, "play", 7, 200.0, 200.0, day=day, device="android"),
        event(BIG, "play", BIG, 20.0, 200.0, day=day, device=None),
        event(3, "download", 7, day=day),
    ]
    today = day_of(engine, events)
    for name, member in rollups._build.members_for(musicbox).items():
        rows = member.build(today).order_by(list(member.KEY))
        Lake(workspace.rollups).put(name, day, "part", f"{name} {day}", engine, rows)


def write_run(workspace: Workspace, cutoff: date, scores: pa.Table) -> Path:
    """A run with ``scores``; the lists are the same each time."""
    run = workspace.run_folder(cutoff)
    for part in ("churn", "recommend"):
        (run / part).mkdir(parents=True, exist_ok=True)
    pq.write_table(scores, run / "churn" / "churn_scores.parquet")
    lists = pa.table(
        {
            "user_id": pa.array([BIG, BIG, 3], pa.int64()),
            "list": ["discover", "keep", "discover"],
            "rank": pa.array([1, 1, 1], pa.int32()),
            "item_id": pa.array([7, BIG, BIG], pa.int64()),
            "score": [0.25, 0.5, 0.125],
        }
    )
    pq.write_table(lists, run / "recommend" / "recommendations.parquet")
    charts = {"list": ["week"], "rank": [1], "item_id": [BIG], "title": ['"1,2",\n3']}
    counts = {"artist": [""], "score": [1 / 3], "n_plays": [2], "n_listeners": [1]}
    frame = pd.DataFrame({**charts, **counts, "n_downloads": [0], "n_searches": [None]})
    frame.to_csv(run / "recommend" / "hot.csv", index=False)
    return run


def changed(scores: pa.Table) -> pa.Table:
    """Other scores for the same listeners but the last, who is there no more."""
    fewer = scores.slice(0, scores.num_rows - 1)
    place = fewer.schema.get_field_index("probability")
    return fewer.set_column(place, "probability", pa.array([0.75] * fewer.num_rows))
