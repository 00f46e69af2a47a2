"""The same features by other means: pandas, Polars and PySpark, from the same sums by day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from tenuto.events.lake import Lake

WINDOWS, SONG_WINDOWS = (1, 3, 7, 14, 30), (7, 14, 30)
SUMS = ("n_events", "n_plays", "n_downloads", "n_searches", "n_finished", "played_s")
RECENCY = {
    "days_since_last_event": "n_events",
    "days_since_last_play": "n_plays",
    "days_since_last_download": "n_downloads",
    "days_since_last_search": "n_searches",
}
#: What all opponents build: sums in five windows, recency of four kinds, different songs.
SHARED = (
    *(f"{name}_{days}d" for name in SUMS for days in WINDOWS),
    *RECENCY,
    *(f"n_songs_{days}d" for days in SONG_WINDOWS),
)
_DAY_S = 86_400.0


def of_pandas(rollups: Lake, cutoffs: list[date]) -> pd.DataFrame:
    """Window by window, as one writes it by hand; those of the last cutoff."""
    for cutoff in cutoffs:
        files = rollups.files("user_days", before=cutoff)
        days = pq.read_table(files, columns=["user_id", "day", *SUMS], partitioning=None)
        made = _sums_of_pandas(_aged(days.to_pandas(), cutoff))
        files = rollups.files("user_item_days", before=cutoff)[-max(SONG_WINDOWS) :]
        columns = ["user_id", "item_id", "day", "n_plays"]
        songs = _aged(pq.read_table(files, columns=columns, partitioning=None).to_pandas(), cutoff)
        songs = songs[(songs["n_plays"] > 0) & songs["item_id"].notna()]
        for window in SONG_WINDOWS:
            recent = songs[songs["age_days"] <= window]
            made[f"n_songs_{window}d"] = recent.groupby("user_id")["item_id"].nunique()
    counts = [name for name in SHARED if name not in RECENCY]
    return made.fillna(dict.fromkeys(counts, 0.0))


def _aged(rows: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    return rows.assign(age_days=(pd.Timestamp(cutoff) - pd.to_datetime(rows["day"])).dt.days)


def _sums_of_pandas(days: pd.DataFrame) -> pd.DataFrame:
    days["played_s"] = days["played_s"].clip(upper=_DAY_S)
    parts = {}
    for window in WINDOWS:
        sums = days[days["age_days"] <= window].groupby("user_id")[list(SUMS)].sum()
        parts |= {f"{name}_{window}d": sums[name] for name in SUMS}
    for name, column in RECENCY.items():
        parts[name] = days[days[column] > 0].groupby("user_id")["age_days"].min()
    return pd.DataFrame(parts)


def of_polars(rollups: Lake, cutoffs: list[date]) -> pd.DataFrame:
    """One lazy query for each table and cutoff; those of the last cutoff."""
    import polars as pl

    for cutoff in cutoffs:
        age = (pl.lit(cutoff) - pl.col("day")).dt.total_days()
        days = pl.scan_parquet(rollups.files("user_days", before=cutoff), hive_partitioning=False)
        seconds = pl.min_horizontal("played_s", pl.lit(_DAY_S)).alias("played_s")
        sums = {
            f"{name}_{window}d": pl.col(name).filter(pl.col("age") <= window).sum()
            for name in SUMS
            for window in WINDOWS
        }
        sums |= {
            name: pl.col("age").filter(pl.col(column) > 0).min() for name, column in RECENCY.items()
        }
        by_user = days.with_columns(seconds, age=age).group_by("user_id").agg(**sums)
        files = rollups.files("user_item_days", before=cutoff)[-max(SONG_WINDOWS) :]
        songs = pl.scan_parquet(files, hive_partitioning=False).with_columns(age=age)
        songs = songs.filter((pl.col("n_plays") > 0) & pl.col("item_id").is_not_null())
        songs = songs.group_by("user_id", "item_id").agg(pl.col("age").min())
        different = songs.group_by("user_id").agg(
            **{f"n_songs_{window}d": (pl.col("age") <= window).sum() for window in SONG_WINDOWS}
        )
        made = by_user.join(different, on="user_id", how="left").collect()
    table = made.to_pandas().set_index("user_id").sort_index()
    return table.fillna(dict.fromkeys((name for name in SHARED if name not in RECENCY), 0.0))


@contextmanager
def of_spark(
    rollups: Lake, cutoffs: list[date], threads: int
) -> Iterator[Callable[[], pd.DataFrame]]:
    """A function that builds them on Spark; the session is begun before, and not timed."""
    session = spark_session(threads)
    try:
        yield lambda: _on_spark(session, rollups, cutoffs)
    finally:
        session.stop()


def spark_session(threads: int) -> Any:
    """A Spark of its own with ``threads`` cores, which says nothing but errors."""
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.appName("tenuto-benchmark")
        .master(f"local[{threads}]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", str(max(2, threads)))
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session


def _on_spark(session: Any, rollups: Lake, cutoffs: list[date]) -> pd.DataFrame:
    from pyspark.sql import functions as F

    for cutoff in cutoffs:
        age = F.datediff(F.lit(cutoff), F.col("day"))
        days = session.read.parquet(*map(str, rollups.files("user_days", before=cutoff)))
        days = days.withColumn("age", age).withColumn(
            "played_s", F.least(F.col("played_s"), F.lit(_DAY_S))
        )
        sums = [
            F.sum(F.when(F.col("age") <= window, F.col(name))).alias(f"{name}_{window}d")
            for name in SUMS
            for window in WINDOWS
        ]
        ages = [
            F.min(F.when(F.col(column) > 0, F.col("age"))).alias(name)
            for name, column in RECENCY.items()
        ]
        by_user = days.groupBy("user_id").agg(*sums, *ages)
        files = rollups.files("user_item_days", before=cutoff)[-max(SONG_WINDOWS) :]
        songs = session.read.parquet(*map(str, files)).withColumn("age", age)
        songs = songs.where((F.col("n_plays") > 0) & F.col("item_id").isNotNull())
        different = [
            F.countDistinct(F.when(F.col("age") <= window, F.col("item_id"))).alias(
                f"n_songs_{window}d"
            )
            for window in SONG_WINDOWS
        ]
        made = by_user.join(songs.groupBy("user_id").agg(*different), "user_id", "left").toPandas()
    counts = [name for name in SHARED if name not in RECENCY]
    return made.set_index("user_id").fillna(dict.fromkeys(counts, 0.0))
