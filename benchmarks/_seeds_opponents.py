"""Features the way that earlier projects made them: a group-by for each, over raw events.

Each feature is a filter of the events by kind and window, a group-by of the listener, and a join
to what there is so far (rows S1-F1 to F23 of what is known of those projects: counts of plays,
downloads and searches and seconds played in five windows, and days since the last of each). Another
cutoff is all of it again. Events are read from Parquet, typed and clean, which is kinder than the
raw text that those projects began with.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from _opponents import WINDOWS, spark_session

ACTIONS = {"play": "n_plays", "download": "n_downloads", "search": "n_searches"}
LAST = {action: f"days_since_last_{action}" for action in ACTIONS}
#: What everybody builds who begins with events.
SHARED = (
    *(f"{name}_{days}d" for name in (*ACTIONS.values(), "played_s") for days in WINDOWS),
    *LAST.values(),
)
_COUNTED = [name for name in SHARED if name not in LAST.values()]
_COLUMNS = ["user_id", "action", "day", "played_s"]


def seeds_way_of_pandas(files: list[Path], cutoffs: list[date]) -> pd.DataFrame:
    """Features at each cutoff, on all events in memory; those of the last."""
    events = pq.read_table(files, columns=_COLUMNS, partitioning=None).to_pandas()
    events["day"] = pd.to_datetime(events["day"])
    for cutoff in map(pd.Timestamp, cutoffs):
        known = events[events["day"] < cutoff]
        made = known[["user_id"]].drop_duplicates()
        for part in _parts_of_pandas(known, cutoff):
            made = made.merge(part.reset_index(), on="user_id", how="left")
    return made.set_index("user_id").sort_index().fillna(dict.fromkeys(_COUNTED, 0.0))


def _parts_of_pandas(known: pd.DataFrame, cutoff: pd.Timestamp):
    for action, name in ACTIONS.items():
        for days in WINDOWS:
            since = known["day"] >= cutoff - pd.Timedelta(days=days)
            rows = known[since & (known["action"] == action)]
            yield rows.groupby("user_id").size().rename(f"{name}_{days}d")
            if action == "play":
                yield rows.groupby("user_id")["played_s"].sum().rename(f"played_s_{days}d")
        last = known[known["action"] == action].groupby("user_id")["day"].max()
        yield (cutoff - last).dt.days.rename(LAST[action])


def seeds_way_of_spark(files: list[Path], cutoffs: list[date], threads: int, begin) -> pd.DataFrame:
    """The same on Spark, whose beginning is a step of its own; the last of ``begin``'s steps."""
    from pyspark.sql import functions as F

    begin("start")
    session = spark_session(threads)
    session.range(1).count()
    begin("cutoffs")
    events = session.read.parquet(*map(str, files)).select(*_COLUMNS)
    for cutoff in cutoffs:
        known = events.where(F.col("day") < F.lit(cutoff))
        parts = _parts_of_spark(F, known, cutoff)
        people = known.select("user_id").distinct()
        made = reduce(lambda left, right: left.join(right, "user_id", "left"), parts, people)
        table = made.toPandas()
    session.stop()
    return table.set_index("user_id").sort_index().fillna(dict.fromkeys(_COUNTED, 0.0))


def _parts_of_spark(F, known, cutoff: date):
    for action, name in ACTIONS.items():
        rows = known.where(F.col("action") == action)
        for days in WINDOWS:
            recent = rows.where(F.col("day") >= F.lit(cutoff - timedelta(days=days)))
            by_user = recent.groupBy("user_id")
            yield by_user.agg(F.count("*").alias(f"{name}_{days}d"))
            if action == "play":
                yield by_user.agg(F.sum("played_s").alias(f"played_s_{days}d"))
        ago = F.datediff(F.lit(cutoff), F.max("day"))
        yield rows.groupBy("user_id").agg(ago.alias(LAST[action]))
