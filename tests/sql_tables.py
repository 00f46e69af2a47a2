"""A lake and sums by day in files, and a plain DuckDB over them that knows nothing of Tenuto."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from conftest import _profiles_of, _rows, _titles_of
from service import CUTOFF, day_before, played
from subscribers import log_of, some_events
from tenuto import engines
from tenuto.engines import Engine
from tenuto.events import schema
from tenuto.events.lake import Lake
from tenuto.timeline import Timeline
from tenuto.warehouse import Asked, Knowledge

YESTERDAY, LAST_DAY = day_before(1), day_before(-20)
KNOWN = Knowledge()
NEWCOMER = 99


@dataclass(frozen=True)
class Files:
    """``lake`` and its sums by day in ``rollups``."""

    lake: Lake
    rollups: Lake

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.rollups, "second")

    def asked(self) -> Asked:
        return Asked(KNOWN, CUTOFF, first_day=self.timeline.first_day)

    def plain(self) -> duckdb.DuckDBPyConnection:
        """A connection with a view for every table, by its name."""
        connection = duckdb.connect(config={"threads": 1})
        for root in (self.lake.root, self.rollups.root):
            for folder in sorted(root.iterdir()):
                files = f"{folder}/*/*.parquet"
                connection.execute(
                    f"CREATE VIEW {folder.name} AS "
                    f"FROM read_parquet('{files}', hive_partitioning = false)"
                )
        return connection


def written(folder: Path) -> Files:
    """Some events of every kind in a lake, day by day, and the sums of every day."""
    lake = Lake(folder / "lake")
    events = [*some_events(), *_more()]
    days = sorted({row["day"] for row in events})
    for day in days:
        _write_day(lake, day, [row for row in events if row["day"] == day])
    with duckdb_of_its_own() as engine:
        return Files(lake, log_of(engine, folder / "rollups", events).rollups)


def duckdb_of_its_own() -> Engine:
    """An engine in which no other test has given names to tables."""
    return engines.CATALOGUE.get("duckdb").open(threads=1)


def _more() -> Iterable[dict]:
    """Two listeners leave in the horizon, the day after the cutoff; one came on the day before."""
    yield from (played(NEWCOMER, ago) for ago in (1, -3))
    for row in some_events():
        if row["user_id"] in (2, 4) and row["day"] == day_before(-1):
            yield {**row, "action": "cancel", "item_id": None}


def _write_day(lake: Lake, day: date, events: list[dict]) -> None:
    asked = [{"day": day, "query": "song 7", "n_searches": 3, "n_searchers": 2}]
    tables = {
        "events": _rows(events, schema.events("int64", "int64")),
        "titles": _rows(_titles_of(events), schema.titles("int64")),
        "profiles": _rows(_profiles_of(events), schema.profiles("int64")),
        "queries": pa.Table.from_pylist(asked, schema.queries()),
    }
    for name, rows in tables.items():
        lake.put_rows(name, day, "part", "of a test", rows)


def assert_same_rows(found: pa.Table, expected: pa.Table, key: list[str]) -> None:
    """The same columns and rows, whatever their order; floats to the last bits but three."""
    assert found.schema.names == expected.schema.names
    tables = (found.cast(expected.schema), expected)
    frames = [table.to_pandas().sort_values(key, ignore_index=True) for table in tables]
    pd.testing.assert_frame_equal(*frames, check_dtype=False, rtol=1e-12, atol=1e-12)
