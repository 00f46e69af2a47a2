"""The shared features as one writes them by hand for DuckDB, from sums by day."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
from _opponents import RECENCY, SHARED, SONG_WINDOWS, SUMS, WINDOWS

from tenuto.events.lake import Lake

_DAY_S = 86_400.0


def of_sql(rollups: Lake, cutoffs: list[date], threads: int, memory: str = "6GB") -> pd.DataFrame:
    """One query for each cutoff, each table read once; the features of the last cutoff."""
    with duckdb.connect(config={"threads": threads, "memory_limit": memory}) as engine:
        for cutoff in cutoffs:
            rows = engine.execute(_query(rollups, cutoff)).to_arrow_table()
    made = rows.to_pandas().set_index("user_id").sort_index()
    return made.fillna(dict.fromkeys((name for name in SHARED if name not in RECENCY), 0.0))


def _query(rollups: Lake, cutoff: date) -> str:
    sums = [
        f"sum({_seconds(name)}) FILTER (age <= {days}) AS {name}_{days}d"
        for name in SUMS
        for days in WINDOWS
    ]
    ages = [f"min(age) FILTER ({column} > 0) AS {name}" for name, column in RECENCY.items()]
    songs = [f"count(*) FILTER (age <= {days}) AS n_songs_{days}d" for days in SONG_WINDOWS]
    song_files = rollups.files("user_item_days", before=cutoff)[-max(SONG_WINDOWS) :]
    return f"""
        WITH of_user AS (
            SELECT user_id, {", ".join([*sums, *ages])}
            FROM (SELECT *, DATE '{cutoff}' - day AS age
                FROM {_parquet(rollups.files("user_days", before=cutoff))})
            GROUP BY user_id
        ), of_song AS (
            SELECT user_id, item_id, min(DATE '{cutoff}' - day) AS age
            FROM {_parquet(song_files)} WHERE n_plays > 0 AND item_id IS NOT NULL
            GROUP BY user_id, item_id
        ), songs AS (SELECT user_id, {", ".join(songs)} FROM of_song GROUP BY user_id)
        SELECT * FROM of_user LEFT JOIN songs USING (user_id)"""


def _seconds(name: str) -> str:
    return f"least(played_s, {_DAY_S})" if name == "played_s" else name


def _parquet(files: list) -> str:
    listed = ", ".join(f"'{file}'" for file in files)
    return f"read_parquet([{listed}], hive_partitioning = false)"
